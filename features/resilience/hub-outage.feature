@resilience
Feature: A hub that is away
  Workloads are Kubernetes' affair: they run and answer while the hub is down, and nothing touches them when it comes
  back. Workers come back by themselves: the one of August 2025 ends when its stream does, and the kubelet starts it
  again until the hub answers.

  Background: One service is deployed by its worker
    Given a prefix that no space has
    And I create space "{prefix}-shop"
    And I create unit "reference-data" in space "{prefix}-shop" from "reference-data.yaml"
    And I create worker "worker" in space "{prefix}-shop"
    And I install worker "worker" of space "{prefix}-shop" in namespace "confighub"
    And target "k8s-worker" registers in space "{prefix}-shop" within 60 s
    And I set the target of unit "reference-data" in space "{prefix}-shop" to "k8s-worker"
    And I apply unit "reference-data" in space "{prefix}-shop"
    And unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
    And I note the steady state of namespace "default"

  @api @clean @R98 @R390 @R393 @R395 @R454 @R456 @R458
  Scenario: Workloads are served meanwhile
    When the hub is down for 20 s
    Then the hub does not answer
    And service "reference-data" in namespace "default" answers "/health" on port 8080 throughout 10 s
    And the steady state of namespace "default" is as noted

    Then the hub answers within 60 s
    And fault "hub down" has been met
    And worker "worker" in space "{prefix}-shop" is ready within 3 m
    And the steady state of namespace "default" is as noted
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    Then unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

  @api @clean @R98 @R393 @R456 @R458
  Scenario: An apply that an outage interrupts completes after it
    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    And the hub is down for 15 s
    Then the hub answers within 60 s
    And fault "hub down" has been met
    And worker "worker" in space "{prefix}-shop" is ready within 3 m
    And unit "reference-data" in space "{prefix}-shop" is live within 5 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

  @api @clean @R98 @R176 @R391 @R455 @R458
  Scenario: A deployment in an emergency goes past it
    What was exported before is applied by hand, and the hub agrees with it when it is back.

    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I export the data of unit "reference-data" in space "{prefix}-shop"
    And the hub is down for 20 s
    Then the hub does not answer
    When I apply the exported data to the cluster by hand
    Then deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas

    Then the hub answers within 60 s
    And worker "worker" in space "{prefix}-shop" is ready within 3 m
    When I apply unit "reference-data" in space "{prefix}-shop"
    Then unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree
