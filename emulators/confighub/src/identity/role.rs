//! Roles in an organization and permissions in spaces.

use serde::{Deserialize, Serialize};

/// What may be done in a space. Each one includes `Read`, and `Admin` includes all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See what is in the space.
    Read,
    /// Create, change and delete what is in the space, and the space itself.
    Write,
    /// Make things happen in clusters: apply, destroy, refresh, import; approve; use the space's targets.
    Apply,
    /// All of these, and read the secrets of the space's workers.
    Admin,
}

impl Permission {
    /// Its name in descriptions and refusals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Apply => "apply",
            Self::Admin => "admin",
        }
    }

    /// Whether whoever has this one has `needed` too.
    pub fn includes(self, needed: Self) -> bool {
        self == needed || self == Self::Admin || needed == Self::Read
    }
}

/// What a member may do in all spaces of its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, and delete the organization.
    Owner,
    /// Everything, members and the audit trail included.
    Admin,
    /// Read, write and apply everywhere.
    Developer,
    /// Read everywhere.
    Viewer,
    /// Nothing but what its grants say.
    Member,
}

impl Role {
    /// Its name in descriptions and refusals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
            Self::Member => "member",
        }
    }

    /// Whether it has a permission in every space.
    pub fn permits(self, needed: Permission) -> bool {
        match self {
            Self::Owner | Self::Admin => true,
            Self::Developer => needed != Permission::Admin,
            Self::Viewer => needed == Permission::Read,
            Self::Member => false,
        }
    }

    /// Whether it may change the organization and its members and read the audit trail.
    pub fn administers(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}
