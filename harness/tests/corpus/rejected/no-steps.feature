Feature: F
  Scenario: S

  Scenario: T
    Given all is well
