//! Functions on attributes and paths.

use super::super::signature::{Answer, Function, Parameter};
use super::super::{attributes, needs, placeholders, set_attributes};
use super::parameters::{RESOURCE_TYPE, answer, answering, boolean, changing, integer, structured, text};

const PATH: Parameter = text("path", "Where, such as spec.template.spec.containers.?name=main.image");

const fn values(name: &'static str) -> Answer {
    answer(name, "AttributeValueList", "The values found")
}

pub(super) static FUNCTIONS: &[Function] = &[
    answering("get-attributes", "Lists known attributes", &[], values("attribute"), attributes::get_attributes),
    answering(
        "get-bool-path",
        "Lists the boolean values at a path",
        &[RESOURCE_TYPE, PATH],
        values("path"),
        attributes::get_boolean_path,
    ),
    answering("get-details", "Lists the most telling attributes", &[], values("attribute"), attributes::get_details),
    answering(
        "get-int-path",
        "Lists the integer values at a path",
        &[RESOURCE_TYPE, PATH],
        values("path"),
        attributes::get_integer_path,
    ),
    answering("get-needed", "Lists what must come from other units", &[], values("attribute"), needs::get_needed),
    answering(
        "get-placeholders",
        "Lists the places that still hold a placeholder",
        &[],
        values("path"),
        placeholders::get_placeholders,
    ),
    answering("get-provided", "Lists what other units may need", &[], values("attribute"), needs::get_provided),
    answering(
        "get-string-path",
        "Lists the string values at a path",
        &[RESOURCE_TYPE, PATH],
        values("path"),
        attributes::get_text_path,
    ),
    changing(
        "search-replace",
        "Replaces text wherever it is in strings",
        &[text("search-value", "What to look for"), text("replace-value", "What to put in its place")],
        placeholders::search_replace,
    ),
    changing(
        "set-attributes",
        "Sets the attributes of a list",
        &[structured("attribute-list", "AttributeValueList", "The list")],
        set_attributes::set_attributes,
    ),
    changing(
        "set-bool-path",
        "Sets a boolean value at a path, also a new one",
        &[RESOURCE_TYPE, PATH, boolean("attribute-value", "The new value")],
        attributes::set_path,
    ),
    changing(
        "set-int-path",
        "Sets an integer value at a path, also a new one",
        &[RESOURCE_TYPE, PATH, integer("attribute-value", "The new value")],
        attributes::set_path,
    ),
    changing(
        "set-path-comment",
        "Sets the comment on the line of a path",
        &[RESOURCE_TYPE, PATH, text("comment", "The comment")],
        attributes::set_path_comment,
    ),
    changing(
        "set-string-path",
        "Sets a string value at a path, also a new one",
        &[RESOURCE_TYPE, PATH, text("attribute-value", "The new value")],
        attributes::set_path,
    ),
];
