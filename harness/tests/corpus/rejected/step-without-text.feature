Feature: F
  Scenario: S
    Given 
