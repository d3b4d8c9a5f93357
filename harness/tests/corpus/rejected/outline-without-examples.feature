Feature: F
  Scenario Outline: S
    Given all is well
