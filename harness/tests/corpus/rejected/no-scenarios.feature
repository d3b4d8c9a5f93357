Feature: F
  Words alone.
