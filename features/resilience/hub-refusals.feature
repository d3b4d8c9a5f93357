@resilience
Feature: A hub that is busy, slow, full or broken
  What the hub could not do now is asked again; what it will not do leaves nothing half made.

  @api @clean @R458
  Scenario Outline: <fault>: the client asks again, and it is done once
    Given a prefix that no space has
    And I create space "{prefix}-shop"
    And the hub meets these faults:
      """
      { label: busy, match: { operation: CreateUnit, first: 2 }, effect: <effect> }
      """
    When I create unit "reference-data" in space "{prefix}-shop" from "reference-data.yaml"
    Then fault "busy" has been met
    And there is 1 unit in the spaces whose names begin with "{prefix}"
    And unit "reference-data" in space "{prefix}-shop" has head revision 1

    Examples:
      | fault     | effect                            |
      | Too many  | { rate-limit: { retry-after: 2s } } |
      | Too busy  | { error: { status: 503 } }        |
      | Slow      | { latency: 2s }                   |

  @api @clean @R458
  Scenario: A hub that stays broken is not asked for ever, and nothing is half made
    Given a prefix that no space has
    And the hub meets these faults:
      """
      { label: broken, match: { operation: CreateSpace }, effect: { error: { status: 503, message: try later } } }
      """
    When I try to create space "{prefix}-shop"
    Then the hub refuses with status 503 and "try later"
    And fault "broken" has been met
    And there are 0 spaces whose name begins with "{prefix}"

    When fault "broken" ends
    And I create space "{prefix}-shop"
    Then space "{prefix}-shop" exists

  @api @clean @R458 @R471 @R474
  Scenario: A used-up quota refuses a space and leaves nothing of it
    Given a prefix that no space has
    And the hub has room for 1 more space
    When I create space "{prefix}-one"
    And I try to create space "{prefix}-two"
    Then the hub refuses with status 403 and "exceeded maximum quota for entity type Space"
    And the spaces whose names begin with "{prefix}" are:
      | space        |
      | {prefix}-one |

    When I delete space "{prefix}-one"
    And I create space "{prefix}-two"
    Then space "{prefix}-two" exists

  @api @clean @R395 @R456 @R458
  Scenario Outline: A worker connects in spite of <what>
    Given a prefix that no space has
    And I create space "{prefix}-shop"
    And I create worker "worker" in space "{prefix}-shop"
    And the hub meets these faults:
      """
      { label: trouble, match: { path: "/api/bridge_worker/*/<call>", first: 1<for> }, effect: <effect> }
      """
    When I install worker "worker" of space "{prefix}-shop" in namespace "confighub"
    Then target "k8s-worker" registers in space "{prefix}-shop" within 3 m
    And fault "trouble" has been met
    And worker "worker" in space "{prefix}-shop" is ready within 5 s

    Examples:
      | what                    | call   | for       | effect                     |
      | a dropped connection    | stream |           | { drop: before }           |
      | a half-open connection  | me     | , for: 1m | half-open                  |
      | an error of the hub     | me     |           | { error: { status: 500 } } |
