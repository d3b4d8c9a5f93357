//! Every operation of the OpenAPI description, and what serves it.
//!
//! The table is complete: a test compares it with the description. What an operation does not do of
//! what it is asked for, by a parameter or a field, answers 501 and names it.

use axum::http::Method;

use super::{Call, Reply};
use super::{
    bulk, bulk_create, crud, functions, link, link_bulk_create, member, organization, set, space, target, unit,
    unit_actions, unit_history, worker,
};
use super::{unit_import, unit_operations, unit_update, worker_functions};
use crate::entity::{BridgeWorker, ChangeSet, Filter, Invocation, Link, Set, Space, Tag, Target, Trigger, Unit, View};
use crate::error::ApiError;
use crate::store::Store;

/// Answers a request while holding the store.
pub(crate) type Handler = fn(&mut Store, &Call<'_>) -> Result<Reply, ApiError>;

/// What serves an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Serve {
    /// A handler, for users.
    ForUsers(Handler),
    /// A handler, for the worker that the path names.
    ForWorkers(Handler),
    /// A handler that needs no token.
    Publicly(Handler),
    /// A handler for users whose answer may have to be waited for.
    Awaited(for<'a> fn(&'a Call<'a>) -> worker_functions::Awaited<'a>),
    /// The worker's event stream.
    Stream,
}

use Serve::{Awaited, ForUsers, ForWorkers, Publicly, Stream};

/// An operation of the description.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its operation id, which refusals and revisions name.
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    /// Its path below `/api`, with parameters in braces.
    pub(crate) path: &'static str,
    pub(crate) serve: Serve,
}

const fn operation(id: &'static str, method: Method, path: &'static str, serve: Serve) -> Operation {
    Operation { id, method, path, serve }
}

/// Every operation, by family.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        BRIDGE_WORKER,
        CHANGE_SET,
        FILTER,
        FUNCTION,
        INVOCATION,
        LINK,
        ORGANIZATION,
        SET,
        SPACE,
        TAG,
        TARGET,
        TRIGGER,
        UNIT,
        UNIT_HISTORY,
        UNIT_OPERATIONS,
        VIEW,
    ]
    .into_iter()
    .flatten()
}

static BRIDGE_WORKER: &[Operation] = &[
    operation("BulkDeleteBridgeWorkers", Method::DELETE, "/bridge_worker", ForUsers(worker::bulk_delete)),
    operation("ListAllBridgeWorkers", Method::GET, "/bridge_worker", ForUsers(worker::list_all)),
    operation("BulkPatchBridgeWorkers", Method::PATCH, "/bridge_worker", ForUsers(bulk::patch::<BridgeWorker>)),
    operation(
        "CreateActionResult",
        Method::POST,
        "/bridge_worker/{bridge_worker_id}/action_result",
        ForWorkers(worker::action_result),
    ),
    operation("GetSelf", Method::GET, "/bridge_worker/{bridge_worker_id}/me", ForWorkers(worker::me)),
    operation("StreamBridgeWorker", Method::POST, "/bridge_worker/{bridge_worker_id}/stream", Stream),
    operation(
        "ListBridgeWorkers",
        Method::GET,
        "/space/{space_id}/bridge_worker",
        ForUsers(crud::list::<BridgeWorker>),
    ),
    operation("CreateBridgeWorker", Method::POST, "/space/{space_id}/bridge_worker", ForUsers(worker::create)),
    operation(
        "DeleteBridgeWorker",
        Method::DELETE,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}",
        ForUsers(worker::delete),
    ),
    operation(
        "GetBridgeWorker",
        Method::GET,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}",
        ForUsers(crud::get::<BridgeWorker>),
    ),
    operation(
        "PatchBridgeWorker",
        Method::PATCH,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}",
        ForUsers(crud::patch::<BridgeWorker>),
    ),
    operation(
        "UpdateBridgeWorker",
        Method::PUT,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}",
        ForUsers(crud::put::<BridgeWorker>),
    ),
    operation(
        "ListBridgeWorkerFunctions",
        Method::GET,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}/function",
        ForUsers(functions::of_worker),
    ),
    operation(
        "ListBridgeWorkerStatuses",
        Method::GET,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}/status",
        ForUsers(worker::list_statuses),
    ),
    operation(
        "GetBridgeWorkerStatus",
        Method::GET,
        "/space/{space_id}/bridge_worker/{bridge_worker_id}/status/{status_id}",
        ForUsers(worker::get_status),
    ),
];

static CHANGE_SET: &[Operation] = &[
    operation("BulkDeleteChangeSets", Method::DELETE, "/change_set", ForUsers(bulk::delete::<ChangeSet>)),
    operation("ListAllChangeSets", Method::GET, "/change_set", ForUsers(crud::list_all::<ChangeSet>)),
    operation("BulkPatchChangeSets", Method::PATCH, "/change_set", ForUsers(bulk::patch::<ChangeSet>)),
    operation("BulkCreateChangeSets", Method::POST, "/change_set", ForUsers(bulk_create::create::<ChangeSet>)),
    operation("ListChangeSets", Method::GET, "/space/{space_id}/change_set", ForUsers(crud::list::<ChangeSet>)),
    operation("CreateChangeSet", Method::POST, "/space/{space_id}/change_set", ForUsers(crud::create::<ChangeSet>)),
    operation(
        "DeleteChangeSet",
        Method::DELETE,
        "/space/{space_id}/change_set/{change_set_id}",
        ForUsers(crud::delete::<ChangeSet>),
    ),
    operation(
        "GetChangeSet",
        Method::GET,
        "/space/{space_id}/change_set/{change_set_id}",
        ForUsers(crud::get::<ChangeSet>),
    ),
    operation(
        "PatchChangeSet",
        Method::PATCH,
        "/space/{space_id}/change_set/{change_set_id}",
        ForUsers(crud::patch::<ChangeSet>),
    ),
    operation(
        "UpdateChangeSet",
        Method::PUT,
        "/space/{space_id}/change_set/{change_set_id}",
        ForUsers(crud::put::<ChangeSet>),
    ),
];

static FILTER: &[Operation] = &[
    operation("BulkDeleteFilters", Method::DELETE, "/filter", ForUsers(bulk::delete::<Filter>)),
    operation("ListAllFilters", Method::GET, "/filter", ForUsers(crud::list_all::<Filter>)),
    operation("BulkPatchFilters", Method::PATCH, "/filter", ForUsers(bulk::patch::<Filter>)),
    operation("BulkCreateFilters", Method::POST, "/filter", ForUsers(bulk_create::create::<Filter>)),
    operation("ListFilters", Method::GET, "/space/{space_id}/filter", ForUsers(crud::list::<Filter>)),
    operation("CreateFilter", Method::POST, "/space/{space_id}/filter", ForUsers(crud::create::<Filter>)),
    operation("DeleteFilter", Method::DELETE, "/space/{space_id}/filter/{filter_id}", ForUsers(crud::delete::<Filter>)),
    operation("GetFilter", Method::GET, "/space/{space_id}/filter/{filter_id}", ForUsers(crud::get::<Filter>)),
    operation("PatchFilter", Method::PATCH, "/space/{space_id}/filter/{filter_id}", ForUsers(crud::patch::<Filter>)),
    operation("UpdateFilter", Method::PUT, "/space/{space_id}/filter/{filter_id}", ForUsers(crud::put::<Filter>)),
];

static FUNCTION: &[Operation] = &[
    operation("ListOrgFunctions", Method::GET, "/function", ForUsers(functions::list)),
    operation(
        "InvokeFunctionsOnOrg",
        Method::POST,
        "/function/invoke",
        Awaited(worker_functions::invoke_on_organization),
    ),
    operation("ListFunctions", Method::GET, "/space/{space_id}/function", ForUsers(functions::list)),
    operation("InvokeFunctions", Method::POST, "/space/{space_id}/function/invoke", Awaited(worker_functions::invoke)),
];

static INVOCATION: &[Operation] = &[
    operation("BulkDeleteInvocations", Method::DELETE, "/invocation", ForUsers(bulk::delete::<Invocation>)),
    operation("ListAllInvocations", Method::GET, "/invocation", ForUsers(crud::list_all::<Invocation>)),
    operation("BulkPatchInvocations", Method::PATCH, "/invocation", ForUsers(bulk::patch::<Invocation>)),
    operation("BulkCreateInvocations", Method::POST, "/invocation", ForUsers(bulk_create::create::<Invocation>)),
    operation("ListInvocations", Method::GET, "/space/{space_id}/invocation", ForUsers(crud::list::<Invocation>)),
    operation("CreateInvocation", Method::POST, "/space/{space_id}/invocation", ForUsers(crud::create::<Invocation>)),
    operation(
        "DeleteInvocation",
        Method::DELETE,
        "/space/{space_id}/invocation/{invocation_id}",
        ForUsers(crud::delete::<Invocation>),
    ),
    operation(
        "GetInvocation",
        Method::GET,
        "/space/{space_id}/invocation/{invocation_id}",
        ForUsers(crud::get::<Invocation>),
    ),
    operation(
        "PatchInvocation",
        Method::PATCH,
        "/space/{space_id}/invocation/{invocation_id}",
        ForUsers(crud::patch::<Invocation>),
    ),
    operation(
        "UpdateInvocation",
        Method::PUT,
        "/space/{space_id}/invocation/{invocation_id}",
        ForUsers(crud::put::<Invocation>),
    ),
];

static LINK: &[Operation] = &[
    operation("BulkDeleteLinks", Method::DELETE, "/link", ForUsers(bulk::delete::<Link>)),
    operation("SearchListLinks", Method::GET, "/link", ForUsers(crud::list_all::<Link>)),
    operation("BulkPatchLinks", Method::PATCH, "/link", ForUsers(bulk::patch::<Link>)),
    operation("BulkCreateLinks", Method::POST, "/link", ForUsers(link_bulk_create::create)),
    operation("ListLinks", Method::GET, "/space/{space_id}/link", ForUsers(crud::list::<Link>)),
    operation("CreateLink", Method::POST, "/space/{space_id}/link", ForUsers(link::create)),
    operation("DeleteLink", Method::DELETE, "/space/{space_id}/link/{link_id}", ForUsers(crud::delete::<Link>)),
    operation("GetLink", Method::GET, "/space/{space_id}/link/{link_id}", ForUsers(crud::get::<Link>)),
    operation("PatchLink", Method::PATCH, "/space/{space_id}/link/{link_id}", ForUsers(crud::patch::<Link>)),
    operation("UpdateLink", Method::PUT, "/space/{space_id}/link/{link_id}", ForUsers(crud::put::<Link>)),
];

static ORGANIZATION: &[Operation] = &[
    operation("ApiInfo", Method::GET, "/info", Publicly(organization::info)),
    operation("GetMe", Method::GET, "/me", ForUsers(member::me)),
    operation("ListOrganizations", Method::GET, "/organization", ForUsers(organization::list)),
    operation("CreateOrganization", Method::POST, "/organization", ForUsers(organization::create)),
    operation("DeleteOrganization", Method::DELETE, "/organization/{organization_id}", ForUsers(organization::delete)),
    operation("GetOrganization", Method::GET, "/organization/{organization_id}", ForUsers(organization::get)),
    operation("UpdateOrganization", Method::PUT, "/organization/{organization_id}", ForUsers(organization::put)),
    operation(
        "ListOrganizationMembers",
        Method::GET,
        "/organization/{organization_id}/organization_member",
        ForUsers(member::list),
    ),
    operation(
        "CreateOrganizationMember",
        Method::POST,
        "/organization/{organization_id}/organization_member",
        ForUsers(member::create),
    ),
    operation(
        "DeleteOrganizationMember",
        Method::DELETE,
        "/organization/{organization_id}/organization_member/{organization_member_id}",
        ForUsers(member::delete),
    ),
    operation(
        "GetOrganizationMember",
        Method::GET,
        "/organization/{organization_id}/organization_member/{organization_member_id}",
        ForUsers(member::get),
    ),
    operation("ListUsers", Method::GET, "/user", ForUsers(organization::list_users)),
    operation("GetUser", Method::GET, "/user/{user_id}", ForUsers(organization::get_user)),
];

static SET: &[Operation] = &[
    operation("ListSets", Method::GET, "/space/{space_id}/set", ForUsers(crud::list::<Set>)),
    operation("CreateSet", Method::POST, "/space/{space_id}/set", ForUsers(crud::create::<Set>)),
    operation("DeleteSet", Method::DELETE, "/space/{space_id}/set/{set_id}", ForUsers(set::delete)),
    operation("GetSet", Method::GET, "/space/{space_id}/set/{set_id}", ForUsers(crud::get::<Set>)),
    operation("UpdateSet", Method::PUT, "/space/{space_id}/set/{set_id}", ForUsers(crud::put::<Set>)),
];

static SPACE: &[Operation] = &[
    operation("BulkDeleteSpaces", Method::DELETE, "/_space", ForUsers(space::bulk_delete)),
    operation("BulkPatchSpaces", Method::PATCH, "/_space", ForUsers(bulk::patch::<Space>)),
    operation("BulkCreateSpaces", Method::POST, "/_space", ForUsers(bulk_create::create::<Space>)),
    operation("ListSpaces", Method::GET, "/space", ForUsers(space::list)),
    operation("CreateSpace", Method::POST, "/space", ForUsers(space::create)),
    operation("DeleteSpace", Method::DELETE, "/space/{space_id}", ForUsers(space::delete)),
    operation("GetSpace", Method::GET, "/space/{space_id}", ForUsers(space::get)),
    operation("PatchSpace", Method::PATCH, "/space/{space_id}", ForUsers(crud::patch::<Space>)),
    operation("UpdateSpace", Method::PUT, "/space/{space_id}", ForUsers(crud::put::<Space>)),
];

static TAG: &[Operation] = &[
    operation("ListTags", Method::GET, "/space/{space_id}/tag", ForUsers(crud::list::<Tag>)),
    operation("CreateTag", Method::POST, "/space/{space_id}/tag", ForUsers(crud::create::<Tag>)),
    operation("DeleteTag", Method::DELETE, "/space/{space_id}/tag/{tag_id}", ForUsers(crud::delete::<Tag>)),
    operation("GetTag", Method::GET, "/space/{space_id}/tag/{tag_id}", ForUsers(crud::get::<Tag>)),
    operation("PatchTag", Method::PATCH, "/space/{space_id}/tag/{tag_id}", ForUsers(crud::patch::<Tag>)),
    operation("UpdateTag", Method::PUT, "/space/{space_id}/tag/{tag_id}", ForUsers(crud::put::<Tag>)),
    operation("BulkDeleteTags", Method::DELETE, "/tag", ForUsers(bulk::delete::<Tag>)),
    operation("ListAllTags", Method::GET, "/tag", ForUsers(crud::list_all::<Tag>)),
    operation("BulkPatchTags", Method::PATCH, "/tag", ForUsers(bulk::patch::<Tag>)),
    operation("BulkCreateTags", Method::POST, "/tag", ForUsers(bulk_create::create::<Tag>)),
];

