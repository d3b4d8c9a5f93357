Scenario: S
  Given all is well
