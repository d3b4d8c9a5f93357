@resilience
Feature: A node that is drained
  Its pods go, the scheduler leaves it alone until it is uncordoned, and what is wished for comes back by itself.

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

  @api @clean @R96 @R98 @R458
  Scenario: Workload and worker come back
    When I drain the nodes of deployment "reference-data" in namespace "default"
    And I uncordon the nodes
    Then deployment "reference-data" in namespace "default" has new pods that are ready within 2 m
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
    And deployment "worker" in namespace "confighub" is available within 2 m
    And worker "worker" in space "{prefix}-shop" is ready within 2 m
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

  @api @clean @R98 @R458
  Scenario: A pod that is killed is replaced
    When I kill the pods of deployment "reference-data" in namespace "default"
    Then deployment "reference-data" in namespace "default" has new pods that are ready within 60 s
    And service "reference-data" in namespace "default" answers "/health" on port 8080 within 20 s
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree
