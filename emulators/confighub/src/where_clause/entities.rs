//! The attributes that may be named for each entity type, as its list operation's description says.
//!
//! Those that are in the late-2025 overlay of the description only are marked as [`Attribute::late`].

use super::schema::AttributeType::{Boolean, BooleanMap, Integer, Text, TextMap, Time, Uuid, UuidList};
use super::schema::{Attribute, AttributeType, Schema};

const fn attribute(name: &'static str, kind: AttributeType) -> Attribute {
    Attribute { name, kind, late: false }
}

/// An attribute that only late services have: it is in the late-2025 overlay of the description.
const fn late(name: &'static str, kind: AttributeType) -> Attribute {
    Attribute { name, kind, late: true }
}

const ANNOTATIONS: Attribute = late("Annotations", TextMap);
const CREATED_AT: Attribute = attribute("CreatedAt", Time);
const DELETE_GATES: Attribute = late("DeleteGates", BooleanMap);
const DISPLAY_NAME: Attribute = attribute("DisplayName", Text);
const LABELS: Attribute = attribute("Labels", TextMap);
const ORGANIZATION_ID: Attribute = attribute("OrganizationID", Uuid);
const SLUG: Attribute = attribute("Slug", Text);
const SPACE_ID: Attribute = attribute("SpaceID", Uuid);
const TOOLCHAIN_TYPE: Attribute = attribute("ToolchainType", Text);
const UPDATED_AT: Attribute = attribute("UpdatedAt", Time);

/// Spaces.
pub static SPACE: Schema = Schema {
    entity: "Space",
    attributes: &[
        ANNOTATIONS,
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        UPDATED_AT,
        late("WhereTrigger", Text),
    ],
    related: &[],
};

