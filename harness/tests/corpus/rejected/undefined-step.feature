Feature: F
  Scenario: S
    Given all was well
    When something entirely different is said here
