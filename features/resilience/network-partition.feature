@resilience
Feature: A network that is cut between a worker and its hub
  Packets are lost without a word. Short of 140 s the worker's connection outlasts that; after it, the worker ends and
  another process connects.

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

  @api @clean @R97 @R98 @R393 @R395 @R456 @R458
  Scenario: For a minute and a half
    What was applied meanwhile arrives when the network is whole again, at the same process.

    When I note the steady state of namespace "confighub"
    And the network between worker "worker" of space "{prefix}-shop" and the hub is cut for 90 s
    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    Then the hub notices within 75 s that worker "worker" in space "{prefix}-shop" is away
    And the apply of unit "reference-data" in space "{prefix}-shop" is still open after 1 s
    And the steady state of namespace "default" is as noted
    And fault "partition" has been met

    Then worker "worker" in space "{prefix}-shop" is ready within 60 s
    And the steady state of namespace "confighub" is as noted
    And unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

  @api @clean @slow @R97 @R98 @R395 @R456 @R458
  Scenario: For longer than the worker's patience
    When the network between worker "worker" of space "{prefix}-shop" and the hub is cut for 160 s
    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    Then the apply of unit "reference-data" in space "{prefix}-shop" is still open after 150 s
    And the steady state of namespace "default" is as noted
    And fault "partition" has been met

    Then worker "worker" in space "{prefix}-shop" is ready within 5 m
    And unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree
