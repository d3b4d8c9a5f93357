@documented-commands
Feature: Commands that the documents quote
  What the tutorial and its evaluations tell the reader to type, on a hub where stage 1's space and unit exist. A
  command that cannot work is named as such; the form that works is shown beside it.

  @script @requires-bash @requires-kubectl @serial @R33 @R403 @R409 @R416 @R422
  Scenario: Looking around and installing a worker by hand
    Given the built-in tutorial "correct"
    When I run "cub auth get-token >/dev/null && cub space new-prefix && cub space list && cub version && kubectl version --client && uname -s"
    Then it exits with status 0
    And it prints "Client Version: v1."
    When I run "./setup"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run:
      """sh
      set -e
      cub worker create by-hand --space {prefix}-traderx
      cub worker install by-hand --space {prefix}-traderx --namespace confighub --include-secret --export >worker.yaml
      kubectl apply -f worker.yaml
      kubectl rollout status deployment/by-hand -n confighub --timeout=60s
      """
    Then it exits with status 0
    And target "k8s-by-hand" registers in space "{prefix}-traderx" within 60 s
    When I run:
      """sh
      set -e
      cub worker list --space {prefix}-traderx
      cub target list --space {prefix}-traderx
      cub unit set-target reference-data k8s-by-hand --space {prefix}-traderx
      cub unit apply reference-data --space {prefix}-traderx
      kubectl get deployments,pods,services -n default -l app=reference-data
      kubectl logs -n default -l app=reference-data --tail=20
      """
    Then it exits with status 0
    And it prints "reference-data"

  @script @requires-bash @requires-kubectl @R63 @R372 @R413
  Scenario: A clone takes its data from its upstream; the fix that was quoted does not work
    Given the built-in tutorial "correct"
    When I run "./setup"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run "cub space create {prefix}-traderx-dev"
    Then it exits with status 0
    When I run "cub unit create reference-data --space {prefix}-traderx-dev --upstream-space {prefix}-traderx --upstream-unit reference-data --data k8s/reference-data.yaml"
    Then it exits with a status other than 0
    And there is a usage-error finding for "cub unit create"
    When I run "cub unit create reference-data --space {prefix}-traderx-dev --upstream-unit {prefix}-traderx/reference-data"
    Then it exits with a status other than 0
    When I run "cub unit create reference-data --space {prefix}-traderx-dev --upstream-space {prefix}-traderx --upstream-unit reference-data"
    Then it exits with status 0
    And these units are clones:
      | unit           | space                | of unit        | of space         |
      | reference-data | {prefix}-traderx-dev | reference-data | {prefix}-traderx |

  @script @requires-bash @requires-kubectl @R370 @R371 @R400 @R401 @R475
  Scenario: Scaling by a function and finding by data work; an inline patch does not
    Given the built-in tutorial "correct"
    When I run "./setup"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run:
      """sh
      cub unit update reference-data --space {prefix}-traderx --patch '{"spec":{"replicas":3}}'
      """
    Then it exits with a status other than 0
    And there is a usage-error finding for "cub unit update"
    And unit "reference-data" has in these spaces:
      | space            | replicas |
      | {prefix}-traderx | 1        |
    When I run "cub run set-replicas --replicas 3 --unit reference-data --space {prefix}-traderx"
    Then it exits with status 0
    And unit "reference-data" has in these spaces:
      | space            | replicas |
      | {prefix}-traderx | 3        |
    When I run:
      """sh
      cub function do set-replicas 4 --space {prefix}-traderx --where "Slug = 'reference-data'"
      """
    Then it exits with status 0
    And unit "reference-data" has in these spaces:
      | space            | replicas |
      | {prefix}-traderx | 4        |
    When I run:
      """sh
      cub unit list --space '*' --where "spec.replicas > 3"
      """
    Then it exits with a status other than 0
    When I run "cub unit list --space '*' --where-data 'spec.replicas > 3' --resource-type apps/v1/Deployment"
    Then it exits with status 0
    And it prints "reference-data"

  @script @requires-bash @requires-kubectl @R375
  Scenario: An upgrade takes a space's name, not a pattern
    Given the built-in tutorial "correct"
    When I run "./setup"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run "cub unit update --upgrade --patch --space '{prefix}-traderx-*'"
    Then it exits with a status other than 0
    And it prints "not found"

  @script @requires-bash @requires-kubectl @R381
  Scenario: The history is listed without a limit
    Given the built-in tutorial "correct"
    When I run "./setup"
    Then it exits with status 0
    And the file ".microtraderx-prefix" gives the prefix
    When I run "cub revision list reference-data --space {prefix}-traderx --limit 3"
    Then it exits with a status other than 0
    And there is a usage-error finding for "cub revision list"
    When I run "cub revision list reference-data --space {prefix}-traderx"
    Then it exits with status 0
    And it prints "CreateUnit"

  @api @R400 @R401 @R475
  Scenario: The hub lists the functions that the documents use, with their parameters
    Then the hub offers these functions:
      | function            | parameters                         |
      | set-replicas        | replicas                           |
      | set-image-reference | container-name image-reference     |
      | set-env-var         | container-name env-var env-value   |
      | set-string-path     | resource-type path attribute-value |
      | set-namespace       | namespace-name                     |
