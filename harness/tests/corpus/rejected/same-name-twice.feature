Feature: F
  Scenario: S
    Given all is well
  Scenario: S
    Given all is well
