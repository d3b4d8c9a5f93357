@validate
Feature: The tutorial's own validation of the structure
  The tutorial's own scripts, which must tell the truth whether all is well or not.

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R84 @R408
  Scenario Outline: What stage <stage> sets up is valid
    Given the tutorial
    When I run "./setup-structure <stage>"
    Then it exits with status 0
    When I run "./test/validate.sh <stage>"
    Then it exits with status 0
    And it prints "Validation successful"

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
  @clean @R84 @R408
  Scenario Outline: Where nothing was set up, nothing of stage <stage> is valid
    Given the tutorial
    When I run "./test/validate.sh <stage>"
    Then it exits with a status other than 0
    And it prints "not found"
    And it does not print "Validation successful"

    Examples:
      | stage |
      | 1     |
      | 2     |
      | 3     |
      | 4     |
      | 7     |
