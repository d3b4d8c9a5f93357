@stage-1 @budgets
Feature: The documents' times as budgets
  How long the tutorial's evaluation says that each part of stage 1 takes, in the environment's time. The tolerance is
  half as much again, which a hub and a cluster elsewhere may need.

  @api @R2 @R38 @R64 @R65 @R66 @R67 @R68 @R69 @R70 @R71
  Scenario: Each part of stage 1, and all of it
    Given a prefix that no space has
    When I note the time
    And I create space "{prefix}-traderx"
    Then at most 1 s has passed since then, with a tolerance of 50 %
    When I note the time
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
    Then at most 1 s has passed since then, with a tolerance of 50 %
    When I note the time
    And I create worker "worker" in space "{prefix}-traderx"
    Then at most 2 s has passed since then, with a tolerance of 50 %
    When I note the time
    And I install worker "worker" of space "{prefix}-traderx" in namespace "confighub"
    Then at most 5 s has passed since then, with a tolerance of 50 %
    When I note the time
    Then target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
    And at most 15 s has passed since then, with a tolerance of 50 %
    When I set the target of unit "reference-data" in space "{prefix}-traderx" to "k8s-worker"
    And I note the time
    And I apply unit "reference-data" in space "{prefix}-traderx"
    Then a pod labelled "app=reference-data" in namespace "default" is running within 60 s
    And at most 15 s has passed since then, with a tolerance of 50 %
    When I note the time
    Then service "reference-data" in namespace "default" answers "/health" on port 8080 within 60 s
    And at most 2 s has passed since then, with a tolerance of 50 %
    And unit "reference-data" in space "{prefix}-traderx" is live within 2 m

  @api @R38 @R71
  Scenario: Stage 1 as a whole takes about 40 seconds, and its deployment is available within a minute
    Given a prefix that no space has
    When I note the time
    And I create space "{prefix}-traderx"
    And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
    And I create worker "worker" in space "{prefix}-traderx"
    And I install worker "worker" of space "{prefix}-traderx" in namespace "confighub"
    And target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
    And I set the target of unit "reference-data" in space "{prefix}-traderx" to "k8s-worker"
    And I apply unit "reference-data" in space "{prefix}-traderx"
    Then deployment "reference-data" in namespace "default" is available within 60 s
    And unit "reference-data" in space "{prefix}-traderx" is live within 2 m
    And at most 40 s has passed since then, with a tolerance of 50 %
