Feature: F
  Scenario: S
    """
    x
    """
    Given all is well
