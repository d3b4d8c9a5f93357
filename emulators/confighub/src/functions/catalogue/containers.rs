//! Functions on workloads and their containers.

use super::super::registry::CONTAINER_IMAGES;
use super::super::signature::{Function, Parameter};
use super::super::{container_resources, environment, images, patterns, pod_defaults};
use super::parameters::{
    WORKLOADS, boolean, changing, container, getting, integer, like, matching, one_of, optional, setting, text,
};

const IN_EXAMPLES: &str = "cert-manager-controller";
const SCALED: &[&str] = &super::super::registry::SCALED;
const IMAGE: Parameter = matching(
    like(text("container-image", "The whole image"), "quay.io/jetstack/cert-manager-controller:v1.17.2"),
    patterns::IMAGE,
);
const URI: Parameter = matching(
    like(text("repository-uri", "The image without tag and digest"), "quay.io/jetstack/cert-manager-controller"),
    patterns::URI,
);
const REFERENCE: Parameter = matching(
    like(text("image-reference", "A tag with its colon or a digest with its @"), ":v1.17.2"),
    patterns::REFERENCE,
);
const VARIABLE: Parameter =
    matching(like(text("env-var", "The name of the variable"), "DATABASE_URL"), patterns::VARIABLE);
const DATABASE: &str = "postgres://postgres:postgres@localhost:5432/main";
const REPLICAS: Parameter = Parameter { minimum: Some(0), ..like(integer("replicas", "How many"), "3") };

pub(super) static FUNCTIONS: &[Function] = &[
    getting("get-container-name", "Lists the containers", &[], "container-name", "container-name", WORKLOADS),
    getting(
        "get-env-var",
        "Lists the value of an environment variable",
        &[container("main"), VARIABLE],
        "env-value",
        "env-value",
        WORKLOADS,
    ),
    getting(
        "get-image",
        "Lists the image of a container",
        &[container(IN_EXAMPLES)],
        "container-image",
        "container-image",
        WORKLOADS,
    ),
    getting(
        "get-image-reference",
        "Lists the tag or digest of the image of a container",
        &[container(IN_EXAMPLES)],
        "image-reference",
        "container-image-reference",
        WORKLOADS,
    ),
    getting(
        "get-image-uri",
        "Lists the repository of the image of a container",
        &[container(IN_EXAMPLES)],
        "repository-uri",
        "container-repository-uri",
        WORKLOADS,
    ),
    getting("get-replicas", "Lists the replicas of workload controllers", &[], "replicas", "replicas", SCALED),
    Function {
        attribute: "container-resources",
        types: WORKLOADS,
        ..changing(
            "set-container-resources",
            "Sets requests and limits of a container",
            &[
                container("main"),
                like(
                    one_of(
                        text("operation", "all: always; cap: where they are larger; floor: where they are smaller"),
                        &["all", "cap", "floor"],
                    ),
                    "all",
                ),
                like(text("cpu", "The request of CPU; left alone when empty"), "500m"),
                like(text("memory", "The request of memory; left alone when empty"), "256Mi"),
                Parameter {
                    minimum: Some(0),
                    maximum: Some(10),
                    ..like(integer("limit-factor", "How many times the request the limit is; 0 for no limit"), "2")
                },
            ],
            container_resources::set_container_resources,
        )
    },
    Function {
        repeats_last: true,
        types: WORKLOADS,
        ..changing(
            "set-env",
            "Sets, adds or removes environment variables of a container",
            &[
                container("main"),
                matching(
                    like(
                        text("env-key-value", "NAME=value; without a value the variable is removed"),
                        "DATABASE_URL=postgres://postgres:postgres@localhost:5432/main",
                    ),
                    patterns::PAIR,
                ),
            ],
            environment::set_env,
        )
    },
    setting(
        "set-env-var",
        "Sets an environment variable that a container has",
        &[container("main"), VARIABLE, like(text("env-value", "The new value"), DATABASE)],
        "env-value",
        WORKLOADS,
    ),
    setting(
        "set-image",
        "Sets the image of a container",
        &[container(IN_EXAMPLES), IMAGE],
        "container-image",
        WORKLOADS,
    ),
    setting(
        "set-image-reference",
        "Sets the tag or digest of the image of a container",
        &[container(IN_EXAMPLES), REFERENCE],
        "container-image-reference",
        WORKLOADS,
    ),
    Function {
        attribute: CONTAINER_IMAGES,
        types: WORKLOADS,
        ..changing(
            "set-image-reference-by-uri",
            "Sets the tag or digest of all images of a repository",
            &[URI, REFERENCE],
            images::set_image_reference_by_uri,
        )
    },
    setting(
        "set-image-uri",
        "Sets the repository of the image of a container",
        &[container(IN_EXAMPLES), URI],
        "container-repository-uri",
        WORKLOADS,
    ),
    Function {
        types: WORKLOADS,
        ..changing(
            "set-pod-defaults",
            "Sets what Pods should have",
            &[
                flag("pod-security", "Labels of Namespaces that demand security of Pods"),
                flag("automount-service-account-token", "No token where none is asked for"),
                flag("security-context", "Security settings of Pods and containers"),
                flag("resources", "Smallest requests of containers"),
                flag("probes", "Probes of containers that have none"),
            ],
            pod_defaults::set_pod_defaults,
        )
    },
    setting(
        "set-replicas",
        "Sets the replicas of workload controllers that give them",
        &[REPLICAS],
        "replicas",
        SCALED,
    ),
];

const fn flag(name: &'static str, description: &'static str) -> Parameter {
    like(optional(boolean(name, description)), "true")
}
