Feature: F
  Scenarion: S
    Given all is well