/// Units.
pub static UNIT: Schema = Schema {
    entity: "Unit",
    attributes: &[
        ANNOTATIONS,
        attribute("ApplyGates", BooleanMap),
        attribute("ApprovedBy", UuidList),
        late("ChangeSetID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        late("DestroyGates", BooleanMap),
        DISPLAY_NAME,
        attribute("HeadRevisionNum", Integer),
        LABELS,
        attribute("LastActionAt", Time),
        attribute("LastAppliedRevisionNum", Integer),
        attribute("LastChangeDescription", Text),
        attribute("LiveRevisionNum", Integer),
        ORGANIZATION_ID,
        attribute("PreviousLiveRevisionNum", Integer),
        attribute("SetID", Uuid),
        SLUG,
        SPACE_ID,
        attribute("TargetID", Uuid),
        TOOLCHAIN_TYPE,
        attribute("UnitID", Uuid),
        UPDATED_AT,
        attribute("UpstreamOrganizationID", Uuid),
        attribute("UpstreamRevisionNum", Integer),
        attribute("UpstreamSpaceID", Uuid),
        attribute("UpstreamUnitID", Uuid),
    ],
    related: &[
        ("ChangeSet", &CHANGE_SET),
        ("Set", &SET),
        ("Space", &SPACE),
        ("Target", &TARGET),
        ("UpstreamSpace", &SPACE),
        ("UpstreamUnit", &UNIT),
    ],
};

/// Revisions.
pub static REVISION: Schema = Schema {
    entity: "Revision",
    attributes: &[
        attribute("ApplyGates", BooleanMap),
        attribute("ApprovedBy", UuidList),
        late("ChangeSetID", Uuid),
        CREATED_AT,
        attribute("Description", Text),
        attribute("LiveAt", Time),
        ORGANIZATION_ID,
        attribute("RevisionID", Uuid),
        attribute("RevisionNum", Integer),
        attribute("Source", Text),
        SPACE_ID,
        late("Tags", TextMap),
        attribute("UnitID", Uuid),
        UPDATED_AT,
        attribute("UserAgent", Text),
        attribute("UserID", Uuid),
    ],
    related: &[("ChangeSet", &CHANGE_SET), ("Space", &SPACE), ("Unit", &UNIT), ("User", &USER)],
};

/// Mutations.
pub static MUTATION: Schema = Schema {
    entity: "Mutation",
    attributes: &[
        CREATED_AT,
        attribute("FunctionName", Text),
        attribute("InvocationID", Uuid),
        attribute("LinkID", Uuid),
        attribute("MutationID", Uuid),
        attribute("MutationNum", Integer),
        ORGANIZATION_ID,
        attribute("RestoredRevisionNum", Integer),
        attribute("RevisionID", Uuid),
        attribute("RevisionNum", Integer),
        SPACE_ID,
        attribute("TriggerID", Uuid),
        attribute("UnitID", Uuid),
        UPDATED_AT,
        attribute("UpgradedFromUpstreamRevisionNum", Integer),
    ],
    related: &[("Space", &SPACE), ("Unit", &UNIT)],
};

/// Unit events.
pub static UNIT_EVENT: Schema = Schema {
    entity: "UnitEvent",
    attributes: &[
        attribute("Action", Text),
        attribute("BridgeWorkerID", Uuid),
        CREATED_AT,
        ORGANIZATION_ID,
        attribute("QueuedOperationID", Uuid),
        attribute("Result", Text),
        attribute("RevisionNum", Integer),
        SPACE_ID,
        attribute("StartedAt", Time),
        attribute("Status", Text),
        attribute("TerminatedAt", Time),
        attribute("UnitEventID", Uuid),
        attribute("UnitID", Uuid),
        UPDATED_AT,
    ],
    related: &[],
};

/// Bridge workers.
pub static BRIDGE_WORKER: Schema = Schema {
    entity: "BridgeWorker",
    attributes: &[
        ANNOTATIONS,
        attribute("BridgeWorkerID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        UPDATED_AT,
        attribute("UserID", Uuid),
    ],
    related: &[("Space", &SPACE)],
};

/// Targets.
pub static TARGET: Schema = Schema {
    entity: "Target",
    attributes: &[
        ANNOTATIONS,
        attribute("BridgeWorkerID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        LABELS,
        ORGANIZATION_ID,
        attribute("ProviderType", Text),
        SLUG,
        SPACE_ID,
        attribute("TargetID", Uuid),
        TOOLCHAIN_TYPE,
        UPDATED_AT,
    ],
    related: &[("BridgeWorker", &BRIDGE_WORKER), ("Space", &SPACE)],
};

/// Links.
pub static LINK: Schema = Schema {
    entity: "Link",
    attributes: &[
        ANNOTATIONS,
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        attribute("FromUnitID", Uuid),
        LABELS,
        attribute("LinkID", Uuid),
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        attribute("ToSpaceID", Uuid),
        attribute("ToUnitID", Uuid),
        UPDATED_AT,
    ],
    related: &[("FromUnit", &UNIT), ("Space", &SPACE), ("ToSpace", &SPACE), ("ToUnit", &UNIT)],
};

/// Filters.
pub static FILTER: Schema = Schema {
    entity: "Filter",
    attributes: &[
        ANNOTATIONS,
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        attribute("FilterID", Uuid),
        attribute("From", Text),
        attribute("FromSpaceID", Uuid),
        LABELS,
        ORGANIZATION_ID,
        attribute("ResourceType", Text),
        SLUG,
        SPACE_ID,
        UPDATED_AT,
        attribute("Where", Text),
        attribute("WhereData", Text),
    ],
    related: &[("FromSpace", &SPACE), ("Space", &SPACE)],
};

/// Views.
pub static VIEW: Schema = Schema {
    entity: "View",
    attributes: &[
        ANNOTATIONS,
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        attribute("FilterID", Uuid),
        attribute("GroupBy", Text),
        LABELS,
        attribute("OrderBy", Text),
        attribute("OrderByDirection", Text),
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        UPDATED_AT,
        attribute("ViewID", Uuid),
    ],
    related: &[("Filter", &FILTER), ("Space", &SPACE)],
};

/// Sets.
pub static SET: Schema = Schema {
    entity: "Set",
    attributes: &[
        ANNOTATIONS,
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        LABELS,
        ORGANIZATION_ID,
        attribute("SetID", Uuid),
        SLUG,
        SPACE_ID,
        UPDATED_AT,
    ],
    related: &[("Space", &SPACE)],
};

/// Change sets.
pub static CHANGE_SET: Schema = Schema {
    entity: "ChangeSet",
    attributes: &[
        ANNOTATIONS,
        attribute("ChangeSetID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        attribute("Description", Text),
        DISPLAY_NAME,
        attribute("EndTagID", Uuid),
        attribute("FilterID", Uuid),
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        attribute("StartTagID", Uuid),
        UPDATED_AT,
    ],
    related: &[("EndTag", &TAG), ("Filter", &FILTER), ("Space", &SPACE), ("StartTag", &TAG)],
};

/// Tags.
pub static TAG: Schema = Schema {
    entity: "Tag",
    attributes: &[
        ANNOTATIONS,
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        attribute("TagID", Uuid),
        UPDATED_AT,
    ],
    related: &[("Space", &SPACE)],
};

/// Triggers.
pub static TRIGGER: Schema = Schema {
    entity: "Trigger",
    attributes: &[
        ANNOTATIONS,
        attribute("BridgeWorkerID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        attribute("Disabled", Boolean),
        DISPLAY_NAME,
        attribute("Enforced", Boolean),
        attribute("Event", Text),
        attribute("FunctionName", Text),
        attribute("InvocationID", Uuid),
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        TOOLCHAIN_TYPE,
        attribute("TriggerID", Uuid),
        UPDATED_AT,
        attribute("Validating", Boolean),
    ],
    related: &[("BridgeWorker", &BRIDGE_WORKER), ("Invocation", &INVOCATION), ("Space", &SPACE)],
};

/// Invocations.
pub static INVOCATION: Schema = Schema {
    entity: "Invocation",
    attributes: &[
        ANNOTATIONS,
        attribute("BridgeWorkerID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        attribute("FunctionName", Text),
        attribute("InvocationID", Uuid),
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        SPACE_ID,
        TOOLCHAIN_TYPE,
        UPDATED_AT,
    ],
    related: &[("BridgeWorker", &BRIDGE_WORKER), ("Space", &SPACE)],
};

/// Organizations.
pub static ORGANIZATION: Schema = Schema {
    entity: "Organization",
    attributes: &[
        ANNOTATIONS,
        attribute("BillingAccountID", Uuid),
        CREATED_AT,
        DELETE_GATES,
        DISPLAY_NAME,
        attribute("ExternalID", Text),
        LABELS,
        ORGANIZATION_ID,
        SLUG,
        UPDATED_AT,
    ],
    related: &[],
};

/// Members of an organization.
pub static ORGANIZATION_MEMBER: Schema = Schema {
    entity: "OrganizationMember",
    attributes: &[
        DISPLAY_NAME,
        attribute("ExternalID", Text),
        SLUG,
        attribute("UserID", Uuid),
        attribute("Username", Text),
    ],
    related: &[],
};

/// Users.
pub static USER: Schema = Schema {
    entity: "User",
    attributes: &[
        CREATED_AT,
        DISPLAY_NAME,
        attribute("ExternalID", Text),
        SLUG,
        UPDATED_AT,
        attribute("UserID", Uuid),
        attribute("Username", Text),
    ],
    related: &[],
};

/// Every schema, in order of name.
pub static ALL: [&Schema; 18] = [
    &BRIDGE_WORKER,
    &CHANGE_SET,
    &FILTER,
    &INVOCATION,
    &LINK,
    &MUTATION,
    &ORGANIZATION,
    &ORGANIZATION_MEMBER,
    &REVISION,
    &SET,
    &SPACE,
    &TAG,
    &TARGET,
    &TRIGGER,
    &UNIT,
    &UNIT_EVENT,
    &USER,
    &VIEW,
];

/// The schema of an entity type, such as `Unit`.
///
/// ```
/// use stagegate_confighub::where_clause::entities;
///
/// assert_eq!(entities::schema("Space").unwrap().entity, "Space");
/// assert!(entities::schema("space").is_none());
/// ```
pub fn schema(entity: &str) -> Option<&'static Schema> {
    ALL.into_iter().find(|schema| schema.entity == entity)
}
