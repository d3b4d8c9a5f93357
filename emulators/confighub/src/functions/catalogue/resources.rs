//! Functions on whole resources.

use super::super::resource_list;
use super::super::signature::Function;
use super::parameters::{
    RESOURCE_NAME, RESOURCE_TYPE, answer, answering, changing, integer, like, one_of, optional, structured, text,
};

pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        idempotent: false,
        ..changing(
            "delete-resource",
            "Removes a resource",
            &[RESOURCE_TYPE, RESOURCE_NAME],
            resource_list::delete_resource,
        )
    },
    answering(
        "get-resources",
        "Lists the resources",
        &[optional(like(
            one_of(text("body", "The form of their bodies"), &["yaml", "none", "json", "native"]),
            "yaml",
        ))],
        answer("resource", "ResourceList", "Names, types and bodies"),
        resource_list::get_resources,
    ),
    answering(
        "get-resources-of-type",
        "Lists the resources of a type",
        &[RESOURCE_TYPE],
        answer("resource-name", "ResourceInfoList", "Their names"),
        resource_list::get_resources_of_type,
    ),
    changing(
        "replicate",
        "Puts numbered copies in the place of a resource",
        &[
            RESOURCE_TYPE,
            RESOURCE_NAME,
            integer("replicas", "How many"),
            optional(text("resource-category", "The category, which for Kubernetes is Resource")),
        ],
        resource_list::replicate,
    ),
    changing(
        "upsert-resource",
        "Adds a resource or puts it in the place of the one of its name",
        &[structured("resource-list", "ResourceList", "A list with the resource"), RESOURCE_TYPE, RESOURCE_NAME],
        resource_list::upsert_resource,
    ),
];
