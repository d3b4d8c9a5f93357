@stage-3
Feature: Stage 3, three regions
  The same configuration runs in three regions, each in its own namespace, which links fill in, and each with the
  replicas that its trading volume needs. By the API and by the tutorial's own scripts.

  @api @clean @real-cluster @R57 @R58 @R92 @R95 @R75 @R76 @R372 @R373 @R376
  Scenario: By the API, from clean
    Links carry each region's namespace into its services; functions give each region its replicas.

    Given a prefix that no space has
    And I note the time
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
    Then the spaces whose names begin with "{prefix}" are:
      | space                      |
      | {prefix}-traderx-base      |
      | {prefix}-traderx-infra     |
      | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia |
    And there are 12 units in the spaces whose names begin with "{prefix}"
    And these units are clones:
      | unit           | space                      | of unit        | of space               |
      | ns-us          | {prefix}-traderx-infra     | ns-base        | {prefix}-traderx-infra |
      | ns-eu          | {prefix}-traderx-infra     | ns-base        | {prefix}-traderx-infra |
      | ns-asia        | {prefix}-traderx-infra     | ns-base        | {prefix}-traderx-infra |
      | reference-data | {prefix}-traderx-prod-us   | reference-data | {prefix}-traderx-base  |
      | trade-service  | {prefix}-traderx-prod-us   | trade-service  | {prefix}-traderx-base  |
      | reference-data | {prefix}-traderx-prod-eu   | reference-data | {prefix}-traderx-base  |
      | trade-service  | {prefix}-traderx-prod-eu   | trade-service  | {prefix}-traderx-base  |
      | reference-data | {prefix}-traderx-prod-asia | reference-data | {prefix}-traderx-base  |
      | trade-service  | {prefix}-traderx-prod-asia | trade-service  | {prefix}-traderx-base  |
    And space "{prefix}-traderx-prod-us" has these links:
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-us          | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-us          | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-us |
    And no unit in space "{prefix}-traderx-prod-us" holds a placeholder
    And space "{prefix}-traderx-prod-eu" has these links:
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-eu          | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-eu          | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-eu |
    And no unit in space "{prefix}-traderx-prod-eu" holds a placeholder
    And space "{prefix}-traderx-prod-asia" has these links:
      | link            | from unit      | to unit        | of space                   |
      | app-to-ns-ref   | reference-data | ns-asia        | {prefix}-traderx-infra     |
      | app-to-ns-trade | trade-service  | ns-asia        | {prefix}-traderx-infra     |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-asia |
    And no unit in space "{prefix}-traderx-prod-asia" holds a placeholder
    And unit "trade-service" has in these spaces:
      | space                      | namespace                  | replicas | image                                      |
      | {prefix}-traderx-prod-us   | {prefix}-traderx-prod-us   | 3        | ghcr.io/finos/traderx/trade-service:latest |
      | {prefix}-traderx-prod-eu   | {prefix}-traderx-prod-eu   | 5        | ghcr.io/finos/traderx/trade-service:latest |
      | {prefix}-traderx-prod-asia | {prefix}-traderx-prod-asia | 2        | ghcr.io/finos/traderx/trade-service:latest |
    And unit "reference-data" has in these spaces:
      | space                      | namespace                  | replicas |
      | {prefix}-traderx-prod-us   | {prefix}-traderx-prod-us   | 1        |
      | {prefix}-traderx-prod-eu   | {prefix}-traderx-prod-eu   | 1        |
      | {prefix}-traderx-prod-asia | {prefix}-traderx-prod-asia | 1        |
    And the data of unit "ns-us" in space "{prefix}-traderx-infra" holds "name: {prefix}-traderx-prod-us"
    And the data of unit "ns-eu" in space "{prefix}-traderx-infra" holds "name: {prefix}-traderx-prod-eu"
    And the data of unit "ns-asia" in space "{prefix}-traderx-infra" holds "name: {prefix}-traderx-prod-asia"
    And unit "trade-service" in space "{prefix}-traderx-base" has the data of "trade-service.yaml"
    And nothing has been changed in the cluster

    When I run these workers in namespace "confighub":
      | worker       | space                      |
      | worker-infra | {prefix}-traderx-infra     |
      | worker-us    | {prefix}-traderx-prod-us   |
      | worker-eu    | {prefix}-traderx-prod-eu   |
      | worker-asia  | {prefix}-traderx-prod-asia |
    Then these targets register within 60 s:
      | target           | space                      |
      | k8s-worker-infra | {prefix}-traderx-infra     |
      | k8s-worker-us    | {prefix}-traderx-prod-us   |
      | k8s-worker-eu    | {prefix}-traderx-prod-eu   |
      | k8s-worker-asia  | {prefix}-traderx-prod-asia |
    When I set the target of all units in space "{prefix}-traderx-infra" to "k8s-worker-infra"
    And I apply unit "ns-us" in space "{prefix}-traderx-infra"
    And I apply unit "ns-eu" in space "{prefix}-traderx-infra"
    And I apply unit "ns-asia" in space "{prefix}-traderx-infra"
    And unit "ns-us" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-eu" in space "{prefix}-traderx-infra" is live within 60 s
    And unit "ns-asia" in space "{prefix}-traderx-infra" is live within 60 s
    When I set the target of all units in space "{prefix}-traderx-prod-us" to "k8s-worker-us"
    And I set the target of all units in space "{prefix}-traderx-prod-eu" to "k8s-worker-eu"
    And I set the target of all units in space "{prefix}-traderx-prod-asia" to "k8s-worker-asia"
    And I apply all units in space "{prefix}-traderx-prod-us"
    And I apply all units in space "{prefix}-traderx-prod-eu"
    And I apply all units in space "{prefix}-traderx-prod-asia"
    And all units in space "{prefix}-traderx-prod-us" are live within 2 m
    And all units in space "{prefix}-traderx-prod-eu" are live within 2 m
    And all units in space "{prefix}-traderx-prod-asia" are live within 2 m
    And Namespace "{prefix}-traderx-prod-us" is labelled "managed-by=confighub"
    And Namespace "{prefix}-traderx-prod-eu" is labelled "managed-by=confighub"
    And Namespace "{prefix}-traderx-prod-asia" is labelled "managed-by=confighub"
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas | image                                      |
      | {prefix}-traderx-prod-us   | 3        | 3              | ghcr.io/finos/traderx/trade-service:latest |
      | {prefix}-traderx-prod-eu   | 5        | 5              | ghcr.io/finos/traderx/trade-service:latest |
      | {prefix}-traderx-prod-asia | 2        | 2              | ghcr.io/finos/traderx/trade-service:latest |
    And deployment "reference-data" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 1        | 1              |
      | {prefix}-traderx-prod-eu   | 1        | 1              |
      | {prefix}-traderx-prod-asia | 1        | 1              |
    And no deployment in namespace "{prefix}-traderx-prod-us" has pods that restarted
    And service "reference-data" in namespace "{prefix}-traderx-prod-us" answers "/stocks" on port 18085 within 20 s
    And service "trade-service" in namespace "{prefix}-traderx-prod-us" has ready endpoints
    And no deployment in namespace "{prefix}-traderx-prod-eu" has pods that restarted
    And service "reference-data" in namespace "{prefix}-traderx-prod-eu" answers "/stocks" on port 18085 within 20 s
    And service "trade-service" in namespace "{prefix}-traderx-prod-eu" has ready endpoints
    And no deployment in namespace "{prefix}-traderx-prod-asia" has pods that restarted
    And service "reference-data" in namespace "{prefix}-traderx-prod-asia" answers "/stocks" on port 18085 within 20 s
    And service "trade-service" in namespace "{prefix}-traderx-prod-asia" has ready endpoints
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"
    And unit "ns-base" in space "{prefix}-traderx-infra" has never been applied
    And the cluster has no Namespace "confighubplaceholder"
    And the cluster has no Deployment "reference-data" in namespace "default"

    # The documents say half a minute to set up and four minutes to deploy.
    And at most 270 s has passed since then, with a tolerance of 50 %

    # A worker comes back by itself: its secret has not become another worker's.
    When I delete the pods of deployment "worker-us" in namespace "confighub"
    Then deployment "worker-us" in namespace "confighub" is available within 60 s
    When I run function "set-replicas 4" on unit "trade-service" in space "{prefix}-traderx-prod-us"
    And I apply unit "trade-service" in space "{prefix}-traderx-prod-us"
    Then unit "trade-service" in space "{prefix}-traderx-prod-us" is live within 2 m
    And deployment "trade-service" in namespace "{prefix}-traderx-prod-us" has 4 ready replicas

  @script @every-check @requires-tutorial @requires-bash @requires-kubectl @serial
  @clean @R54 @R55 @R56 @R57 @R58 @R61 @R85 @R92 @R373
  Scenario: By the tutorial's own scripts, from clean
    Given the tutorial
    When I run "./stages/stage3-three-regions.sh"
    Then it exits with status 0
    And no command failed unnoticed
    And the file ".microtraderx-prefix" gives the prefix
    And the spaces whose names begin with "{prefix}" are:
      | space                      |
      | {prefix}-traderx-base      |
      | {prefix}-traderx-infra     |
      | {prefix}-traderx-prod-us   |
      | {prefix}-traderx-prod-eu   |
      | {prefix}-traderx-prod-asia |
    And there are 12 units in the spaces whose names begin with "{prefix}"
    And these units are clones:
      | unit           | space                      | of unit        | of space               |
      | ns-us          | {prefix}-traderx-infra     | ns-base        | {prefix}-traderx-infra |
      | ns-eu          | {prefix}-traderx-infra     | ns-base        | {prefix}-traderx-infra |
      | ns-asia        | {prefix}-traderx-infra     | ns-base        | {prefix}-traderx-infra |
      | reference-data | {prefix}-traderx-prod-us   | reference-data | {prefix}-traderx-base  |
      | trade-service  | {prefix}-traderx-prod-us   | trade-service  | {prefix}-traderx-base  |
      | reference-data | {prefix}-traderx-prod-eu   | reference-data | {prefix}-traderx-base  |
      | trade-service  | {prefix}-traderx-prod-eu   | trade-service  | {prefix}-traderx-base  |
      | reference-data | {prefix}-traderx-prod-asia | reference-data | {prefix}-traderx-base  |
      | trade-service  | {prefix}-traderx-prod-asia | trade-service  | {prefix}-traderx-base  |
    And space "{prefix}-traderx-prod-us" has these links:
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-us          | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-us          | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-us |
    And no unit in space "{prefix}-traderx-prod-us" holds a placeholder
    And space "{prefix}-traderx-prod-eu" has these links:
      | link            | from unit      | to unit        | of space                 |
      | app-to-ns-ref   | reference-data | ns-eu          | {prefix}-traderx-infra   |
      | app-to-ns-trade | trade-service  | ns-eu          | {prefix}-traderx-infra   |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-eu |
    And no unit in space "{prefix}-traderx-prod-eu" holds a placeholder
    And space "{prefix}-traderx-prod-asia" has these links:
      | link            | from unit      | to unit        | of space                   |
      | app-to-ns-ref   | reference-data | ns-asia        | {prefix}-traderx-infra     |
      | app-to-ns-trade | trade-service  | ns-asia        | {prefix}-traderx-infra     |
      | trade-to-ref    | trade-service  | reference-data | {prefix}-traderx-prod-asia |
    And no unit in space "{prefix}-traderx-prod-asia" holds a placeholder
    And unit "trade-service" has in these spaces:
      | space                      | namespace                  | replicas | image                                      |
      | {prefix}-traderx-prod-us   | {prefix}-traderx-prod-us   | 3        | ghcr.io/finos/traderx/trade-service:latest |
      | {prefix}-traderx-prod-eu   | {prefix}-traderx-prod-eu   | 5        | ghcr.io/finos/traderx/trade-service:latest |
      | {prefix}-traderx-prod-asia | {prefix}-traderx-prod-asia | 2        | ghcr.io/finos/traderx/trade-service:latest |
    And unit "reference-data" has in these spaces:
      | space                      | namespace                  | replicas |
      | {prefix}-traderx-prod-us   | {prefix}-traderx-prod-us   | 1        |
      | {prefix}-traderx-prod-eu   | {prefix}-traderx-prod-eu   | 1        |
      | {prefix}-traderx-prod-asia | {prefix}-traderx-prod-asia | 1        |
    And the data of unit "ns-us" in space "{prefix}-traderx-infra" holds "name: {prefix}-traderx-prod-us"
    And the data of unit "ns-eu" in space "{prefix}-traderx-infra" holds "name: {prefix}-traderx-prod-eu"
    And the data of unit "ns-asia" in space "{prefix}-traderx-infra" holds "name: {prefix}-traderx-prod-asia"
    And all units in space "{prefix}-traderx-prod-us" are live within 5 s
    And all units in space "{prefix}-traderx-prod-eu" are live within 5 s
    And all units in space "{prefix}-traderx-prod-asia" are live within 5 s
    And Namespace "{prefix}-traderx-prod-us" is labelled "managed-by=confighub"
    And Namespace "{prefix}-traderx-prod-eu" is labelled "managed-by=confighub"
    And Namespace "{prefix}-traderx-prod-asia" is labelled "managed-by=confighub"
    And deployment "trade-service" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 3        | 3              |
      | {prefix}-traderx-prod-eu   | 5        | 5              |
      | {prefix}-traderx-prod-asia | 2        | 2              |
    And deployment "reference-data" has in these namespaces:
      | namespace                  | replicas | ready replicas |
      | {prefix}-traderx-prod-us   | 1        | 1              |
      | {prefix}-traderx-prod-eu   | 1        | 1              |
      | {prefix}-traderx-prod-asia | 1        | 1              |
    And no deployment in namespace "{prefix}-traderx-prod-us" has pods that restarted
    And no deployment in namespace "{prefix}-traderx-prod-eu" has pods that restarted
    And no deployment in namespace "{prefix}-traderx-prod-asia" has pods that restarted
    And no Kubernetes object belongs to two live units in the spaces whose names begin with "{prefix}"
    And the cluster has no Namespace "confighubplaceholder"

    When I delete the pods of deployment "worker-us" in namespace "confighub"
    Then deployment "worker-us" in namespace "confighub" is available within 60 s
    And worker "worker-us" in space "{prefix}-traderx-prod-us" is ready within 60 s
