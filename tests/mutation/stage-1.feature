Feature: Stage 1 of the small tutorial

  @requires-tutorial @requires-bash @requires-kubectl @every-check @real-cluster
  Scenario: One space, one unit, one worker, one deployment
    Given the tutorial
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    And it prints "Stage 1 is done"
    And "cub space new-prefix" has changed nothing
    And "cub worker list" has changed nothing
    And "cub target list" has changed nothing
    And "cub unit list" has changed nothing
    And "kubectl wait deployment/reference-data" has changed nothing
    And the file ".microtraderx-prefix" gives the prefix
    And the spaces whose names begin with "{prefix}" are:
      | space            |
      | {prefix}-traderx |
    And unit "reference-data" in space "{prefix}-traderx" has head revision 1
    And unit "reference-data" in space "{prefix}-traderx" has target "k8s-{prefix}-traderx-worker"
    And unit "reference-data" in space "{prefix}-traderx" is live within 5 s
    And worker "{prefix}-traderx-worker" in space "{prefix}-traderx" is ready within 5 s
    And deployment "{prefix}-traderx-worker" in namespace "confighub" is available within 5 s
    And deployment "reference-data" in namespace "default" is available within 5 s
    And deployment "reference-data" in namespace "default" runs image "ghcr.io/finos/traderx/reference-data:latest"
    And service "reference-data" in namespace "default" answers "/health" on port 8080
