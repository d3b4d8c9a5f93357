Feature: F
  Scenario: S
    Given the text is "x"
      """
      x
