Feature: F
  Scenario: S
    Given the cells are "a"
      | a | b |
      | c |
