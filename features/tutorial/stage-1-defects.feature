@stage-1 @defects @R43
Feature: The defects that stage 1 has had
  Each scenario seeds one defect that the tutorial's evaluations met and requires that it is detected
  with its cause. A harness that passes over one of these cannot be trusted with the tutorial.

  Rule: By the API

    Background:
      Given a prefix that no space has

    @api @bug-image @R20 @R60
    Scenario: An image that does not exist is seen as ImagePullBackOff
      Given I create space "{prefix}-traderx"
      And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data-missing-image.yaml"
      And I create worker "worker" in space "{prefix}-traderx"
      And I install worker "worker" of space "{prefix}-traderx" in namespace "confighub"
      And target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
      And I set the target of unit "reference-data" in space "{prefix}-traderx" to "k8s-worker"
      When I apply unit "reference-data" in space "{prefix}-traderx"
      Then a pod labelled "app=reference-data" in namespace "default" waits with reason "ErrImagePull" within 60 s
      And a pod labelled "app=reference-data" in namespace "default" waits with reason "ImagePullBackOff" within 60 s
      And deployment "reference-data" in namespace "default" does not become available within 60 s
      And the apply of unit "reference-data" in space "{prefix}-traderx" fails within 3 m with "timeout waiting for"

    @api @bug-namespace @R17 @R61
    Scenario: A namespace that nothing creates fails the apply
      Given I create space "{prefix}-traderx"
      And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data-missing-namespace.yaml"
      And I create worker "worker" in space "{prefix}-traderx"
      And I install worker "worker" of space "{prefix}-traderx" in namespace "confighub"
      And target "k8s-worker" registers in space "{prefix}-traderx" within 60 s
      And I set the target of unit "reference-data" in space "{prefix}-traderx" to "k8s-worker"
      When I apply unit "reference-data" in space "{prefix}-traderx"
      Then the apply of unit "reference-data" in space "{prefix}-traderx" fails within 30 s with 'namespaces "traderx-nowhere" not found'
      And the cluster has no Namespace "traderx-nowhere"

    @api @bug-wait @R49 @R62 @R68
    Scenario: A wait of ten seconds is too short for a target to register
      Given I create space "{prefix}-traderx"
      And I create worker "worker" in space "{prefix}-traderx"
      When I install worker "worker" of space "{prefix}-traderx" in namespace "confighub"
      Then target "k8s-worker" has not registered in space "{prefix}-traderx" after 10 s
      And target "k8s-worker" registers in space "{prefix}-traderx" within 50 s

    @api @bug-quota @R471 @R474
    Scenario: An exhausted quota refuses a space until one is deleted
      Given the hub allows at most 1 space
      And I create space "{prefix}-traderx"
      When I try to create space "{prefix}-traderx-dev"
      Then the hub refuses with status 403 and "exceeded maximum quota for entity type Space"
      And space "{prefix}-traderx-dev" does not exist
      When I delete space "{prefix}-traderx"
      And I create space "{prefix}-traderx-dev"
      Then space "{prefix}-traderx-dev" exists

    @api @bug-secret @R58
    Scenario: A worker installed without its secret never starts
      Given I create space "{prefix}-traderx"
      And I create worker "worker" in space "{prefix}-traderx"
      When I install worker "worker" of space "{prefix}-traderx" in namespace "confighub" without its secret
      Then a pod labelled "app=worker" in namespace "confighub" waits with reason "CreateContainerConfigError" within 60 s
      And target "k8s-worker" has not registered in space "{prefix}-traderx" after 60 s

    @api @bug-worker @R368 @R406
    Scenario: A unit without a target cannot be applied
      Given I create space "{prefix}-traderx"
      And I create unit "reference-data" in space "{prefix}-traderx" from "reference-data.yaml"
      When I try to apply unit "reference-data" in space "{prefix}-traderx"
      Then the hub refuses with status 400 and "target"
      And unit "reference-data" in space "{prefix}-traderx" has never been applied
      And nothing has been changed in the cluster

  Rule: By the scripts of the small tutorial, one defect seeded in each variant

    @script @requires-bash @requires-kubectl @serial @bug-set-target @R15 @R16 @R36 @R59
    Scenario: Swapped set-target arguments behind `|| true` are named with their cause
      Given the built-in tutorial "swapped-set-target"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it exits with a status other than 0
      And there is a masked-failure finding for "cub unit set-target" at "deploy:36"
      And there is a usage-error finding for "cub unit set-target" because "takes the unit first, then the target"
      And the file ".microtraderx-prefix" gives the prefix
      And unit "reference-data" in space "{prefix}-traderx" has never been applied

    @script @requires-bash @requires-kubectl @serial @bug-image @R20 @R60
    Scenario: A script that deploys an unpublished image does not pass for deployed
      Given the built-in tutorial "missing-image"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it fails because "ImagePullBackOff"
      And there is an image-unavailable finding for "cub unit apply" at "deploy:37"
      And a pod labelled "app=reference-data" in namespace "default" waits with reason "ImagePullBackOff" within 60 s
      And deployment "reference-data" in namespace "default" does not become available within 10 s

    @script @requires-bash @requires-kubectl @serial @bug-namespace @R17 @R61
    Scenario: A script whose manifests name a namespace that nothing creates fails its apply
      Given the built-in tutorial "missing-namespace"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it fails because 'namespaces "traderx-nowhere" not found'
      And the file ".microtraderx-prefix" gives the prefix
      And the apply of unit "reference-data" in space "{prefix}-traderx" fails within 10 s with "not found"

    @script @requires-bash @requires-kubectl @serial @bug-wait @R49 @R56 @R62
    Scenario: A fixed sleep of ten seconds is too short every time
      Given the built-in tutorial "wait-too-short"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it fails because "with a limit well above the 12 to 15 s it takes"
      And it prints "not found"
      And the file ".microtraderx-prefix" gives the prefix
      And target "k8s-{prefix}-traderx-worker" registers in space "{prefix}-traderx" within 20 s
      And there is a wait-too-short finding for "sleep 10" at "deploy:22"
      And unit "reference-data" in space "{prefix}-traderx" has never been applied

    @script @requires-bash @requires-kubectl @serial @bug-quota @R471 @R472 @R477
    Scenario: Creations that hit the quota behind `|| true` are named with the quota as their cause
      Given the built-in tutorial "quota-masked"
      And the hub allows at most 0 spaces
      When I run "./stages/stage1-hello-traderx.sh"
      Then it exits with a status other than 0
      And there is a masked-failure finding for "cub space create" because "exceeded maximum quota for entity type Space"
      And there is a masked-failure finding for "cub unit create" because "not found"
      And nothing has been changed in the cluster

    @script @requires-bash @requires-kubectl @serial @bug-worker @R368 @R406 @R408
    Scenario: A worker that is installed before it is created is not installed
      Given the built-in tutorial "worker-not-created"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it fails because "cub worker create"
      And it prints "not found"
      And the cluster has no Namespace "confighub"

    @script @requires-bash @requires-kubectl @serial @R33
    Scenario: A sub-command that does not exist prints help, ends with status 0, and is named
      Given the built-in tutorial "unknown-subcommand"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it exits with status 0
      And there is a false-success finding for "cub unit verify" at "deploy:38"

    @script @requires-bash @requires-kubectl @serial @R51
    Scenario: A flag that does not exist behind `|| echo` is named
      Given the built-in tutorial "unknown-flag"
      When I run "./stages/stage1-hello-traderx.sh"
      Then it exits with status 0
      And there is a usage-error finding for "cub unit list" at "setup:11"
      And there is a masked-failure finding for "cub unit list" at "setup:11"
