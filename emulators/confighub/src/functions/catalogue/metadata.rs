//! Functions on namespaces, names, labels and annotations.

use super::super::registry::{DEFAULT_NAME, NAMESPACE};
use super::super::signature::Function;
use super::super::{attributes, context, namespaces};
use super::parameters::{ANY, RESOURCE_NAME, RESOURCE_TYPE, boolean, changing, getting, setting, text};

pub(super) static FUNCTIONS: &[Function] = &[
    changing(
        "ensure-context",
        "Marks resources with their unit and space, or takes the marks away",
        &[boolean("add-context", "Whether to mark them")],
        context::ensure_context,
    ),
    changing(
        "ensure-namespaces",
        "Gives a placeholder to resources that must have a namespace and have none",
        &[],
        namespaces::ensure_namespaces,
    ),
    getting(
        "get-annotation",
        "Lists the values of an annotation",
        &[text("annotation-key", "Its key")],
        "annotation-value",
        "annotation-value",
        ANY,
    ),
    getting(
        "get-label",
        "Lists the values of a label",
        &[text("label-key", "Its key")],
        "label-value",
        "label-value",
        ANY,
    ),
    getting("get-namespace", "Lists the namespaces that resources name", &[], "namespace-name", NAMESPACE, ANY),
    Function {
        run: namespaces::get_needed_namespaces,
        ..getting(
            "get-needed-namespaces",
            "Lists the namespaces that must still be given",
            &[],
            "namespace-name",
            NAMESPACE,
            ANY,
        )
    },
    Function {
        run: attributes::upsert_attribute,
        ..setting(
            "set-annotation",
            "Sets an annotation of every resource",
            &[text("annotation-key", "Its key"), text("annotation-value", "Its value")],
            "annotation-value",
            ANY,
        )
    },
    Function {
        attribute: DEFAULT_NAME,
        ..changing(
            "set-default-names",
            "Makes names of unit and space where placeholders stand for names",
            &[],
            namespaces::set_default_names,
        )
    },
    Function {
        run: attributes::upsert_attribute,
        ..setting(
            "set-label",
            "Sets a label of every resource",
            &[text("label-key", "Its key"), text("label-value", "Its value")],
            "label-value",
            ANY,
        )
    },
    setting(
        "set-namespace",
        "Sets the namespace of resources that name one",
        &[text("namespace-name", "The namespace")],
        NAMESPACE,
        ANY,
    ),
    changing(
        "set-references-of-type",
        "Sets the name wherever resources name one of a type",
        &[RESOURCE_TYPE, RESOURCE_NAME],
        namespaces::set_references_of_type,
    ),
];
