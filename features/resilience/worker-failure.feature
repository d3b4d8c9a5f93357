@resilience
Feature: A worker that fails
  What becomes of workloads and of operations when the worker of a cluster is killed, or is not there at all, and that
  what is wished for and what is there agree again when it is back.

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

  @api @clean @R96 @R98 @R192 @R458
  Scenario: Its pod is killed
    Another pod takes over, and nothing else in the cluster notices.

    When I kill the pods of deployment "worker" in namespace "confighub"
    Then deployment "worker" in namespace "confighub" has new pods that are ready within 60 s
    And worker "worker" in space "{prefix}-shop" is ready within 60 s
    And the steady state of namespace "default" is as noted
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    Then unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

  @api @clean @R96 @R98 @R174 @R175 @R193 @R194 @R344 @R458
  Scenario: It is scaled to zero, and back
    Without it an apply waits; it does not fail, and it changes nothing. Once the worker is back, it completes.

    When I scale deployment "worker" in namespace "confighub" to 0 replicas
    Then the hub notices within 60 s that worker "worker" in space "{prefix}-shop" is away
    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    Then the apply of unit "reference-data" in space "{prefix}-shop" is still open after 15 s
    And deployment "reference-data" in namespace "default" has 1 ready replica
    And the steady state of namespace "default" is as noted

    When I scale deployment "worker" in namespace "confighub" to 1 replica
    Then worker "worker" in space "{prefix}-shop" is ready within 60 s
    And unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree

  @api @clean @R96 @R98 @R175 @R458
  Scenario: What it reports is refused
    The worker does not send a report again that the hub has refused: the operation stays open. A new process is told of
    it once more, and carries it out.

    Given the hub meets these faults:
      """
      label: refused reports
      match: { path: "/api/bridge_worker/*/action_result" }
      effect: { error: { status: 503 } }
      """
    When I run function "set-replicas 2" on unit "reference-data" in space "{prefix}-shop"
    And I apply unit "reference-data" in space "{prefix}-shop"
    Then the apply of unit "reference-data" in space "{prefix}-shop" is still open after 10 s
    And fault "refused reports" has been met

    When fault "refused reports" ends
    Then the apply of unit "reference-data" in space "{prefix}-shop" is still open after 10 s
    When I kill the pods of deployment "worker" in namespace "confighub"
    Then unit "reference-data" in space "{prefix}-shop" is live within 2 m
    And deployment "reference-data" in namespace "default" is available within 60 s
    And deployment "reference-data" in namespace "default" has 2 ready replicas
    And unit "reference-data" in space "{prefix}-shop" and the cluster agree
