//! What each operation asks for, in one place.

use axum::http::Method;

use super::Permission;
use crate::api::Operation;

/// What a caller needs for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing, not even a token.
    Public,
    /// To be the worker that the path names.
    Worker,
    /// To be a user; what it answers is the caller's own or common knowledge in the organization.
    User,
    /// A permission in each space that it touches.
    Space(Permission),
    /// `Write` where one of the functions changes data, else `Read`.
    Invocation,
    /// To administer the organization.
    Administrator,
    /// To own the organization.
    Owner,
}

/// What an operation asks for. `None` for one that nobody has thought about: only owners may call it,
/// and a test fails.
pub(crate) fn access(operation: &Operation) -> Option<Access> {
    Some(match operation.id {
        "ApiInfo" => Access::Public,
        "CreateActionResult" | "GetSelf" | "StreamBridgeWorker" => Access::Worker,
        "CreateOrganization"
        | "GetMe"
        | "GetOrganization"
        | "GetOrganizationMember"
        | "GetUser"
        | "ListOrganizationMembers"
        | "ListOrganizations"
        | "ListOrgFunctions"
        | "ListUsers" => Access::User,
        "CreateOrganizationMember" | "DeleteOrganizationMember" | "UpdateOrganization" => Access::Administrator,
        "DeleteOrganization" => Access::Owner,
        "InvokeFunctions" | "InvokeFunctionsOnOrg" => Access::Invocation,
        id if APPLYING.contains(&id) => Access::Space(Permission::Apply),
        id if WRITING.contains(&id) => Access::Space(Permission::Write),
        _ if operation.method == Method::GET => Access::Space(Permission::Read),
        _ => return None,
    })
}

/// What makes things happen in clusters, or says that they may.
const APPLYING: [&str; 8] = [
    "ApplyUnit",
    "ApproveUnit",
    "BulkApplyUnits",
    "BulkApproveUnits",
    "BulkCancelUnits",
    "DestroyUnit",
    "ImportUnit",
    "RefreshUnit",
];

const WRITING: &[&str] = &[
    "BulkCreateChangeSets",
    "BulkCreateFilters",
    "BulkCreateInvocations",
    "BulkCreateLinks",
    "BulkCreateSpaces",
    "BulkCreateTags",
    "BulkCreateTriggers",
    "BulkCreateUnits",
    "BulkCreateViews",
    "BulkDeleteBridgeWorkers",
    "BulkDeleteChangeSets",
    "BulkDeleteFilters",
    "BulkDeleteInvocations",
    "BulkDeleteLinks",
    "BulkDeleteSpaces",
    "BulkDeleteTags",
    "BulkDeleteTargets",
    "BulkDeleteTriggers",
    "BulkDeleteUnits",
    "BulkDeleteViews",
    "BulkPatchBridgeWorkers",
    "BulkPatchChangeSets",
    "BulkPatchFilters",
    "BulkPatchInvocations",
    "BulkPatchLinks",
    "BulkPatchSpaces",
    "BulkPatchTags",
    "BulkPatchTargets",
    "BulkPatchTriggers",
    "BulkPatchUnits",
    "BulkPatchViews",
    "BulkTagUnits",
    "CreateBridgeWorker",
    "CreateChangeSet",
    "CreateFilter",
    "CreateInvocation",
    "CreateLink",
    "CreateSet",
    "CreateSpace",
    "CreateTag",
    "CreateTarget",
    "CreateTrigger",
    "CreateUnit",
    "CreateView",
    "DeleteBridgeWorker",
    "DeleteChangeSet",
    "DeleteFilter",
    "DeleteInvocation",
    "DeleteLink",
    "DeleteSet",
    "DeleteSpace",
    "DeleteTag",
    "DeleteTarget",
    "DeleteTrigger",
    "DeleteUnit",
    "DeleteView",
    "PatchBridgeWorker",
    "PatchChangeSet",
    "PatchFilter",
    "PatchInvocation",
    "PatchLink",
    "PatchSpace",
    "PatchTag",
    "PatchTarget",
    "PatchTrigger",
    "PatchUnit",
    "PatchView",
    "UpdateBridgeWorker",
    "UpdateChangeSet",
    "UpdateFilter",
    "UpdateInvocation",
    "UpdateLink",
    "UpdateSet",
    "UpdateSpace",
    "UpdateTag",
    "UpdateTarget",
    "UpdateTrigger",
    "UpdateUnit",
    "UpdateView",
];
