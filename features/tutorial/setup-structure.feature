@setup-structure
Feature: Setting up when the hub refuses
  A tutorial's set-up that could not create anything must say so: at the first thing that failed, with its cause, and
  nothing may be deployed after it.

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R16 @R25 @R42 @R413
  Scenario Outline: Without a login, setting up stage <stage> fails
    Given the tutorial
    When I run:
      """sh
      echo calm-swan >.microtraderx-prefix
      rm -r "$HOME/.confighub"
      ./setup-structure <stage>
      """
    Then it exits with a status other than 0
    And it does not print "✓"
    And it does not print "Next: Run"

    Examples:
      | stage |
      | 1     |
      | 2     |
      | 3     |
      | 4     |
      | 5     |
      | 6     |
      | 7     |

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R3 @R25 @R413
  Scenario: Without a prefix, nothing is set up under a name that everybody shares
    Given the tutorial
    When I run "rm -r $HOME/.confighub; ./setup-structure 1"
    Then it exits with a status other than 0
    And it does not print "Created -traderx"
    When I run "test ! -s .microtraderx-prefix"
    Then it exits with status 0

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R471 @R472 @R477
  Scenario: With its quota used up, stage 1 ends at the space that it cannot create
    Given the tutorial
    And the hub allows at most 0 spaces
    When I run "./stages/stage1-hello-traderx.sh"
    Then it exits with a status other than 0
    And it fails because "exceeded maximum quota for entity type Space"
    And it does not print "✓ Created"
    And nothing has been changed in the cluster

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R471 @R472
  Scenario: With room for four spaces, stage 3 ends at the fifth
    Given the tutorial
    And the hub allows at most 4 spaces
    When I run "./setup-structure 3"
    Then it exits with a status other than 0
    And it fails because "exceeded maximum quota for entity type Space"
    And it does not print "✓ Created"
