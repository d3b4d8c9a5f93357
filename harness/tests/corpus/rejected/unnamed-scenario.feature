Feature: F
  Scenario:
    Given all is well
