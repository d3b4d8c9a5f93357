@stage-7
Feature: Stage 7, the complete system and its emergency bypass
  Development, staging and three regions of production follow one base; in an emergency a change goes from one
  region straight to another. By the API and by the tutorial's own scripts.

  @api @clean @real-cluster @R54 @R92 @R378 @R379 @R380 @R425 @R426 @R427 @R429
  Scenario: By the API, from clean
    A fix found in Europe goes to Asia without waiting for America, and the history says who did what, when and why.

    Given a prefix that no space has
    And I create these spaces:
      | space                      |
      | {prefix}-traderx-base      |
      | {prefix}-traderx-infra     |
      | {prefix}-traderx-dev       |
      | {prefix}-traderx-staging   |
      | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia |
    And I create these units:
      | unit           | space                  | manifest                        |
      | reference-data | {prefix}-traderx-base  | reference-data-placeholder.yaml |
      | trade-service  | {prefix}-traderx-base  | trade-service.yaml              |
      | ns-base        | {prefix}-traderx-infra | namespace-base.yaml             |
    And I clone these units:
      | unit           | space                  | into space                 | as         |
      | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-dev     |
      | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-staging |
      | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-us      |
      | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-eu      |
      | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-asia    |
      | reference-data | {prefix}-traderx-base  | {prefix}-traderx-dev       |            |
      | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-dev       |            |
      | reference-data | {prefix}-traderx-base  | {prefix}-traderx-staging   |            |
      | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-staging   |            |
      | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-us   |            |
      | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-us   |            |
      | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-eu   |            |
      | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-eu   |            |
      | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-asia |            |
      | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-asia |            |
    And I run these functions:
      | function                                                              | unit          | space                      |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-dev       | ns-dev        | {prefix}-traderx-infra     |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-staging   | ns-staging    | {prefix}-traderx-infra     |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-us   | ns-us         | {prefix}-traderx-infra     |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-eu   | ns-eu         | {prefix}-traderx-infra     |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-asia | ns-asia       | {prefix}-traderx-infra     |
      | set-replicas 3                                                        | trade-service | {prefix}-traderx-prod-us   |
      | set-replicas 5                                                        | trade-service | {prefix}-traderx-prod-eu   |
      | set-replicas 2                                                        | trade-service | {prefix}-traderx-prod-asia |
    And I create these links in space "{prefix}-traderx-dev":
      | link            | from unit      | to unit        | of space               |
      | app-to-ns-ref   | reference-data | ns-dev         | {prefix}-traderx-infra |
      | app-to-ns-trade | trade-service  | ns-dev         | {prefix}-traderx-infra |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-dev   |
    And I create these links in space "{prefix}-traderx-staging":
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-staging     | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-staging     | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-staging |
    And I create these links in space "{prefix}-traderx-prod-us":
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-us          | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-us          | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-us |
    And I create these links in space "{prefix}-traderx-prod-eu":
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-eu          | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-eu          | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-eu |
    And I create these links in space "{prefix}-traderx-prod-asia":
      | link            | from unit      | to unit        | of space                   |
      | app-to-ns-ref   | reference-data | ns-asia        | {prefix}-traderx-infra     |
      | app-to-ns-trade | trade-service  | ns-asia        | {prefix}-traderx-infra     |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-asia |
    Then the spaces whose names begin with "{prefix}" are:
      | space                      |
      | {prefix}-traderx-base      |
      | {prefix}-traderx-infra     |
      | {prefix}-traderx-dev       |
      | {prefix}-traderx-staging   |
      | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia |
    And there are 18 units in the spaces whose names begin with "{prefix}"
    And these units are clones:
      | unit           | space                      | of unit        | of space              |
      | reference-data | {prefix}-traderx-dev       | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-dev       | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-staging   | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-staging   | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-prod-us   | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-prod-us   | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-prod-eu   | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-prod-eu   | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-prod-asia | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-prod-asia | trade-service  | {prefix}-traderx-base |
    And nothing has been changed in the cluster
    When I run these workers in namespace "confighub":
      | worker         | space                      |
      | worker-infra   | {prefix}-traderx-infra     |
      | worker-dev     | {prefix}-traderx-dev       |
      | worker-staging | {prefix}-traderx-staging   |
      | worker-us      | {prefix}-traderx-prod-us   |
      | worker-eu      | {prefix}-traderx-prod-eu   |
      | worker-asia    | {prefix}-traderx-prod-asia |
    Then these targets register within 60 s:
      | target             | space                      |
      | k8s-worker-infra   | {prefix}-traderx-infra     |
      | k8s-worker-dev     | {prefix}-traderx-dev       |
      | k8s-worker-staging | {prefix}-traderx-staging   |
      | k8s-worker-us      | {prefix}-traderx-prod-us   |
      | k8s-worker-eu      | {prefix}-traderx-prod-eu   |
      | k8s-worker-asia    | {prefix}-traderx-prod-asia |
    When I set the target of all units in space "{prefix}-traderx-infra" to "k8s-worker-infra"
    And I set the target of all units in space "{prefix}-traderx-dev" to "k8s-worker-dev"
    And I set the target of all units in space "{prefix}-traderx-staging" to "k8s-worker-staging"
    And I set the target of all units in space "{prefix}-traderx-prod-us" to "k8s-worker-us"
    And I set the target of all units in space "{prefix}-traderx-prod-eu" to "k8s-worker-eu"
    And I set the target of all units in space "{prefix}-traderx-prod-asia" to "k8s-worker-asia"
    And I apply unit "ns-dev" in space "{prefix}-traderx-infra"
    And I apply unit "ns-staging" in space "{prefix}-traderx-infra"
    And I apply unit "ns-us" in space "{prefix}-traderx-infra"
    And I apply unit "ns-eu" in space "{prefix}-traderx-infra"
    And I apply unit "ns-asia" in space "{prefix}-traderx-infra"
    And unit "ns-dev" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-staging" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-us" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-eu" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-asia" in space "{prefix}-traderx-infra" is live within 60 s
    And I apply all units in space "{prefix}-traderx-dev"
    And I apply all units in space "{prefix}-traderx-staging"
    And I apply all units in space "{prefix}-traderx-prod-us"
    And I apply all units in space "{prefix}-traderx-prod-eu"
    And I apply all units in space "{prefix}-traderx-prod-asia"
    And all units in space "{prefix}-traderx-dev" are live within 2 m
    And all units in space "{prefix}-traderx-staging" are live within 2 m
    And all units in space "{prefix}-traderx-prod-us" are live within 2 m
    And all units in space "{prefix}-traderx-prod-eu" are live within 2 m
    And all units in space "{prefix}-traderx-prod-asia" are live within 2 m
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas | CIRCUIT_BREAKER |
      | {prefix}-traderx-dev       | 1        | 1              | false           |
      | {prefix}-traderx-staging   | 1        | 1              | false           |
      | {prefix}-traderx-prod-us   | 3        | 3              | false           |
      | {prefix}-traderx-prod-eu   | 5        | 5              | false           |
      | {prefix}-traderx-prod-asia | 2        | 2              | false           |
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

    # The emergency: fixed in Europe, taken over by Asia, America is left as it is.
    When I run function "set-env-var trade-service CIRCUIT_BREAKER true" on unit "trade-service" in space "{prefix}-traderx-prod-eu", with change description "open the circuit breaker: bad quotes at market open"
    And I apply unit "trade-service" in space "{prefix}-traderx-prod-eu"
    Then unit "trade-service" in space "{prefix}-traderx-prod-eu" is live within 2 m
    When I merge what unit "trade-service" in space "{prefix}-traderx-prod-eu" changed since its revision 3 into unit "trade-service" in space "{prefix}-traderx-prod-asia", with change description "take the circuit breaker over from Europe"
    Then unit "trade-service" has in these spaces:
      | space                      | CIRCUIT_BREAKER | replicas | namespace                  |
      | {prefix}-traderx-base      | false           | 1        | confighubplaceholder       |
      | {prefix}-traderx-prod-us   | false           | 3        | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   | true            | 5        | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia | true            | 2        | {prefix}-traderx-prod-asia |
    When I apply unit "trade-service" in space "{prefix}-traderx-prod-asia"
    Then unit "trade-service" in space "{prefix}-traderx-prod-asia" is live within 2 m
    And deployment "trade-service" has in these namespaces:
      | namespace                  | CIRCUIT_BREAKER | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | false           | 3        | 3              |
      | {prefix}-traderx-prod-eu   | true            | 5        | 5              |
      | {prefix}-traderx-prod-asia | true            | 2        | 2              |
    And unit "trade-service" in space "{prefix}-traderx-prod-asia" has these revisions:
      | revision | description                               |
      | 1        |                                           |
      | 2        |                                           |
      | 3        | Resolved link app-to-ns-trade             |
      | 4        | take the circuit breaker over from Europe |
    And each revision of unit "trade-service" in space "{prefix}-traderx-prod-asia" says who made it and when
    And each revision of unit "trade-service" in space "{prefix}-traderx-prod-eu" says who made it and when
    And unit "trade-service" in space "{prefix}-traderx-prod-us" has head revision 3

    # Afterwards America gets it too.
    When I merge what unit "trade-service" in space "{prefix}-traderx-prod-eu" changed since its revision 3 into unit "trade-service" in space "{prefix}-traderx-prod-us", with change description "backfill the circuit breaker"
    And I apply unit "trade-service" in space "{prefix}-traderx-prod-us"
    Then unit "trade-service" in space "{prefix}-traderx-prod-us" is live within 2 m
    And deployment "trade-service" has in these namespaces:
      | namespace                  | CIRCUIT_BREAKER | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | true            | 3        | 3              |
      | {prefix}-traderx-prod-eu   | true            | 5        | 5              |
      | {prefix}-traderx-prod-asia | true            | 2        | 2              |

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R54 @R55 @R56 @R58 @R85 @R92
  Scenario: By the tutorial's own scripts, from clean
    Given the tutorial
    When I run "./stages/stage7-emergency-bypass.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And the file ".microtraderx-prefix" gives the prefix
    # Where namespaces come from is the script's choice, so there may be more of both.
    And space "{prefix}-traderx-base" exists
    And these units are clones:
      | unit           | space                      | of unit        | of space              |
      | reference-data | {prefix}-traderx-dev       | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-dev       | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-staging   | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-staging   | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-prod-us   | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-prod-us   | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-prod-eu   | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-prod-eu   | trade-service  | {prefix}-traderx-base |
      | reference-data | {prefix}-traderx-prod-asia | reference-data | {prefix}-traderx-base |
      | trade-service  | {prefix}-traderx-prod-asia | trade-service  | {prefix}-traderx-base |
    And unit "trade-service" has in these spaces:
      | space                      | replicas | CIRCUIT_BREAKER |
      | {prefix}-traderx-prod-us   | 3        | false           |
      | {prefix}-traderx-prod-eu   | 5        | false           |
      | {prefix}-traderx-prod-asia | 2        | false           |
    And all units in space "{prefix}-traderx-dev" are live within 5 s
    And all units in space "{prefix}-traderx-staging" are live within 5 s
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 3        | 3              |
      | {prefix}-traderx-prod-eu   | 5        | 5              |
      | {prefix}-traderx-prod-asia | 2        | 2              |
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

    # What the script tells its reader to type.
    When I run the commands that it printed
    Then unit "trade-service" has in these spaces:
      | space                      | CIRCUIT_BREAKER | replicas |
      | {prefix}-traderx-prod-us   | false           | 3        |
      | {prefix}-traderx-prod-eu   | true            | 5        |
      | {prefix}-traderx-prod-asia | true            | 2        |
    And each revision of unit "trade-service" in space "{prefix}-traderx-prod-asia" says who made it and when
    And no command failed unnoticed
