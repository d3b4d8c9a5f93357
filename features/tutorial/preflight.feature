@preflight
Feature: Pre-flight
  What must hold before a stage is begun: the cluster, the hub and the way from one to the other, from end to end.

  @api @clean @real-cluster @R86 @R402 @R403 @R404 @R405 @R406 @R407 @R409 @R410 @R368
  Scenario: The way from the hub to the cluster works from end to end, and nothing is left of the test
    Given I note what the hub and the cluster hold
    And a prefix that no space has
    Then the cluster has a ready node
    And the hub knows who is logged in
    When I create space "{prefix}-preflight"
    Then space "{prefix}-preflight" exists
    When I create unit "reference-data" in space "{prefix}-preflight" from "reference-data.yaml"
    Then unit "reference-data" in space "{prefix}-preflight" has the data of "reference-data.yaml"
    When I create worker "preflight" in space "{prefix}-preflight"
    And I install worker "preflight" of space "{prefix}-preflight" in namespace "preflight"
    Then target "k8s-preflight" registers in space "{prefix}-preflight" within 60 s
    When I set the target of unit "reference-data" in space "{prefix}-preflight" to "k8s-preflight"
    And I apply unit "reference-data" in space "{prefix}-preflight"
    Then unit "reference-data" in space "{prefix}-preflight" is live within 2 m
    And a pod labelled "app=reference-data" in namespace "default" is running within 5 s
    When I destroy all units in space "{prefix}-preflight"
    Then all units in space "{prefix}-preflight" are destroyed within 60 s
    When I delete Namespace "preflight" from the cluster
    And I delete ClusterRoleBinding "confighub-worker-admin" from the cluster
    And I delete space "{prefix}-preflight"
    Then nothing is left within 60 s that they did not hold then

  @api @R412
  Scenario: Prefixes keep two runs apart
    Given a prefix that no space has
    And "{prefix}" is called first
    And I create space "{first}-traderx"
    When a prefix that no space has
    Then "{prefix}" is not "{first}"
    When I create space "{prefix}-traderx"
    Then there is 1 space whose name begins with "{first}"
    And there is 1 space whose name begins with "{prefix}"

  @api @R478 @R474
  Scenario: Spaces that earlier runs left behind are counted, and make room once they are deleted
    Given the hub allows at most 29 spaces
    And a prefix that no space has
    And I create 29 spaces whose names begin with "{prefix}"
    Then there are 29 spaces whose name begins with "{prefix}"
    When I try to create space "{prefix}-traderx"
    Then the hub refuses with status 403 and "exceeded maximum quota for entity type Space"
    When I delete the spaces whose names begin with "{prefix}"
    And I create space "{prefix}-traderx"
    Then there is 1 space whose name begins with "{prefix}"

  Rule: By the tutorial's own script

    @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
    @clean @R86 @R87 @R403 @R408
    Scenario: Where all is well, it says so and changes nothing
      Given the tutorial
      When I run "./test/preflight-check.sh"
      Then it exits with status 0
      And it prints "Ready to run"
      And it does not print "Failed: 1"
      When I run "test ! -e .microtraderx-prefix"
      Then it exits with status 0

    @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
    @clean @R87 @R408 @R410 @R479
    Scenario Outline: It names what is missing: <missing>
      Given the tutorial
      When I run:
        """sh
        <damage> ./test/preflight-check.sh
        """
      Then it exits with a status other than 0
      And it prints "✗"
      And it prints "<says>"
      And it does not print "Ready to run"

      Examples:
        | missing              | damage                     | says                                |
        | the login            | HOME=/nonexistent          | Run: cub auth login                 |
        | the cluster          | KUBECONFIG=/nonexistent    | Kubernetes cluster accessible       |
        | a manifest           | rm k8s/trade-service.yaml; | File exists: k8s/trade-service.yaml |
        | the right to execute | chmod -x deploy;           | deploy is executable                |

    @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
    @R478
    Scenario: It warns of what an earlier installation left
      Given the tutorial
      When I run "./setup-structure 1"
      Then it exits with status 0
      When I run "./test/preflight-check.sh"
      Then it exits with status 0
      And it prints "Previous installation detected"