static TARGET: &[Operation] = &[
    operation("ListTargets", Method::GET, "/space/{space_id}/target", ForUsers(crud::list::<Target>)),
    operation("CreateTarget", Method::POST, "/space/{space_id}/target", ForUsers(crud::create::<Target>)),
    operation("DeleteTarget", Method::DELETE, "/space/{space_id}/target/{target_id}", ForUsers(target::delete)),
    operation("GetTarget", Method::GET, "/space/{space_id}/target/{target_id}", ForUsers(crud::get::<Target>)),
    operation("PatchTarget", Method::PATCH, "/space/{space_id}/target/{target_id}", ForUsers(crud::patch::<Target>)),
    operation("UpdateTarget", Method::PUT, "/space/{space_id}/target/{target_id}", ForUsers(crud::put::<Target>)),
    operation("BulkDeleteTargets", Method::DELETE, "/target", ForUsers(target::bulk_delete)),
    operation("ListAllTargets", Method::GET, "/target", ForUsers(crud::list_all::<Target>)),
    operation("BulkPatchTargets", Method::PATCH, "/target", ForUsers(bulk::patch::<Target>)),
];

static TRIGGER: &[Operation] = &[
    operation("ListTriggers", Method::GET, "/space/{space_id}/trigger", ForUsers(crud::list::<Trigger>)),
    operation("CreateTrigger", Method::POST, "/space/{space_id}/trigger", ForUsers(crud::create::<Trigger>)),
    operation(
        "DeleteTrigger",
        Method::DELETE,
        "/space/{space_id}/trigger/{trigger_id}",
        ForUsers(crud::delete::<Trigger>),
    ),
    operation("GetTrigger", Method::GET, "/space/{space_id}/trigger/{trigger_id}", ForUsers(crud::get::<Trigger>)),
    operation(
        "PatchTrigger",
        Method::PATCH,
        "/space/{space_id}/trigger/{trigger_id}",
        ForUsers(crud::patch::<Trigger>),
    ),
    operation("UpdateTrigger", Method::PUT, "/space/{space_id}/trigger/{trigger_id}", ForUsers(crud::put::<Trigger>)),
    operation("BulkDeleteTriggers", Method::DELETE, "/trigger", ForUsers(bulk::delete::<Trigger>)),
    operation("ListAllTriggers", Method::GET, "/trigger", ForUsers(crud::list_all::<Trigger>)),
    operation("BulkPatchTriggers", Method::PATCH, "/trigger", ForUsers(bulk::patch::<Trigger>)),
    operation("BulkCreateTriggers", Method::POST, "/trigger", ForUsers(bulk_create::create::<Trigger>)),
];

static UNIT: &[Operation] = &[
    operation("ListUnits", Method::GET, "/space/{space_id}/unit", ForUsers(crud::list::<Unit>)),
    operation("CreateUnit", Method::POST, "/space/{space_id}/unit", ForUsers(unit::create)),
    operation("ListExtendedUnits", Method::GET, "/space/{space_id}/unit/extended", ForUsers(crud::list::<Unit>)),
    operation("DeleteUnit", Method::DELETE, "/space/{space_id}/unit/{unit_id}", ForUsers(unit::delete)),
    operation("GetUnit", Method::GET, "/space/{space_id}/unit/{unit_id}", ForUsers(crud::get::<Unit>)),
    operation("PatchUnit", Method::PATCH, "/space/{space_id}/unit/{unit_id}", ForUsers(unit_update::patch)),
    operation("UpdateUnit", Method::PUT, "/space/{space_id}/unit/{unit_id}", ForUsers(unit_update::put)),
    operation("ApplyUnit", Method::POST, "/space/{space_id}/unit/{unit_id}/apply", ForUsers(unit_actions::apply)),
    operation("ApproveUnit", Method::POST, "/space/{space_id}/unit/{unit_id}/approve", ForUsers(unit_actions::approve)),
    operation("DestroyUnit", Method::POST, "/space/{space_id}/unit/{unit_id}/destroy", ForUsers(unit_actions::destroy)),
    operation("GetUnitExtended", Method::GET, "/space/{space_id}/unit/{unit_id}/extended", ForUsers(unit::extended)),
    operation("ImportUnit", Method::POST, "/space/{space_id}/unit/{unit_id}/import", ForUsers(unit_import::import)),
    operation(
        "DownloadLiveStateUnit",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/live-state",
        ForUsers(unit::live_state),
    ),
    operation("RefreshUnit", Method::POST, "/space/{space_id}/unit/{unit_id}/refresh", ForUsers(unit_actions::refresh)),
    operation("BulkDeleteUnits", Method::DELETE, "/unit", ForUsers(unit::bulk_delete)),
    operation("ListAllUnits", Method::GET, "/unit", ForUsers(crud::list_all::<Unit>)),
    operation("BulkPatchUnits", Method::PATCH, "/unit", ForUsers(unit_update::bulk_patch)),
    operation("BulkCreateUnits", Method::POST, "/unit", ForUsers(unit::bulk_create)),
    operation("BulkApplyUnits", Method::POST, "/unit/apply", ForUsers(unit_actions::bulk_apply)),
    operation("BulkApproveUnits", Method::POST, "/unit/approve", ForUsers(unit_actions::bulk_approve)),
    operation("BulkTagUnits", Method::POST, "/unit/tag", ForUsers(unit_actions::bulk_tag)),
];

