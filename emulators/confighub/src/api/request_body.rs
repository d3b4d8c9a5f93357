//! The bodies of the description's requests, by operation.

use super::body::{Parsed, RequestBody};
use super::body_shape::Shape::{Anything, Argument, Boolean, Id, Integer, List, Map as MapOf, Object, Text, Time};
use super::body_shape::{Field, check, field, nullable};
use crate::error::ApiError;

/// Refuses a body that is not what the operation is declared to take.
pub(super) fn check_body(operation: &str, body: &RequestBody) -> Result<(), ApiError> {
    let Some((own, common, patch)) = fields(operation) else { return Ok(()) };
    if matches!(body.parsed(), Parsed::Null) && !patch {
        return Err(ApiError::bad_request("request body: expected a JSON object".to_owned()));
    }
    check(body.object()?, common.iter().chain(own), patch)
}

type Fields = &'static [Field];

/// The fields of an operation's body, those that it shares with others, and whether it is a merge patch.
fn fields(operation: &str) -> Option<(Fields, Fields, bool)> {
    let patch = operation.strip_prefix("BulkPatch").or_else(|| operation.strip_prefix("BulkCreate"));
    if let Some(plural) = patch {
        return of_entity(plural.strip_suffix('s')?).map(|own| (own, ENTITY, true));
    }
    if let Some(kind) = operation.strip_prefix("Patch") {
        return of_entity(kind).map(|own| (own, ENTITY, true));
    }
    if let Some(kind) = operation.strip_prefix("Create").or_else(|| operation.strip_prefix("Update"))
        && let Some(own) = of_entity(kind)
    {
        return Some((own, ENTITY, false));
    }
    let own = match operation {
        "CreateOrganizationMember" => ORGANIZATION_MEMBER,
        "CreateActionResult" => ACTION_RESULT,
        "InvokeFunctions" | "InvokeFunctionsOnOrg" => INVOCATIONS,
        "ImportUnit" => IMPORT,
        "BulkTagUnits" => UNIT_TAGS,
        _ => return None,
    };
    Some((own, &[], false))
}

/// What all entities have.
const ENTITY: Fields = &[
    field("Annotations", MapOf(&Text)),
    field("CreatedAt", Time).fixed(),
    field("CursorID", Integer).fixed(),
    field("DisplayName", Text),
    field("EntityType", Text).fixed(),
    field("Labels", MapOf(&Text)),
    field("OrganizationID", Id).fixed(),
    field("Slug", Text),
    field("SpaceID", Id).fixed(),
    field("UpdatedAt", Time).fixed(),
    field("Version", Integer),
];

/// What one type of entity has beyond [`ENTITY`].
fn of_entity(kind: &str) -> Option<Fields> {
    Some(match kind {
        "BridgeWorker" => BRIDGE_WORKER,
        "ChangeSet" => CHANGE_SET,
        "Filter" => FILTER,
        "Invocation" => INVOCATION,
        "Link" => LINK,
        "Organization" => ORGANIZATION,
        "Set" => SET,
        "Space" => &[],
        "Tag" => TAG,
        "Target" => TARGET,
        "Trigger" => TRIGGER,
        "Unit" => UNIT,
        "View" => VIEW,
        _ => return None,
    })
}

const BRIDGE_WORKER: Fields = &[
    field("BridgeWorkerID", Id),
    field("Condition", Text),
    field("IPAddress", Text).fixed(),
    field("LastMessage", Text).fixed(),
    field("LastSeenAt", Time).fixed(),
    field("ProvidedInfo", Object(WORKER_INFO)).fixed(),
    field("Secret", Text).fixed(),
    nullable("UserID", Id).fixed(),
];

const WORKER_INFO: Fields = &[
    field("BridgeWorkerInfo", Object(&[field("SupportedConfigTypes", List(&Object(CONFIG_TYPE)))])),
    field("FunctionWorkerInfo", Object(&[nullable("SupportedFunctions", MapOf(&MapOf(&Object(FUNCTION_SIGNATURE))))])),
];

const CONFIG_TYPE: Fields = &[
    field("AvailableTargets", List(&Object(&[field("Name", Text), field("Params", Anything)]))),
    field("ProviderType", Text),
    field("ToolchainType", Text),
];

const FUNCTION_SIGNATURE: Fields = &[
    field("AffectedResourceTypes", List(&Text)),
    field("AttributeName", Text),
    field("Description", Text),
    field("FunctionName", Text),
    field("FunctionType", Text),
    field("Hermetic", Boolean),
    field("Idempotent", Boolean),
    field("Mutating", Boolean),
    // The real executor registers null for functions without output.
    nullable("OutputInfo", Object(&[field("Description", Text), field("OutputType", Text), field("ResultName", Text)])),
    nullable("Parameters", List(&Object(FUNCTION_PARAMETER))),
    field("RequiredParameters", Integer),
    field("Validating", Boolean),
    field("VarArgs", Boolean),
];

const FUNCTION_PARAMETER: Fields = &[
    field("DataType", Text),
    field("Description", Text),
    field("EnumValues", List(&Text)),
    field("Example", Text),
    nullable("Max", Integer),
    nullable("Min", Integer),
    field("ParameterName", Text),
    field("Regexp", Text),
    field("Required", Boolean),
];

const CHANGE_SET: Fields = &[
    field("ChangeSetID", Id),
    field("Description", Text),
    nullable("EndTagID", Id),
    nullable("FilterID", Id),
    nullable("StartTagID", Id),
];

