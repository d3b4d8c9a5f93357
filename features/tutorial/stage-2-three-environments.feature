@stage-2
Feature: Stage 2, three environments
  Three environments inherit from one base: development and staging exist as configuration only, production is
  deployed. What stage 2 of the MicroTraderX tutorial means to teach, by the API and by the tutorial's own scripts.

  @api @clean @real-cluster @R37 @R50 @R52 @R53 @R75 @R76 @R77 @R346 @R372 @R376 @R377 @R420
  Scenario: By the API, from clean
    Clones follow their base; only what is applied reaches the cluster, and it reaches its own namespace.

    Given a prefix that no space has
    When I create these spaces:
      | space                    |
      | {prefix}-traderx         |
      | {prefix}-traderx-dev     |
      | {prefix}-traderx-staging |
      | {prefix}-traderx-prod    |
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
    And I clone these units:
      | unit           | space            | into space               |
      | reference-data | {prefix}-traderx | {prefix}-traderx-dev     |
      | reference-data | {prefix}-traderx | {prefix}-traderx-staging |
      | reference-data | {prefix}-traderx | {prefix}-traderx-prod    |
    Then the spaces whose names begin with "{prefix}" are:
      | space                    |
      | {prefix}-traderx         |
      | {prefix}-traderx-dev     |
      | {prefix}-traderx-staging |
      | {prefix}-traderx-prod    |
    And there are 4 units in the spaces whose names begin with "{prefix}"
    And unit "reference-data" in space "{prefix}-traderx" has no upstream unit
    And these units are clones:
      | unit           | space                    | of unit        | of space         |
      | reference-data | {prefix}-traderx-dev     | reference-data | {prefix}-traderx |
      | reference-data | {prefix}-traderx-staging | reference-data | {prefix}-traderx |
      | reference-data | {prefix}-traderx-prod    | reference-data | {prefix}-traderx |
    And unit "reference-data" in space "{prefix}-traderx-prod" has the data of "reference-data.yaml"
    And no unit in space "{prefix}-traderx-prod" has ever been applied
    And nothing has been changed in the cluster

    # Production gets a namespace of its own, called after its space.
    When I create unit "namespace" in space "{prefix}-traderx-prod" from "namespace-base.yaml"
    And I run these functions:
      | function                                                         | unit           | space                 |
      | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod | namespace      | {prefix}-traderx-prod |
      | set-namespace {prefix}-traderx-prod                              | reference-data | {prefix}-traderx-prod |
    Then unit "reference-data" has in these spaces:
      | space                    | namespace             |
      | {prefix}-traderx         | default               |
      | {prefix}-traderx-dev     | default               |
      | {prefix}-traderx-staging | default               |
      | {prefix}-traderx-prod    | {prefix}-traderx-prod |
    And no unit in space "{prefix}-traderx-prod" holds a placeholder

    When I create worker "worker" in space "{prefix}-traderx-prod"
    And I install worker "worker" of space "{prefix}-traderx-prod" in namespace "confighub"
    Then target "k8s-worker" registers in space "{prefix}-traderx-prod" within 60 s
    And worker "worker" in space "{prefix}-traderx-prod" is ready within 5 s
    And a pod labelled "app=worker" in namespace "confighub" is running within 5 s
    When I set the target of all units in space "{prefix}-traderx-prod" to "k8s-worker"
    And I apply unit "namespace" in space "{prefix}-traderx-prod"
    Then unit "namespace" in space "{prefix}-traderx-prod" is live within 60 s
    When I apply unit "reference-data" in space "{prefix}-traderx-prod"
    Then unit "reference-data" in space "{prefix}-traderx-prod" is live within 2 m
    And deployment "reference-data" in namespace "{prefix}-traderx-prod" is available within 60 s
    And deployment "reference-data" in namespace "{prefix}-traderx-prod" has 1 ready replica
    And service "reference-data" in namespace "{prefix}-traderx-prod" has ready endpoints
    And service "reference-data" in namespace "{prefix}-traderx-prod" answers "/health" on port 8080 within 20 s
    And the cluster has no Deployment "reference-data" in namespace "default"
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

    # Development and staging are configuration only, and a change there goes nowhere else.
    And no unit in space "{prefix}-traderx-dev" has ever been applied
    And no unit in space "{prefix}-traderx-staging" has ever been applied
    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-traderx-dev"
    Then unit "reference-data" has in these spaces:
      | space                    | replicas |
      | {prefix}-traderx         | 1        |
      | {prefix}-traderx-dev     | 2        |
      | {prefix}-traderx-staging | 1        |
      | {prefix}-traderx-prod    | 1        |
    And deployment "reference-data" in namespace "{prefix}-traderx-prod" has 1 ready replica
    And no unit in space "{prefix}-traderx-dev" has ever been applied

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R37 @R50 @R52 @R53 @R55 @R58 @R85
  Scenario: By the tutorial's own scripts, from clean
    Given the tutorial
    When I run "./stages/stage2-three-envs.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And the file ".microtraderx-prefix" gives the prefix
    And it does not print "Copy promotes"
    And the spaces whose names begin with "{prefix}" are:
      | space                    |
      | {prefix}-traderx         |
      | {prefix}-traderx-dev     |
      | {prefix}-traderx-staging |
      | {prefix}-traderx-prod    |
    And these units are clones:
      | unit           | space                    | of unit        | of space         |
      | reference-data | {prefix}-traderx-dev     | reference-data | {prefix}-traderx |
      | reference-data | {prefix}-traderx-staging | reference-data | {prefix}-traderx |
      | reference-data | {prefix}-traderx-prod    | reference-data | {prefix}-traderx |
    And worker "worker" in space "{prefix}-traderx-prod" is ready within 60 s
    And a pod labelled "app=worker" in namespace "confighub" is running within 60 s
    And target "k8s-worker" registers in space "{prefix}-traderx-prod" within 60 s
    And unit "reference-data" in space "{prefix}-traderx-prod" is live within 60 s
    And no unit in space "{prefix}-traderx-dev" has ever been applied
    And no unit in space "{prefix}-traderx-staging" has ever been applied
    And unit "reference-data" has in these spaces:
      | space                 | namespace             |
      | {prefix}-traderx-prod | {prefix}-traderx-prod |
    And deployment "reference-data" in namespace "{prefix}-traderx-prod" is available within 60 s
    And service "reference-data" in namespace "{prefix}-traderx-prod" answers "/health" on port 8080 within 20 s
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

    When I run "grep -rn 'unit copy' setup-structure deploy stages bin test"
    Then it exits with status 1
