Feature: F
  Scenario Outline: S
    Given "<b>" is called c

    Examples:
      | a |
      | 1 |
