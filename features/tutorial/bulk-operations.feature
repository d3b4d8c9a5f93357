@bulk-operations
Feature: The tutorial's own bulk operations
  The tutorial's own scripts, which must tell the truth whether all is well or not.

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R101 @R370 @R384
  Scenario: Scaling changes the production regions of this tutorial, and no other space
    Given the tutorial
    When I run "./setup-structure 3"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I create space "other-prod"
    And I create unit "trade-service" in space "other-prod" from "trade-service.yaml"
    And I run "./bulk-operations 3 scale 4"
    Then it exits with status 0
    And no command failed unnoticed
    And unit "trade-service" has in these spaces:
      | space                      | replicas |
      | {prefix}-traderx-prod-us   | 4        |
      | {prefix}-traderx-prod-eu   | 4        |
      | {prefix}-traderx-prod-asia | 4        |
      | other-prod                 | 1        |
    And unit "trade-service" in space "other-prod" has never been applied

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R408
  Scenario: Scaling the single service of stage 1 finds its space
    Given the tutorial
    When I run "./setup-structure 1"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run "./bulk-operations 1 scale 2"
    Then it exits with status 0
    And it does not print "Units don't exist yet"
    And unit "reference-data" has in these spaces:
      | space            | replicas |
      | {prefix}-traderx | 2        |

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R413
  Scenario: Scaling that could not be done is no success
    Given the tutorial
    When I run "./setup-structure 3"
    Then it exits with status 0
    When I run:
      """sh
      rm -r "$HOME/.confighub"
      ./bulk-operations 3 scale 4
      """
    Then it exits with a status other than 0
    And it does not print "Bulk operation complete"

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R57
  Scenario: A new version reaches the units
    Given the tutorial
    When I run "./setup-structure 3"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run "./bulk-operations 3 version v2"
    Then it exits with status 0
    And unit "trade-service" has in these spaces:
      | space                      | image                                  |
      | {prefix}-traderx-prod-us   | ghcr.io/finos/traderx/trade-service:v2 |
      | {prefix}-traderx-prod-eu   | ghcr.io/finos/traderx/trade-service:v2 |
      | {prefix}-traderx-prod-asia | ghcr.io/finos/traderx/trade-service:v2 |
