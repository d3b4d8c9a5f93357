@stage-4
Feature: Stage 4, push-upgrade
  A change of the base comes down to every region with one upgrade, and each region keeps what is its own.
  By the API and by the tutorial's own scripts.

  Rule: By the API

    Background: three regions are deployed
      Given a prefix that no space has
      And I create these spaces:
        | space                      |
        | {prefix}-traderx-base      |
        | {prefix}-traderx-infra     |
        | {prefix}-traderx-prod-us   |
        | {prefix}-traderx-prod-eu   |
        | {prefix}-traderx-prod-asia |
      And I create these units:
        | unit           | space                  | manifest                        |
        | reference-data | {prefix}-traderx-base  | reference-data-placeholder.yaml |
        | trade-service  | {prefix}-traderx-base  | trade-service.yaml              |
        | ns-base        | {prefix}-traderx-infra | namespace-base.yaml             |
      And I clone these units:
        | unit           | space                  | into space                 | as      |
        | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-us   |
        | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-eu   |
        | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-asia |
        | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-us   |         |
        | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-us   |         |
        | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-eu   |         |
        | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-eu   |         |
        | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-asia |         |
        | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-asia |         |
      And I run these functions:
        | function                                                              | unit          | space                      |
        | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-us   | ns-us         | {prefix}-traderx-infra     |
        | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-eu   | ns-eu         | {prefix}-traderx-infra     |
        | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-asia | ns-asia       | {prefix}-traderx-infra     |
        | set-replicas 3                                                        | trade-service | {prefix}-traderx-prod-us   |
        | set-replicas 5                                                        | trade-service | {prefix}-traderx-prod-eu   |
        | set-replicas 2                                                        | trade-service | {prefix}-traderx-prod-asia |
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
      And I run these workers in namespace "confighub":
        | worker       | space                      |
        | worker-infra | {prefix}-traderx-infra     |
        | worker-us    | {prefix}-traderx-prod-us   |
        | worker-eu    | {prefix}-traderx-prod-eu   |
        | worker-asia  | {prefix}-traderx-prod-asia |
      And these targets register within 60 s:
        | target           | space                      |
        | k8s-worker-infra | {prefix}-traderx-infra     |
        | k8s-worker-us    | {prefix}-traderx-prod-us   |
        | k8s-worker-eu    | {prefix}-traderx-prod-eu   |
        | k8s-worker-asia  | {prefix}-traderx-prod-asia |
      And I set the target of all units in space "{prefix}-traderx-infra" to "k8s-worker-infra"
      And I set the target of all units in space "{prefix}-traderx-prod-us" to "k8s-worker-us"
      And I set the target of all units in space "{prefix}-traderx-prod-eu" to "k8s-worker-eu"
      And I set the target of all units in space "{prefix}-traderx-prod-asia" to "k8s-worker-asia"
      And I apply unit "ns-us" in space "{prefix}-traderx-infra"
      And I apply unit "ns-eu" in space "{prefix}-traderx-infra"
      And I apply unit "ns-asia" in space "{prefix}-traderx-infra"
      And unit "ns-us" in space "{prefix}-traderx-infra" is live within 60 s
      And unit "ns-eu" in space "{prefix}-traderx-infra" is live within 60 s
      And unit "ns-asia" in space "{prefix}-traderx-infra" is live within 60 s
      And I apply all units in space "{prefix}-traderx-prod-us"
      And I apply all units in space "{prefix}-traderx-prod-eu"
      And I apply all units in space "{prefix}-traderx-prod-asia"
      And all units in space "{prefix}-traderx-prod-us" are live within 2 m
      And all units in space "{prefix}-traderx-prod-eu" are live within 2 m
      And all units in space "{prefix}-traderx-prod-asia" are live within 2 m

    @api @clean @real-cluster @R78 @R374 @R376 @R377 @R420
    Scenario: An upgrade brings the base's change to all regions and keeps their replicas
      First the configuration, then, when it is applied, the cluster.

      Then unit "trade-service" has in these spaces:
        | space                      | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v1                |
        | {prefix}-traderx-prod-eu   | 5        | v1                |
        | {prefix}-traderx-prod-asia | 2        | v1                |
      And no unit is behind its upstream unit in the spaces whose names begin with "{prefix}"
      When I run function "set-env-var trade-service TRADING_ALGORITHM v2" on unit "trade-service" in space "{prefix}-traderx-base", with change description "trade with algorithm v2"
      Then the units behind their upstream units in the spaces whose names begin with "{prefix}" are:
        | unit          | space                      |
        | trade-service | {prefix}-traderx-prod-us   |
        | trade-service | {prefix}-traderx-prod-eu   |
        | trade-service | {prefix}-traderx-prod-asia |
      And unit "trade-service" has in these spaces:
        | space                      | TRADING_ALGORITHM |
        | {prefix}-traderx-base      | v2                |
        | {prefix}-traderx-prod-us   | v1                |
        | {prefix}-traderx-prod-eu   | v1                |
        | {prefix}-traderx-prod-asia | v1                |

      When I upgrade the clones of unit "trade-service" in space "{prefix}-traderx-base"
      Then unit "trade-service" has in these spaces:
        | space                      | replicas | namespace                  | TRADING_ALGORITHM | CIRCUIT_BREAKER |
        | {prefix}-traderx-prod-us   | 3        | {prefix}-traderx-prod-us   | v2                | false           |
        | {prefix}-traderx-prod-eu   | 5        | {prefix}-traderx-prod-eu   | v2                | false           |
        | {prefix}-traderx-prod-asia | 2        | {prefix}-traderx-prod-asia | v2                | false           |
      And no unit is behind its upstream unit in the spaces whose names begin with "{prefix}"
      And unit "trade-service" in space "{prefix}-traderx-prod-us" has come up to revision 2 of its upstream unit
      And unit "trade-service" in space "{prefix}-traderx-prod-eu" has come up to revision 2 of its upstream unit
      And unit "trade-service" in space "{prefix}-traderx-prod-asia" has come up to revision 2 of its upstream unit
      And deployment "trade-service" has in these namespaces:
        | namespace                  | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v1                |
        | {prefix}-traderx-prod-eu   | 5        | v1                |
        | {prefix}-traderx-prod-asia | 2        | v1                |

      When I apply all units in space "{prefix}-traderx-prod-us"
      And I apply all units in space "{prefix}-traderx-prod-eu"
      And I apply all units in space "{prefix}-traderx-prod-asia"
      Then all units in space "{prefix}-traderx-prod-us" are live within 2 m
      And all units in space "{prefix}-traderx-prod-eu" are live within 2 m
      And all units in space "{prefix}-traderx-prod-asia" are live within 2 m
      And deployment "trade-service" has in these namespaces:
        | namespace                  | replicas | ready replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | 3              | v2                |
        | {prefix}-traderx-prod-eu   | 5        | 5              | v2                |
        | {prefix}-traderx-prod-asia | 2        | 2              | v2                |
      And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

    @api @clean @R78 @R374
    Scenario: What a region changed itself stays as it is, and a second upgrade changes nothing
      Given I run function "set-env-var trade-service TRADING_ALGORITHM v1-asia" on unit "trade-service" in space "{prefix}-traderx-prod-asia"
      And I run function "set-env-var trade-service TRADING_ALGORITHM v2" on unit "trade-service" in space "{prefix}-traderx-base"
      When I upgrade the clones of unit "trade-service" in space "{prefix}-traderx-base"
      Then unit "trade-service" has in these spaces:
        | space                      | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v2                |
        | {prefix}-traderx-prod-eu   | 5        | v2                |
        | {prefix}-traderx-prod-asia | 2        | v1-asia           |
      When I upgrade the clones of unit "trade-service" in space "{prefix}-traderx-base"
      Then unit "trade-service" has in these spaces:
        | space                      | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v2                |
        | {prefix}-traderx-prod-eu   | 5        | v2                |
        | {prefix}-traderx-prod-asia | 2        | v1-asia           |
      And unit "trade-service" in space "{prefix}-traderx-prod-us" has head revision 4

  Rule: By the scripts

    @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
    @clean @R54 @R55 @R56 @R58 @R78 @R85 @R374
    Scenario: The tutorial's own scripts, from clean
      Given the tutorial
      When I run "./stages/stage4-push-upgrade.sh"
      Then it exits with status 0
      And no command failed unnoticed
      And the file ".microtraderx-prefix" gives the prefix
      And these units are clones:
        | unit           | space                      | of unit        | of space              |
        | reference-data | {prefix}-traderx-prod-us   | reference-data | {prefix}-traderx-base |
        | trade-service  | {prefix}-traderx-prod-us   | trade-service  | {prefix}-traderx-base |
        | reference-data | {prefix}-traderx-prod-eu   | reference-data | {prefix}-traderx-base |
        | trade-service  | {prefix}-traderx-prod-eu   | trade-service  | {prefix}-traderx-base |
        | reference-data | {prefix}-traderx-prod-asia | reference-data | {prefix}-traderx-base |
        | trade-service  | {prefix}-traderx-prod-asia | trade-service  | {prefix}-traderx-base |
      And unit "trade-service" has in these spaces:
        | space                      | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v1                |
        | {prefix}-traderx-prod-eu   | 5        | v1                |
        | {prefix}-traderx-prod-asia | 2        | v1                |
      And no unit in space "{prefix}-traderx-prod-us" holds a placeholder
      And no unit in space "{prefix}-traderx-prod-eu" holds a placeholder
      And no unit in space "{prefix}-traderx-prod-asia" holds a placeholder
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
        | space                      | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v2                |
        | {prefix}-traderx-prod-eu   | 5        | v2                |
        | {prefix}-traderx-prod-asia | 2        | v2                |
      And no unit is behind its upstream unit in the spaces whose names begin with "{prefix}"
      And no command failed unnoticed
