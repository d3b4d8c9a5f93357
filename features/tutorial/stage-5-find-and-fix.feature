@stage-5
Feature: Stage 5, find and fix
  One query finds what is wrong in any region, one command mends exactly that. By the API and by the tutorial's own
  scripts.

  Rule: By the API

    Background: three regions are deployed
      Given a prefix that no space has
      And I create these spaces:
        | space                      |
        | {prefix}-traderx-base      |
        | {prefix}-traderx-infra     |
        | {prefix}-traderx-prod-us   |
        | {prefix}-traderx-prod-eu   |
        | {prefix}-traderx-prod-asia |
      And I create these units:
        | unit           | space                  | manifest                        |
        | reference-data | {prefix}-traderx-base  | reference-data-placeholder.yaml |
        | trade-service  | {prefix}-traderx-base  | trade-service.yaml              |
        | ns-base        | {prefix}-traderx-infra | namespace-base.yaml             |
      And I clone these units:
        | unit           | space                  | into space                 | as      |
        | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-us   |
        | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-eu   |
        | ns-base        | {prefix}-traderx-infra | {prefix}-traderx-infra     | ns-asia |
        | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-us   |         |
        | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-us   |         |
        | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-eu   |         |
        | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-eu   |         |
        | reference-data | {prefix}-traderx-base  | {prefix}-traderx-prod-asia |         |
        | trade-service  | {prefix}-traderx-base  | {prefix}-traderx-prod-asia |         |
      And I run these functions:
        | function                                                              | unit          | space                      |
        | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-us   | ns-us         | {prefix}-traderx-infra     |
        | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-eu   | ns-eu         | {prefix}-traderx-infra     |
        | set-string-path v1/Namespace metadata.name {prefix}-traderx-prod-asia | ns-asia       | {prefix}-traderx-infra     |
        | set-replicas 3                                                        | trade-service | {prefix}-traderx-prod-us   |
        | set-replicas 5                                                        | trade-service | {prefix}-traderx-prod-eu   |
        | set-replicas 2                                                        | trade-service | {prefix}-traderx-prod-asia |
      And I create these links in space "{prefix}-traderx-prod-us":
        | link            | from unit      | to unit        | of space                 |
        | app-to-ns-ref   | reference-data | ns-us          | {prefix}-traderx-infra   |
        | app-to-ns-trade | trade-service  | ns-us          | {prefix}-traderx-infra   |
        | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-us |
      And I create these links in space "{prefix}-traderx-prod-eu":
        | link            | from unit      | to unit        | of space                 |
        | app-to-ns-ref   | reference-data | ns-eu          | {prefix}-traderx-infra   |
        | app-to-ns-trade | trade-service  | ns-eu          | {prefix}-traderx-infra   |
        | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-eu |
      And I create these links in space "{prefix}-traderx-prod-asia":
        | link            | from unit      | to unit        | of space                   |
        | app-to-ns-ref   | reference-data | ns-asia        | {prefix}-traderx-infra     |
        | app-to-ns-trade | trade-service  | ns-asia        | {prefix}-traderx-infra     |
        | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-asia |
      And I run these workers in namespace "confighub":
        | worker       | space                      |
        | worker-infra | {prefix}-traderx-infra     |
        | worker-us    | {prefix}-traderx-prod-us   |
        | worker-eu    | {prefix}-traderx-prod-eu   |
        | worker-asia  | {prefix}-traderx-prod-asia |
      And these targets register within 60 s:
        | target           | space                      |
        | k8s-worker-infra | {prefix}-traderx-infra     |
        | k8s-worker-us    | {prefix}-traderx-prod-us   |
        | k8s-worker-eu    | {prefix}-traderx-prod-eu   |
        | k8s-worker-asia  | {prefix}-traderx-prod-asia |
      And I set the target of all units in space "{prefix}-traderx-infra" to "k8s-worker-infra"
      And I set the target of all units in space "{prefix}-traderx-prod-us" to "k8s-worker-us"
      And I set the target of all units in space "{prefix}-traderx-prod-eu" to "k8s-worker-eu"
      And I set the target of all units in space "{prefix}-traderx-prod-asia" to "k8s-worker-asia"
      And I apply unit "ns-us" in space "{prefix}-traderx-infra"
      And I apply unit "ns-eu" in space "{prefix}-traderx-infra"
      And I apply unit "ns-asia" in space "{prefix}-traderx-infra"
      And unit "ns-us" in space "{prefix}-traderx-infra" is live within 60 s
      And unit "ns-eu" in space "{prefix}-traderx-infra" is live within 60 s
      And unit "ns-asia" in space "{prefix}-traderx-infra" is live within 60 s
      And I apply all units in space "{prefix}-traderx-prod-us"
      And I apply all units in space "{prefix}-traderx-prod-eu"
      And I apply all units in space "{prefix}-traderx-prod-asia"
      And all units in space "{prefix}-traderx-prod-us" are live within 2 m
      And all units in space "{prefix}-traderx-prod-eu" are live within 2 m
      And all units in space "{prefix}-traderx-prod-asia" are live within 2 m

    @api @clean @real-cluster @R101 @R369 @R370 @R371 @R400 @R421
    Scenario: A query finds the region that is scaled up, and the same query scales it down
      Given I create space "{prefix}-other"
      And I create unit "trade-service" in space "{prefix}-other" from "trade-service.yaml"
      And I run function "set-replicas 5" on unit "trade-service" in space "{prefix}-other"
      Then the units where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%'" are:
        | unit          | space                      | target          | live revision |
        | trade-service | {prefix}-traderx-prod-us   | k8s-worker-us   | 3             |
        | trade-service | {prefix}-traderx-prod-eu   | k8s-worker-eu   | 3             |
        | trade-service | {prefix}-traderx-prod-asia | k8s-worker-asia | 3             |
      And the units where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%'" and the data has "spec.replicas > 2" are:
        | unit          | space                    |
        | trade-service | {prefix}-traderx-prod-us |
        | trade-service | {prefix}-traderx-prod-eu |
      And the units where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%'" and the data has "spec.replicas = 5" are:
        | unit          | space                    |
        | trade-service | {prefix}-traderx-prod-eu |

      When I run function "set-replicas 2" on the units of all spaces where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%'" and the data has "spec.replicas = 5"
      Then there is no unit where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%'" and the data has "spec.replicas = 5"
      And unit "trade-service" has in these spaces:
        | space                      | replicas |
        | {prefix}-traderx-prod-us   | 3        |
        | {prefix}-traderx-prod-eu   | 2        |
        | {prefix}-traderx-prod-asia | 2        |
        | {prefix}-other             | 5        |
      And the units where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%' AND HeadRevisionNum > LiveRevisionNum" are:
        | unit          | space                    |
        | trade-service | {prefix}-traderx-prod-eu |
      And deployment "trade-service" has in these namespaces:
        | namespace                  | replicas |
        | {prefix}-traderx-prod-us   | 3        |
        | {prefix}-traderx-prod-eu   | 5        |
        | {prefix}-traderx-prod-asia | 2        |

      When I apply the units where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-prod-%' AND HeadRevisionNum > LiveRevisionNum"
      Then all units in space "{prefix}-traderx-prod-eu" are live within 2 m
      And deployment "trade-service" has in these namespaces:
        | namespace                  | replicas | ready replicas |
        | {prefix}-traderx-prod-us   | 3        | 3              |
        | {prefix}-traderx-prod-eu   | 2        | 2              |
        | {prefix}-traderx-prod-asia | 2        | 2              |
      And unit "trade-service" in space "{prefix}-other" has never been applied

    @api @clean @R383
    Scenario: One command changes fifty units
      Given I create space "{prefix}-fifty"
      And I clone unit "trade-service" of space "{prefix}-traderx-base" 50 times into space "{prefix}-fifty"
      Then 50 units are found where "Space.Slug = '{prefix}-fifty'" and the data has "spec.replicas = 1"
      When I run function "set-replicas 4" on the units of all spaces where "Space.Slug = '{prefix}-fifty'" and the data has "spec.replicas = 1"
      Then 50 units are found where "Space.Slug = '{prefix}-fifty'" and the data has "spec.replicas = 4"
      And 4 units are found where "Slug = 'trade-service' AND Space.Slug LIKE '{prefix}-traderx-%'" and the data has "spec.replicas > 0"

    @api @clean @R371
    Scenario: Queries that the documents quote are refused where no such attribute or operator exists
      When I try to list the units where "Data CONTAINS 'replicas: 5'"
      Then the hub refuses with status 400 and "Data"
      When I try to list the units where "spec.replicas > 2"
      Then the hub refuses with status 400 and "spec"

  Rule: By the scripts

    @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
    @clean @R54 @R55 @R56 @R85 @R101
    Scenario: The tutorial's own scripts, from clean
      Given the tutorial
      When I run "./stages/stage5-find-and-fix.sh"
      Then it exits with status 0
      And no command failed unnoticed
      And the file ".microtraderx-prefix" gives the prefix
      And these units are clones:
        | unit           | space                      | of unit        | of space              |
        | reference-data | {prefix}-traderx-prod-us   | reference-data | {prefix}-traderx-base |
        | trade-service  | {prefix}-traderx-prod-us   | trade-service  | {prefix}-traderx-base |
        | reference-data | {prefix}-traderx-prod-eu   | reference-data | {prefix}-traderx-base |
        | trade-service  | {prefix}-traderx-prod-eu   | trade-service  | {prefix}-traderx-base |
        | reference-data | {prefix}-traderx-prod-asia | reference-data | {prefix}-traderx-base |
        | trade-service  | {prefix}-traderx-prod-asia | trade-service  | {prefix}-traderx-base |
      And unit "trade-service" has in these spaces:
        | space                      | replicas | TRADING_ALGORITHM |
        | {prefix}-traderx-prod-us   | 3        | v1                |
        | {prefix}-traderx-prod-eu   | 5        | v1                |
        | {prefix}-traderx-prod-asia | 2        | v1                |
      And no unit in space "{prefix}-traderx-prod-us" holds a placeholder
      And no unit in space "{prefix}-traderx-prod-eu" holds a placeholder
      And no unit in space "{prefix}-traderx-prod-asia" holds a placeholder
      And all units in space "{prefix}-traderx-prod-us" are live within 5 s
      And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
      And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
      And deployment "trade-service" has in these namespaces:
        | namespace                  | replicas | ready replicas |
        | {prefix}-traderx-prod-us   | 3        | 3              |
        | {prefix}-traderx-prod-eu   | 5        | 5              |
        | {prefix}-traderx-prod-asia | 2        | 2              |
      And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"

      # What the script tells its reader to type.
      When I run the commands that it printed
      Then unit "trade-service" has in these spaces:
        | space                      | replicas |
        | {prefix}-traderx-prod-us   | 3        |
        | {prefix}-traderx-prod-eu   | 2        |
        | {prefix}-traderx-prod-asia | 2        |
      And no command failed unnoticed
