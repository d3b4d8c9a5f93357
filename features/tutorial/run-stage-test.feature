@run-stage-test
Feature: The tutorial's own test of a stage
  The tutorial's own scripts, which must tell the truth whether all is well or not.

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R26 @R27 @R28 @R29 @R84 @R408
  Scenario Outline: After stage <stage>, it passes if all is well
    Given the tutorial
    When I run "./stages/<script>"
    Then it exits with status 0
    When I run "./test/run-stage-test.sh <stage>"
    Then it exits with status 0
    And it prints "All tests passed"
    And it does not print "deploy not run?"

    Examples:
      | stage | script                  |
      | 1     | stage1-hello-traderx.sh |
      | 3     | stage3-three-regions.sh |

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R84 @R408
  Scenario Outline: Where nothing was set up, it fails and says what is missing, for stage <stage>
    Given the tutorial
    When I run "./test/run-stage-test.sh <stage>"
    Then it exits with a status other than 0
    And it prints "✗"
    And it prints "Some tests failed"
    And it does not print "All tests passed"

    Examples:
      | stage |
      | 1     |
      | 2     |
      | 3     |
      | 4     |
      | 5     |
      | 6     |
      | 7     |
