@stage-6
Feature: Stage 6, atomic updates
  Two services that must change together change in one change set: both, or neither. By the API and by the
  tutorial's own scripts.

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

    @api @clean @real-cluster @R54 @R95
    Scenario: Both services change together
      Given I open change set "market-data-v2" in space "{prefix}-traderx-prod-us" with these units:
        | unit           |
        | reference-data |
        | trade-service  |
      When I try to run function "set-replicas 7" on unit "trade-service" in space "{prefix}-traderx-prod-us"
      Then the hub refuses with status 400 and "is in change set market-data-v2"
      When I run function "set-env-var reference-data MARKET_DATA_FORMAT v2" on unit "reference-data" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
      And I run function "set-env-var trade-service MARKET_DATA_FORMAT v2" on unit "trade-service" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
      And I close change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      Then change set "market-data-v2" in space "{prefix}-traderx-prod-us" has changed these units:
        | unit           |
        | reference-data |
        | trade-service  |
      And deployment "reference-data" has in these namespaces:
        | namespace                | MARKET_DATA_FORMAT |
        | {prefix}-traderx-prod-us | v1                 |

      When I apply change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      Then all units in space "{prefix}-traderx-prod-us" are live within 2 m
      And deployment "reference-data" has in these namespaces:
        | namespace                  | MARKET_DATA_FORMAT | ready replicas |
        | {prefix}-traderx-prod-us   | v2                 | 1              |
        | {prefix}-traderx-prod-eu   | v1                 | 1              |
        | {prefix}-traderx-prod-asia | v1                 | 1              |
      And deployment "trade-service" has in these namespaces:
        | namespace                  | MARKET_DATA_FORMAT | ready replicas |
        | {prefix}-traderx-prod-us   | v2                 | 3              |
        | {prefix}-traderx-prod-eu   | v1                 | 5              |
        | {prefix}-traderx-prod-asia | v1                 | 2              |

    @api @clean @R25 @R465
    Scenario: With one bad image no unit of the change set is applied
      Given I create trigger "published-images" in space "{prefix}-traderx-prod-us", which demands of each change:
        """cel
        r.kind != 'Deployment' || r.spec.template.spec.containers.all(c, c.image.endsWith(':latest'))
        """
      And I open change set "market-data-v2" in space "{prefix}-traderx-prod-us" with these units:
        | unit           |
        | reference-data |
        | trade-service  |
      And I run function "set-env-var reference-data MARKET_DATA_FORMAT v2" on unit "reference-data" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
      And I run function "set-image-reference trade-service :v2" on unit "trade-service" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
      And I close change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      Then unit "trade-service" in space "{prefix}-traderx-prod-us" has apply gate "published-images/cel-validate"
      And unit "reference-data" in space "{prefix}-traderx-prod-us" has no apply gate
      When I try to apply change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      Then the hub refuses with status 400 and "published-images/cel-validate"
      And deployment "reference-data" has in these namespaces:
        | namespace                | MARKET_DATA_FORMAT |
        | {prefix}-traderx-prod-us | v1                 |
      And deployment "trade-service" has in these namespaces:
        | namespace                | image                                      |
        | {prefix}-traderx-prod-us | ghcr.io/finos/traderx/trade-service:latest |

      When I take back change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      Then unit "trade-service" in space "{prefix}-traderx-prod-us" has no apply gate
      And unit "reference-data" has in these spaces:
        | space                    | MARKET_DATA_FORMAT |
        | {prefix}-traderx-prod-us | v1                 |
      And unit "trade-service" has in these spaces:
        | space                    | image                                      | replicas |
        | {prefix}-traderx-prod-us | ghcr.io/finos/traderx/trade-service:latest | 3        |

    @api @clean @R20
    Scenario: When an image turns out not to exist, both services go back
      Given I open change set "market-data-v2" in space "{prefix}-traderx-prod-us" with these units:
        | unit           |
        | reference-data |
        | trade-service  |
      And I run function "set-env-var reference-data MARKET_DATA_FORMAT v2" on unit "reference-data" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
      And I run function "set-image-reference trade-service :v2" on unit "trade-service" in space "{prefix}-traderx-prod-us" in change set "market-data-v2"
      And I close change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      When I apply change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      Then a pod labelled "app=trade-service" in namespace "{prefix}-traderx-prod-us" waits with reason "ImagePullBackOff" within 2 m
      And the apply of unit "trade-service" in space "{prefix}-traderx-prod-us" fails within 4 m with "timeout waiting for"
      When I take back change set "market-data-v2" in space "{prefix}-traderx-prod-us"
      And I apply all units in space "{prefix}-traderx-prod-us"
      Then all units in space "{prefix}-traderx-prod-us" are live within 2 m
      And deployment "reference-data" has in these namespaces:
        | namespace                | MARKET_DATA_FORMAT | ready replicas |
        | {prefix}-traderx-prod-us | v1                 | 1              |
      And deployment "trade-service" in namespace "{prefix}-traderx-prod-us" is available within 60 s
      And deployment "trade-service" has in these namespaces:
        | namespace                | image                                      | ready replicas |
        | {prefix}-traderx-prod-us | ghcr.io/finos/traderx/trade-service:latest | 3              |

  Rule: By the scripts

    @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
    @clean @R54 @R55 @R56 @R85
    Scenario: The tutorial's own scripts, from clean
      Given the tutorial
      When I run "./stages/stage6-atomic-updates.sh"
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
      Then deployment "reference-data" in namespace "{prefix}-traderx-prod-us" is available within 2 m
      And deployment "trade-service" in namespace "{prefix}-traderx-prod-us" is available within 2 m
      And no command failed unnoticed