const FILTER: Fields = &[
    field("FilterID", Id),
    field("From", Text),
    nullable("FromSpaceID", Id),
    field("Hash", Text).fixed(),
    field("ResourceType", Text),
    field("Where", Text),
    field("WhereData", Text),
];

/// Arguments of a function.
const ARGUMENTS: Field =
    nullable("Arguments", List(&Object(&[field("ParameterName", Text), field("Value", Argument)])));

const INVOCATION: Fields = &[
    ARGUMENTS,
    nullable("BridgeWorkerID", Id),
    field("FunctionName", Text),
    field("Hash", Text).fixed(),
    field("InvocationID", Id),
    field("ToolchainType", Text),
];

const LINK: Fields = &[field("FromUnitID", Id), field("LinkID", Id), field("ToSpaceID", Id), field("ToUnitID", Id)];

const ORGANIZATION: Fields = &[field("BillingAccountID", Id), field("ExternalID", Text)];

const SET: Fields = &[field("SetID", Id)];

const TAG: Fields = &[field("TagID", Id)];

const TARGET: Fields = &[
    field("BridgeWorkerID", Id),
    field("Parameters", Text),
    field("ProviderType", Text),
    field("TargetID", Id),
    field("ToolchainType", Text),
];

const TRIGGER: Fields = &[
    ARGUMENTS,
    nullable("BridgeWorkerID", Id),
    field("Disabled", Boolean),
    field("Enforced", Boolean),
    field("Event", Text),
    field("FunctionName", Text),
    nullable("InvocationID", Id),
    field("ToolchainType", Text),
    field("TriggerID", Id),
    field("Validating", Boolean),
];

const UNIT: Fields = &[
    field("ApplyGates", MapOf(&Boolean)).fixed(),
    nullable("ApprovedBy", List(&Id)).fixed(),
    field("ContentHash", Integer).fixed(),
    field("Data", Text),
    field("HeadMutationNum", Integer).fixed(),
    field("HeadRevisionNum", Integer).fixed(),
    field("LastAppliedRevisionNum", Integer).fixed(),
    field("LastChangeDescription", Text),
    field("LiveRevisionNum", Integer).fixed(),
    field("LiveState", Text).fixed(),
    nullable("MutationSources", List(&Object(RESOURCE_MUTATION))).fixed(),
    field("Outputs", Text).fixed(),
    field("PreviousLiveRevisionNum", Integer).fixed(),
    nullable("SetID", Id),
    nullable("TargetID", Id),
    field("ToolchainType", Text),
    field("UnitID", Id).fixed(),
    nullable("UpstreamOrganizationID", Id).fixed(),
    field("UpstreamRevisionNum", Integer).fixed(),
    nullable("UpstreamSpaceID", Id).fixed(),
    nullable("UpstreamUnitID", Id).fixed(),
];

const RESOURCE_MUTATION: Fields = &[
    field("Aliases", MapOf(&Anything)),
    field("AliasesWithoutScopes", MapOf(&Anything)),
    field("PathMutationMap", MapOf(&Object(MUTATION_INFO))),
    field("Resource", Object(RESOURCE_INFO)),
    field("ResourceMutationInfo", Object(MUTATION_INFO)),
];

const MUTATION_INFO: Fields =
    &[field("Index", Integer), field("MutationType", Text), field("Predicate", Boolean), field("Value", Text)];

const RESOURCE_INFO: Fields = &[
    field("ResourceCategory", Text),
    field("ResourceName", Text),
    field("ResourceNameWithoutScope", Text),
    field("ResourceType", Text),
];

const UNIT_TAGS: Fields = &[field("Revision", Text), field("TagID", Id)];

const VIEW: Fields = &[
    field("Columns", List(&Object(&[field("Name", Text)]))),
    field("FilterID", Id),
    field("GroupBy", Text),
    field("OrderBy", Text),
    field("OrderByDirection", Text),
    field("ViewID", Id),
];

const ORGANIZATION_MEMBER: Fields = &[
    field("DisplayName", Text),
    field("ExternalID", Text),
    field("ExternalOrganizationID", Text),
    field("OrganizationID", Id),
    field("ProfilePictureURL", Text),
    field("Slug", Text),
    field("UserID", Id),
    field("Username", Text),
];

/// What workers send. The real one sends null for the end of what has not ended.
const ACTION_RESULT: Fields = &[
    field("Action", Text),
    field("Data", Text),
    field("LiveState", Text),
    field("Message", Text),
    field("Outputs", Text),
    field("QueuedOperationID", Id),
    field("Result", Text),
    field("RevisionNum", Integer),
    field("SpaceID", Id),
    field("StartedAt", Time),
    field("Status", Text),
    nullable("TerminatedAt", Time),
    field("UnitID", Id),
];

const INVOCATIONS: Fields = &[
    nullable("BridgeWorkerID", Id),
    field("CastStringArgsToScalars", Boolean),
    field("ChangeDescription", Text),
    field("CombineResults", Boolean),
    nullable("FunctionInvocations", List(&Object(&[ARGUMENTS, field("FunctionName", Text)]))),
    field("NumFilters", Integer),
    field("StopOnError", Boolean),
    field("UseFunctionWorker", Boolean),
];

const IMPORT: Fields = &[
    field("Filters", List(&Object(&[field("Operator", Text), field("Type", Text), field("Values", List(&Text))]))),
    field("Options", Anything),
    field("ResourceInfoList", List(&Object(RESOURCE_INFO))),
    field("Where", Text),
];
