Feature: F
  Scenario: S
    Given all is well
    Thn the cake is a lie
