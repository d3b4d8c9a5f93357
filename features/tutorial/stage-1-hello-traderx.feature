@stage-1
Feature: Stage 1, Hello TraderX
  One space, one unit, one worker, one deployment: what stage 1 of the MicroTraderX tutorial means to
  teach, carried out by the API and by the tutorial's own scripts, and judged by the same checks.

  @api @clean @real-cluster @R1 @R3 @R4 @R5 @R6 @R8 @R9 @R10 @R11 @R12 @R13 @R14 @R17 @R18 @R21 @R30 @R31 @R38 @R39 @R44 @R45 @R46 @R47 @R48
  @R68 @R71 @R75 @R76 @R77 @R376 @R377
  Scenario: By the API
    Setup changes only the hub, deploying changes the cluster, and both are seen to have happened.

    Given a prefix that no space has
    When I create space "{prefix}-traderx"
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
    Then space "{prefix}-traderx" exists
    And there is 1 space whose name begins with "{prefix}"
    And unit "reference-data" in space "{prefix}-traderx" has the data of "reference-data.yaml"
    And unit "reference-data" in space "{prefix}-traderx" has head revision 1
    And unit "reference-data" in space "{prefix}-traderx" has never been applied
    And nothing has been changed in the cluster

    When I create worker "{prefix}-traderx-worker" in space "{prefix}-traderx"
    And I install worker "{prefix}-traderx-worker" of space "{prefix}-traderx" in namespace "confighub"
    Then target "k8s-{prefix}-traderx-worker" registers in space "{prefix}-traderx" within 60 s
    And worker "{prefix}-traderx-worker" in space "{prefix}-traderx" is ready within 5 s
    And the log of deployment "{prefix}-traderx-worker" in namespace "confighub" contains "Successfully connected"

    When I set the target of unit "reference-data" in space "{prefix}-traderx" to "k8s-{prefix}-traderx-worker"
    Then unit "reference-data" in space "{prefix}-traderx" has target "k8s-{prefix}-traderx-worker"
    And unit "reference-data" in space "{prefix}-traderx" has never been applied

    When I apply unit "reference-data" in space "{prefix}-traderx"
    Then unit "reference-data" in space "{prefix}-traderx" is live within 2 m
    And deployment "{prefix}-traderx-worker" in namespace "confighub" is available within 60 s
    And the cluster has ServiceAccount "confighub-worker" in namespace "confighub"
    And the cluster has Secret "confighub-worker-env" in namespace "confighub"
    And the cluster has ClusterRoleBinding "confighub-worker-admin"
    And unit "reference-data" in space "{prefix}-traderx" names image "ghcr.io/finos/traderx/reference-data:latest"
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 1 ready replica
    And deployment "reference-data" in namespace "default" runs image "ghcr.io/finos/traderx/reference-data:latest"
    And the pods of deployment "reference-data" in namespace "default" have not restarted
    And no pod in namespace "default" waits for an image
    And the cluster has no Namespace "confighubplaceholder"
    And service "reference-data" in namespace "default" has ready endpoints
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
    And service "reference-data" in namespace "default" answers "/stocks" on port 8080 within 20 s

  @script @clean @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @R1 @R3 @R4 @R5 @R6 @R7 @R8 @R9 @R10 @R11 @R12 @R13 @R14 @R16 @R17 @R19 @R21 @R25 @R33 @R38 @R39 @R42 @R44 @R45 @R46
  @R47 @R48 @R71 @R85
  Scenario: By the tutorial's own scripts
    The tutorial's scripts run from a copy of its checkout, traced, against a fresh hub and cluster.

    Given the tutorial
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And the file ".microtraderx-prefix" gives the prefix
    And space "{prefix}-traderx" exists
    And there is 1 space whose name begins with "{prefix}"
    And unit "reference-data" in space "{prefix}-traderx" has the data of file "k8s/reference-data.yaml"
    And unit "reference-data" in space "{prefix}-traderx" has head revision 1
    And worker "{prefix}-traderx-worker" in space "{prefix}-traderx" is ready within 5 s
    And target "k8s-{prefix}-traderx-worker" registers in space "{prefix}-traderx" within 1 s
    And unit "reference-data" in space "{prefix}-traderx" has target "k8s-{prefix}-traderx-worker"
    And unit "reference-data" in space "{prefix}-traderx" is live within 5 s
    And deployment "{prefix}-traderx-worker" in namespace "confighub" is available within 60 s
    And the cluster has ServiceAccount "confighub-worker" in namespace "confighub"
    And the cluster has Secret "confighub-worker-env" in namespace "confighub"
    And the cluster has ClusterRoleBinding "confighub-worker-admin"
    And unit "reference-data" in space "{prefix}-traderx" names image "ghcr.io/finos/traderx/reference-data:latest"
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 1 ready replica
    And deployment "reference-data" in namespace "default" runs image "ghcr.io/finos/traderx/reference-data:latest"
    And the pods of deployment "reference-data" in namespace "default" have not restarted
    And no pod in namespace "default" waits for an image
    And the cluster has no Namespace "confighubplaceholder"
    And service "reference-data" in namespace "default" has ready endpoints
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
    When I run "kubectl get deployments -n default && kubectl get pods -n default"
    Then it exits with status 0
    And it prints "reference-data-"

  @script @requires-bash @requires-kubectl @serial
  @R1 @R16 @R25 @R42 @R71
  Scenario: By the scripts of the small tutorial that comes with stagegate
    The same way through scripts written for this suite, in which nothing is wrong.

    Given the built-in tutorial "correct"
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And the file ".microtraderx-prefix" gives the prefix
    And "cub unit create" has changed Unit "reference-data" in "{prefix}-traderx"
    And "kubectl apply" has changed Deployment "{prefix}-traderx-worker" in "confighub"
    And "cub unit apply" has changed Deployment "reference-data" in "default"
    And "cub target list" has changed nothing
    And space "{prefix}-traderx" exists
    And unit "reference-data" in space "{prefix}-traderx" is live within 5 s
    And deployment "reference-data" in namespace "default" is available within 60 s
    And service "reference-data" in namespace "default" has ready endpoints
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
