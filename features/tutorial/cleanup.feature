@cleanup
Feature: Cleaning up
  A stage that is over, or has failed, leaves nothing behind: no space in the hub, no object in the cluster. Then it
  can be run again.

  Background:
    Given I note what the hub and the cluster hold

  @api @clean @R30 @R31 @R32 @R41 @R88
  Scenario: By the API, a stage that failed is cleaned up and run again
    Given a prefix that no space has
    And I create space "{prefix}-traderx"
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data-missing-image.yaml"
    And I run these workers in namespace "confighub":
      | worker | space            |
      | worker | {prefix}-traderx |
    And target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
    And I set the target of all units in space "{prefix}-traderx" to "k8s-worker"
    When I apply unit "reference-data" in space "{prefix}-traderx"
    Then the apply of unit "reference-data" in space "{prefix}-traderx" fails within 3 m with "timeout waiting for"
    # What is known after the failure.
    And unit "reference-data" in space "{prefix}-traderx" has head revision 1
    And unit "reference-data" in space "{prefix}-traderx" has target "k8s-worker"
    And the units where "Space.Slug = '{prefix}-traderx'" are:
      | unit           | head revision | live revision |
      | reference-data | 1             | 0             |
    And worker "worker" in space "{prefix}-traderx" is ready within 5 s

    When I destroy all units in space "{prefix}-traderx"
    Then all units in space "{prefix}-traderx" are destroyed within 2 m
    When I delete Namespace "confighub" from the cluster
    And I delete ClusterRoleBinding "worker-admin" from the cluster
    And I delete space "{prefix}-traderx"
    Then nothing is left within 60 s that they did not hold then

    When I create space "{prefix}-traderx"
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
    And I run these workers in namespace "confighub":
      | worker | space            |
      | worker | {prefix}-traderx |
    Then target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
    When I set the target of all units in space "{prefix}-traderx" to "k8s-worker"
    And I apply unit "reference-data" in space "{prefix}-traderx"
    Then unit "reference-data" in space "{prefix}-traderx" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s

  @api @clean @real-cluster @R88
  Scenario: By the API, a deployed region is cleaned up with its namespace
    Given a prefix that no space has
    And I create these spaces:
      | space                    |
      | {prefix}-traderx-infra   |
      | {prefix}-traderx-prod-us |
    And I create these units:
      | unit           | space                    | manifest                        |
      | ns-us          | {prefix}-traderx-infra   | namespace-base.yaml             |
      | reference-data | {prefix}-traderx-prod-us | reference-data-placeholder.yaml |
      | trade-service  | {prefix}-traderx-prod-us | trade-service.yaml              |
    And I run function "set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-us" on unit "ns-us" in space "{prefix}-traderx-infra"
    And I create these links in space "{prefix}-traderx-prod-us":
      | link            | from unit      | to unit | of space               |
      | app-to-ns-ref   | reference-data | ns-us   | {prefix}-traderx-infra |
      | app-to-ns-trade | trade-service  | ns-us   | {prefix}-traderx-infra |
    And I run these workers in namespace "confighub":
      | worker       | space                    |
      | worker-infra | {prefix}-traderx-infra   |
      | worker-us    | {prefix}-traderx-prod-us |
    And these targets register within 60 s:
      | target           | space                    |
      | k8s-worker-infra | {prefix}-traderx-infra   |
      | k8s-worker-us    | {prefix}-traderx-prod-us |
    And I set the target of all units in space "{prefix}-traderx-infra" to "k8s-worker-infra"
    And I set the target of all units in space "{prefix}-traderx-prod-us" to "k8s-worker-us"
    And I apply all units in space "{prefix}-traderx-infra"
    And all units in space "{prefix}-traderx-infra" are live within 60 s
    And I apply all units in space "{prefix}-traderx-prod-us"
    And all units in space "{prefix}-traderx-prod-us" are live within 2 m
    When I destroy all units in space "{prefix}-traderx-prod-us"
    Then all units in space "{prefix}-traderx-prod-us" are destroyed within 2 m
    And the cluster has no Deployment "trade-service" in namespace "{prefix}-traderx-prod-us"
    When I destroy all units in space "{prefix}-traderx-infra"
    Then all units in space "{prefix}-traderx-infra" are destroyed within 2 m
    And the cluster has no Namespace "{prefix}-traderx-prod-us"
    When I delete Namespace "confighub" from the cluster
    And I delete ClusterRoleBinding "worker-infra-admin" from the cluster
    And I delete ClusterRoleBinding "worker-us-admin" from the cluster
    And I delete the spaces whose names begin with "{prefix}"
    Then nothing is left within 60 s that they did not hold then

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R30 @R88
  Scenario: The tutorial's own script leaves nothing of stage 1
    Given the tutorial
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    When I run "./test/cleanup.sh <<<yes"
    Then it exits with status 0
    And it prints "Cleanup complete"
    And no command failed unnoticed
    And nothing is left within 60 s that they did not hold then
    When I run "test ! -e .microtraderx-prefix"
    Then it exits with status 0

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R31 @R34
  Scenario: After the tutorial's own clean-up, stage 1 runs again with another prefix
    Given the tutorial
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    And "{prefix}" is called first
    When I run "./test/cleanup.sh <<<yes"
    Then it exits with status 0
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    And "{prefix}" is not "{first}"
    And unit "reference-data" in space "{prefix}-traderx" is live within 5 s
    And there are 0 spaces whose name begins with "{first}-"

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean
  Scenario: The tutorial's own script deletes nothing unless it is told yes
    Given the tutorial
    When I run "./setup-structure 1"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run "./test/cleanup.sh <<<no"
    Then it exits with status 0
    And it does not print "Cleanup complete"
    And space "{prefix}-traderx" exists

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R471
  Scenario: The tutorial's own script says when it could not delete a space
    Given the tutorial
    When I run "./setup-structure 1"
    Then it exits with status 0
    When I run:
      """sh
      rm -r "$HOME/.confighub"
      ./test/cleanup.sh <<<yes
      """
    Then it exits with a status other than 0
    And it does not print "Cleanup complete"

  @script @requires-bash @requires-kubectl @R34
  Scenario: Without its file the small tutorial makes another prefix
    Given the built-in tutorial "correct"
    When I run "./bin/prefix"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    And "{prefix}" is called first
    When I run "rm .microtraderx-prefix && ./bin/prefix"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    And "{prefix}" is not "{first}"
