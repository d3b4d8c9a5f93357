@sequence
Feature: All stages in sequence
  Each stage builds on those before it, in one environment.

  @api @R26 @R27 @R28 @R29 @R40 @R54 @R75 @R76 @R77 @R78 @R92 @R95 @R101 @R103 @R414
  Scenario: By the API
    Given I note what the hub and the cluster hold
    And a prefix that no space has

    # Stage 1: one space, one unit, one worker, one deployment.
    When I create space "{prefix}-traderx"
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
    And I run these workers in namespace "confighub":
      | worker | space            |
      | worker | {prefix}-traderx |
    Then target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
    And worker "worker" in space "{prefix}-traderx" is ready within 5 s
    When I set the target of all units in space "{prefix}-traderx" to "k8s-worker"
    Then unit "reference-data" in space "{prefix}-traderx" has target "k8s-worker"
    When I apply all units in space "{prefix}-traderx"
    Then all units in space "{prefix}-traderx" are live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And a pod labelled "app=reference-data" in namespace "default" is running within 5 s

    # Stage 2: three environments below it, production with a namespace of its own.
    When I create these spaces:
      | space                    |
      | {prefix}-traderx-dev     |
      | {prefix}-traderx-staging |
      | {prefix}-traderx-prod    |
    And I clone these units:
      | unit           | space            | into space               |
      | reference-data | {prefix}-traderx | {prefix}-traderx-dev     |
      | reference-data | {prefix}-traderx | {prefix}-traderx-staging |
      | reference-data | {prefix}-traderx | {prefix}-traderx-prod    |
    And I create unit "namespace" in space "{prefix}-traderx-prod" from "namespace-base.yaml"
    And I run these functions:
      | function                                                         | unit           | space                 |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod | namespace      | {prefix}-traderx-prod |
      | set-namespace {prefix}-traderx-prod                              | reference-data | {prefix}-traderx-prod |
    And I run these workers in namespace "confighub":
      | worker      | space                 |
      | worker-prod | {prefix}-traderx-prod |
    Then target "k8s-worker-prod" registers in space "{prefix}-traderx-prod" within 60 s
    When I set the target of all units in space "{prefix}-traderx-prod" to "k8s-worker-prod"
    And I apply unit "namespace" in space "{prefix}-traderx-prod"
    Then unit "namespace" in space "{prefix}-traderx-prod" is live within 60 s
    When I apply unit "reference-data" in space "{prefix}-traderx-prod"
    Then all units in space "{prefix}-traderx-prod" are live within 2 m
    And no unit in space "{prefix}-traderx-dev" has ever been applied

    # Stage 3: three regions with links, each with its replicas.
    When I create these spaces:
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
    Then these targets register within 60 s:
      | target           | space                      |
      | k8s-worker-infra | {prefix}-traderx-infra     |
      | k8s-worker-us    | {prefix}-traderx-prod-us   |
      | k8s-worker-eu    | {prefix}-traderx-prod-eu   |
      | k8s-worker-asia  | {prefix}-traderx-prod-asia |
    When I set the target of all units in space "{prefix}-traderx-infra" to "k8s-worker-infra"
    And I set the target of all units in space "{prefix}-traderx-prod-us" to "k8s-worker-us"
    And I set the target of all units in space "{prefix}-traderx-prod-eu" to "k8s-worker-eu"
    And I set the target of all units in space "{prefix}-traderx-prod-asia" to "k8s-worker-asia"
    And I apply unit "ns-us" in space "{prefix}-traderx-infra"
    And I apply unit "ns-eu" in space "{prefix}-traderx-infra"
    And I apply unit "ns-asia" in space "{prefix}-traderx-infra"
    Then unit "ns-us" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-eu" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-asia" in space "{prefix}-traderx-infra" is live within 60 s
    When I apply all units in space "{prefix}-traderx-prod-us"
    And I apply all units in space "{prefix}-traderx-prod-eu"
    And I apply all units in space "{prefix}-traderx-prod-asia"
    Then all units in space "{prefix}-traderx-prod-us" are live within 2 m
    And all units in space "{prefix}-traderx-prod-eu" are live within 2 m
    And all units in space "{prefix}-traderx-prod-asia" are live within 2 m
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 3        | 3              |
      | {prefix}-traderx-prod-eu   | 5        | 5              |
      | {prefix}-traderx-prod-asia | 2        | 2              |

    # Stage 4: an upgrade that keeps the replicas.
    When I run function "set-env-var trade-service TRADING_ALGORITHM v2" on unit "trade-service" in space "{prefix}-traderx-base"
    And I upgrade the clones of unit "trade-service" in space "{prefix}-traderx-base"
    And I apply all units in space "{prefix}-traderx-prod-us"
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

    # Stage 5: find what is scaled up, and scale it down.
    When I run function "set-replicas 2" on the units of all spaces where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%'" and the data has "spec.replicas = 5"
    And I apply the units where "Space.Slug LIKE '{prefix}-traderx-prod-%' AND HeadRevisionNum > LiveRevisionNum"
    Then all units in space "{prefix}-traderx-prod-eu" are live within 2 m
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 3        | 3              |
      | {prefix}-traderx-prod-eu   | 2        | 2              |
      | {prefix}-traderx-prod-asia | 2        | 2              |

    # Stage 6: two services change together.
    When I open change set "market-data-v2" in space "{prefix}-traderx-prod-us" with these units:
      | unit           |
      | reference-data |
      | trade-service  |
    And I run function "set-env-var reference-data MARKET_DATA_FORMAT v2" on unit "reference-data" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
    And I run function "set-env-var trade-service MARKET_DATA_FORMAT v2" on unit "trade-service" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
    And I close change set "market-data-v2" in space "{prefix}-traderx-prod-us"
    And I apply change set "market-data-v2" in space "{prefix}-traderx-prod-us"
    Then all units in space "{prefix}-traderx-prod-us" are live within 2 m
    And deployment "reference-data" has in these namespaces:
      | namespace                  | MARKET_DATA_FORMAT |
      | {prefix}-traderx-prod-us   | v2                 |
      | {prefix}-traderx-prod-eu   | v1                 |
      | {prefix}-traderx-prod-asia | v1                 |

    # Stage 7: an emergency goes from Europe straight to Asia.
    When I run function "set-env-var trade-service CIRCUIT_BREAKER true" on unit "trade-service" in space "{prefix}-traderx-prod-eu", with change description "open the circuit breaker"
    And I merge what unit "trade-service" in space "{prefix}-traderx-prod-eu" changed since its revision 5 into unit "trade-service" in space "{prefix}-traderx-prod-asia", with change description "take the circuit breaker over from Europe"
    And I apply unit "trade-service" in space "{prefix}-traderx-prod-eu"
    And I apply unit "trade-service" in space "{prefix}-traderx-prod-asia"
    Then all units in space "{prefix}-traderx-prod-eu" are live within 2 m
    And all units in space "{prefix}-traderx-prod-asia" are live within 2 m
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas | CIRCUIT_BREAKER |
      | {prefix}-traderx-prod-us   | 3        | 3              | false           |
      | {prefix}-traderx-prod-eu   | 2        | 2              | true            |
      | {prefix}-traderx-prod-asia | 2        | 2              | true            |

    # All of it.
    And the spaces whose names begin with "{prefix}" are:
      | space                      |
      | {prefix}-traderx           |
      | {prefix}-traderx-dev       |
      | {prefix}-traderx-staging   |
      | {prefix}-traderx-prod      |
      | {prefix}-traderx-base      |
      | {prefix}-traderx-infra     |
      | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia |
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @R26 @R27 @R28 @R29 @R40 @R54 @R103 @R414
  Scenario: By the tutorial's own scripts
    One environment for all seven; every check of every stage is told, whatever came of those before.

    Given the tutorial
    # Stage 1
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And the file ".microtraderx-prefix" gives the prefix
    And unit "reference-data" in space "{prefix}-traderx" is live within 5 s
    And deployment "reference-data" in namespace "default" is available within 60 s
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
    # Stage 2
    When I run "./stages/stage2-three-envs.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And worker "worker" in space "{prefix}-traderx-prod" is ready within 60 s
    And unit "reference-data" in space "{prefix}-traderx-prod" is live within 5 s
    And no unit in space "{prefix}-traderx-dev" has ever been applied
    And no unit in space "{prefix}-traderx-staging" has ever been applied
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"
    # Stage 3
    When I run "./stages/stage3-three-regions.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And unit "trade-service" has in these spaces:
      | space                      | namespace                  | replicas |
      | {prefix}-traderx-prod-us   | {prefix}-traderx-prod-us   | 3        |
      | {prefix}-traderx-prod-eu   | {prefix}-traderx-prod-eu   | 5        |
      | {prefix}-traderx-prod-asia | {prefix}-traderx-prod-asia | 2        |
    And unit "reference-data" has in these spaces:
      | space                      | namespace                  |
      | {prefix}-traderx-prod-us   | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia | {prefix}-traderx-prod-asia |
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 3        | 3              |
      | {prefix}-traderx-prod-eu   | 5        | 5              |
      | {prefix}-traderx-prod-asia | 2        | 2              |
    # Stage 4
    When I run "./stages/stage4-push-upgrade.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And unit "trade-service" has in these spaces:
      | space                      | replicas |
      | {prefix}-traderx-prod-us   | 3        |
      | {prefix}-traderx-prod-eu   | 5        |
      | {prefix}-traderx-prod-asia | 2        |
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
    # Stage 5
    When I run "./stages/stage5-find-and-fix.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
    # Stage 6
    When I run "./stages/stage6-atomic-updates.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
    # Stage 7
    When I run "./stages/stage7-emergency-bypass.sh"
    Then it exits with status 0
    And no command failed unnoticed
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
    And all units in space "{prefix}-traderx-dev" are live within 5 s
    And all units in space "{prefix}-traderx-staging" are live within 5 s
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s

    # All of it.
    And the spaces whose names begin with "{prefix}" are:
      | space                      |
      | {prefix}-traderx           |
      | {prefix}-traderx-dev       |
      | {prefix}-traderx-staging   |
      | {prefix}-traderx-prod      |
      | {prefix}-traderx-base      |
      | {prefix}-traderx-infra     |
      | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia |
