Feature: F
  Scenario: S
    gvien all is well
