Feature: F
  Scenario: S
    Given all is well
    some more words
