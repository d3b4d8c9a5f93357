//! The query parameters of each operation: those of the OpenAPI description and those that clients
//! of late 2025 add to them.
//!
//! A parameter that an operation does not have is refused by name, as is one that is given twice:
//! what a caller believes to have narrowed must not be done in full.

use std::collections::HashMap;

use axum::extract::Query;
use axum::http::Uri;
use uuid::Uuid;

use super::Operation;
use crate::error::ApiError;

/// Which entities a request is about.
const SELECTION: &[&str] = &["where", "contains", "filter"];
/// The same for units, which have configuration data.
const DATA_SELECTION: &[&str] = &["where_data", "resource_type"];
/// What is shown of them.
const VIEW: &[&str] = &["include", "select"];
/// What clones are called, where they go and what labels they get.
const CLONING: &[&str] =
    &["name_prefixes", "name_pattern", "variant_labels", "where_space", "filter_space", "allow_exists"];
/// What a change of a unit is made of, beside its body.
const UNIT_CHANGE: &[&str] = &[
    "upgrade",
    "restore",
    "change_set_id",
    "dry_run",
    "merge_source",
    "merge_base",
    "merge_end",
    "where_mutation",
    "filter_mutation",
    "tag",
];

/// Parameters that are true or false.
const FLAGS: &[&str] = &["allow_exists", "dry_run", "recursive", "summary", "upgrade"];
/// Parameters that are ids.
const IDS: &[&str] = &[
    "change_set_id",
    "filter",
    "filter_mutation",
    "filter_space",
    "revision_id",
    "tag",
    "unit_id",
    "upstream_space_id",
    "upstream_unit_id",
];

/// Reads the query of a request, which may hold the operation's parameters only.
pub(super) fn of_query(operation: &Operation, uri: &Uri) -> Result<HashMap<String, String>, ApiError> {
    let refuse = |text: String| Err(ApiError::bad_request(text));
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|error| ApiError::bad_request(format!("query: {error}")))?;
    let (accepted, unserved) = (accepted(operation.id), unserved(operation.id));
    let mut parameters = HashMap::new();
    for (name, value) in pairs {
        if unserved.contains(&name.as_str()) {
            return Err(ApiError::not_supported(&format!("{} with {name}", operation.id)));
        }
        if !accepted.contains(&name.as_str()) {
            return refuse(format!("{} has no query parameter `{name}`", operation.id));
        }
        // What decoding puts in the place of bytes that are no UTF-8.
        if value.contains('\u{FFFD}') && !uri.query().is_some_and(|raw| raw.to_ascii_uppercase().contains("%EF%BF%BD"))
        {
            return refuse(format!("{name}: not UTF-8"));
        }
        if parameters.contains_key(&name) {
            return refuse(format!("{name}: given more than once"));
        }
        check_type(&name, &value)?;
        parameters.insert(name, value);
    }
    Ok(parameters)
}

/// Refuses a flag that is neither true nor false, and an id that is none, whether or not they matter.
fn check_type(name: &str, value: &str) -> Result<(), ApiError> {
    if FLAGS.contains(&name) && !matches!(value, "true" | "false") {
        return Err(ApiError::bad_request(format!("{name}: `{value}` is neither true nor false")));
    }
    if IDS.contains(&name) && value.parse::<Uuid>().is_err() {
        return Err(ApiError::bad_request(format!("{name}: `{value}` is not a UUID")));
    }
    Ok(())
}

/// The parameters that an operation takes.
pub(super) fn accepted(id: &str) -> Vec<&'static str> {
    let verb = Verb::of(id);
    let mut names = Vec::new();
    match verb {
        Verb::List | Verb::BulkPatch | Verb::BulkDelete | Verb::BulkCreate | Verb::BulkAction => {
            names.extend(SELECTION);
            names.extend(VIEW);
        }
        Verb::Get => names.extend(VIEW),
        Verb::Create => names.push("allow_exists"),
        Verb::Change | Verb::Delete | Verb::Other => {}
    }
    if verb == Verb::BulkCreate {
        names.extend(CLONING);
    }
    if is_of_units(id) && (verb == Verb::List || verb.is_bulk()) {
        names.extend(DATA_SELECTION);
    }
    names.extend(particular(id));
    names
}