static UNIT_HISTORY: &[Operation] = &[
    operation(
        "ListExtendedMutations",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/mutation",
        ForUsers(unit_history::list_mutations),
    ),
    operation(
        "GetExtendedMutation",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/mutation/{mutation_id}",
        ForUsers(unit_history::get_mutation),
    ),
    operation(
        "ListExtendedRevisions",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/revision",
        ForUsers(unit_history::list_revisions),
    ),
    operation(
        "GetExtendedRevision",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/revision/{revision_id}",
        ForUsers(unit_history::get_revision),
    ),
    operation(
        "GetRevisionData",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/revision/{revision_id}/data",
        ForUsers(unit_history::revision_data),
    ),
    operation(
        "ListUnitEvents",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/unit_event",
        ForUsers(unit_history::list_events),
    ),
    operation(
        "GetUnitEvent",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/unit_event/{unit_event_id}",
        ForUsers(unit_history::get_event),
    ),
];

/// Operations of late 2025, beyond the description.
static UNIT_OPERATIONS: &[Operation] = &[
    operation(
        "ListUnitActions",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/unit_action",
        ForUsers(unit_operations::list_actions),
    ),
    operation(
        "GetUnitAction",
        Method::GET,
        "/space/{space_id}/unit/{unit_id}/unit_action/{unit_action_id}",
        ForUsers(unit_operations::get_action),
    ),
    operation("BulkCancelUnits", Method::POST, "/unit/cancel", ForUsers(unit_operations::bulk_cancel)),
];

static VIEW: &[Operation] = &[
    operation("ListViews", Method::GET, "/space/{space_id}/view", ForUsers(crud::list::<View>)),
    operation("CreateView", Method::POST, "/space/{space_id}/view", ForUsers(crud::create::<View>)),
    operation("DeleteView", Method::DELETE, "/space/{space_id}/view/{view_id}", ForUsers(crud::delete::<View>)),
    operation("GetView", Method::GET, "/space/{space_id}/view/{view_id}", ForUsers(crud::get::<View>)),
    operation("PatchView", Method::PATCH, "/space/{space_id}/view/{view_id}", ForUsers(crud::patch::<View>)),
    operation("UpdateView", Method::PUT, "/space/{space_id}/view/{view_id}", ForUsers(crud::put::<View>)),
    operation("BulkDeleteViews", Method::DELETE, "/view", ForUsers(bulk::delete::<View>)),
    operation("ListAllViews", Method::GET, "/view", ForUsers(crud::list_all::<View>)),
    operation("BulkPatchViews", Method::PATCH, "/view", ForUsers(bulk::patch::<View>)),
    operation("BulkCreateViews", Method::POST, "/view", ForUsers(bulk_create::create::<View>)),
];
