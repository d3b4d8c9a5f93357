@resilience
Feature: A cluster in trouble
  API servers that are busy, images that are not there or late, processes that are killed, clocks that are wrong.

  @api @clean @R458
  Scenario: A busy API server is asked again
    Given the cluster meets these faults:
      """
      - { label: busy, match: { operation: list nodes, first: 2 }, effect: { rate-limit: { retry-after: 1s } } }
      - { label: slow, match: { operation: list nodes }, effect: { latency: 500ms } }
      """
    Then the cluster has a ready node
    And fault "busy" has been met
    And fault "slow" has been met

  Rule: With one service that is not yet applied

    Background:
      Given a prefix that no space has
      And I create space "{prefix}-shop"
      And I create worker "worker" in space "{prefix}-shop"
      And I install worker "worker" of space "{prefix}-shop" in namespace "confighub"
      And target "k8s-worker" registers in space "{prefix}-shop" within 60 s

    @api @clean @R20 @R98 @R173 @R198 @R458
    Scenario: An image that is missing, and then is not
      Given I create unit "reference-data" in space "{prefix}-shop" from "reference-data-missing-image.yaml"
      And I set the target of unit "reference-data" in space "{prefix}-shop" to "k8s-worker"
      When I apply unit "reference-data" in space "{prefix}-shop"
      Then a pod labelled "app=reference-data" in namespace "default" waits with reason "ImagePullBackOff" within 60 s

      When I run function "set-image reference-data ghcr.io/finos/traderx/reference-data:latest" on unit "reference-data" in space "{prefix}-shop"
      And I apply unit "reference-data" in space "{prefix}-shop"
      Then unit "reference-data" in space "{prefix}-shop" is live within 2 m
      And deployment "reference-data" in namespace "default" is available within 60 s
      And no pod in namespace "default" waits for an image
      And unit "reference-data" in space "{prefix}-shop" and the cluster agree

    @api @clean @R98 @R458
    Scenario Outline: <trouble> while the worker applies
      The apply fails with the reason, nothing of it is there, and it is done when it is asked for again.

      Given I create unit "reference-data" in space "{prefix}-shop" from "reference-data.yaml"
      And I set the target of unit "reference-data" in space "{prefix}-shop" to "k8s-worker"
      And the cluster meets these faults:
        """
        { label: trouble, match: { actor: worker }, effect: <effect> }
        """
      When I apply unit "reference-data" in space "{prefix}-shop"
      Then the apply of unit "reference-data" in space "{prefix}-shop" fails within 3 m with "<message>"
      And fault "trouble" has been met
      And the cluster has no Deployment "reference-data" in namespace "default"
      And unit "reference-data" in space "{prefix}-shop" has never been applied

      When fault "trouble" ends
      And I apply unit "reference-data" in space "{prefix}-shop"
      Then unit "reference-data" in space "{prefix}-shop" is live within 2 m
      And unit "reference-data" in space "{prefix}-shop" and the cluster agree

      Examples:
        | trouble                 | effect                     | message      |
        | An API server in errors | { error: { status: 503 } } | injected     |
        | A token from the future | { clock-skew: -2h }        | Unauthorized |

    @api @clean @R458
    Scenario: A start that is slow
      Given I create unit "reference-data" in space "{prefix}-shop" from "reference-data.yaml"
      And I set the target of unit "reference-data" in space "{prefix}-shop" to "k8s-worker"
      And the cluster meets these faults:
        """
        { label: late image, match: { operation: "pull ghcr.io/finos/traderx/reference-data*" }, effect: { pull-delay: 60s } }
        """
      When I apply unit "reference-data" in space "{prefix}-shop"
      Then deployment "reference-data" in namespace "default" does not become available within 45 s
      And unit "reference-data" in space "{prefix}-shop" is live within 2 m
      And fault "late image" has been met
      And deployment "reference-data" in namespace "default" is available within 10 s
