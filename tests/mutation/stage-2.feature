Feature: Stage 2 of the small tutorial

  @requires-tutorial @requires-bash @requires-kubectl @every-check @real-cluster
  Scenario: Production is a clone that follows its upstream unit
    Given a prefix that no space has
    And I create space "{prefix}-traderx"
    And the tutorial
    And I run "echo {prefix} > .microtraderx-prefix"
    And it exits with status 0
    When I run "./stages/stage2-production.sh"
    Then it exits with status 0
    And it prints "Stage 2 is done"
    And "kubectl wait deployment/{prefix}-traderx-prod-worker" has changed nothing
    And "cub target list" has changed nothing
    And "kubectl wait deployment/trade-service" has changed nothing
    And "kubectl rollout status" has changed nothing
    And these units are clones:
      | unit          | space                 | of unit       | of space         |
      | trade-service | {prefix}-traderx-prod | trade-service | {prefix}-traderx |
    And space "{prefix}-traderx-prod" has these links:
      | link                    | from unit     | to unit   | of space              |
      | trade-service-namespace | trade-service | namespace | {prefix}-traderx-prod |
    And unit "trade-service" has in these spaces:
      | space                 | namespace            | replicas | TRADING_ALGORITHM |
      | {prefix}-traderx      | confighubplaceholder | 1        | v2                |
      | {prefix}-traderx-prod | traderx-prod         | 2        | v2                |
    And all units in space "{prefix}-traderx-prod" are live within 5 s
    And deployment "trade-service" has in these namespaces:
      | namespace    | replicas | ready replicas | TRADING_ALGORITHM | image                                      |
      | traderx-prod | 2        | 2              | v2                | ghcr.io/finos/traderx/trade-service:latest |
    And no unit is behind its upstream unit in the spaces whose names begin with "{prefix}"