/// What only some operations have.
fn particular(id: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    match id {
        "ListSpaces" | "GetSpace" | "ListAllBridgeWorkers" => names.push("summary"),
        "DeleteSpace" | "BulkDeleteSpaces" => names.push("recursive"),
        "CreateUnit" => names.extend(["upstream_space_id", "upstream_unit_id"]),
        "BulkPatchUnits" => names.extend(UNIT_CHANGE),
        "PatchUnit" | "UpdateUnit" => {
            names.extend(UNIT_CHANGE);
            names.push("revision_id");
        }
        "ApplyUnit" => names.push("revision"),
        "BulkApplyUnits" => names.extend(["dry_run", "revision"]),
        "InvokeFunctions" | "InvokeFunctionsOnOrg" => {
            names.extend(SELECTION);
            names.extend(DATA_SELECTION);
            names.extend(["unit_id", "revision_id", "dry_run", "change_set_id"]);
        }
        "BulkCreateLinks" => names.extend(["where_to_space", "where_from", "where_to"]),
        _ => {}
    }
    names
}

/// Parameters that an operation has, and that this hub refuses as not supported; `DIFFERENCES.md` lists them.
pub(super) fn unserved(id: &str) -> &'static [&'static str] {
    match id {
        // They ask for the functions of the worker behind an entity.
        "ListFunctions" => &["entity", "id"],
        // It is said for clones of one entity; a link has two ends.
        "BulkCreateLinks" => {
            &["where", "contains", "filter", "filter_space", "name_prefixes", "name_pattern", "variant_labels"]
        }
        // Spaces have no space to be cloned into.
        "BulkCreateSpaces" => &["where_space", "filter_space"],
        "InvokeFunctionsOnOrg" => &["unit_id", "revision_id"],
        "ListUnitActions" => &["where", "contains", "filter", "select", "include"],
        _ => &[],
    }
}

/// What an operation does, by the beginning of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    List,
    Get,
    Create,
    Change,
    Delete,
    BulkCreate,
    BulkPatch,
    BulkDelete,
    /// Apply, approve or tag.
    BulkAction,
    Other,
}

impl Verb {
    fn of(id: &str) -> Self {
        const BEGINNINGS: [(&str, Verb); 11] = [
            ("SearchList", Verb::List),
            ("List", Verb::List),
            ("Get", Verb::Get),
            ("Create", Verb::Create),
            ("Patch", Verb::Change),
            ("Update", Verb::Change),
            ("Delete", Verb::Delete),
            ("BulkCreate", Verb::BulkCreate),
            ("BulkPatch", Verb::BulkPatch),
            ("BulkDelete", Verb::BulkDelete),
            ("Bulk", Verb::BulkAction),
        ];
        match id {
            // Lists and reads of what is no entity, or of what is created by no one's name.
            "ListFunctions"
            | "ListOrgFunctions"
            | "ListBridgeWorkerFunctions"
            | "ListBridgeWorkerStatuses"
            | "GetBridgeWorkerStatus"
            | "GetMe"
            | "GetOrganizationMember"
            | "GetUser"
            | "GetUnitEvent"
            | "GetUnitExtended"
            | "GetSelf"
            | "GetRevisionData"
            | "CreateActionResult"
            | "CreateOrganization"
            | "CreateOrganizationMember" => Self::Other,
            _ => BEGINNINGS
                .into_iter()
                .find(|(beginning, _)| id.starts_with(beginning))
                .map_or(Self::Other, |(_, verb)| verb),
        }
    }

    fn is_bulk(self) -> bool {
        matches!(self, Self::BulkCreate | Self::BulkPatch | Self::BulkDelete | Self::BulkAction)
    }
}

/// Whether it is about units themselves, not about their history.
fn is_of_units(id: &str) -> bool {
    id.ends_with("Units")
}

#[cfg(test)]
mod tests {
    use super::super::operations::operations;
    use super::unserved;

    /// Whoever reads the list must be able to rely on it.
    #[test]
    fn the_refused_parameters_are_those_of_the_list() {
        let list = include_str!("../../DIFFERENCES.md");
        let listed: Vec<&str> = list
            .lines()
            .skip_while(|line| *line != "| operation | parameters |")
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        let mut refused: Vec<String> = operations()
            .filter(|operation| !unserved(operation.id).is_empty())
            .map(|operation| format!("| {} | `{}` |", operation.id, unserved(operation.id).join("`, `")))
            .collect();
        refused.sort();
        assert_eq!(listed, refused);
    }
}
