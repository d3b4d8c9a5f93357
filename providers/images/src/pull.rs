//! What nodes asked the registry for.

use std::sync::Arc;

/// One time that a node asked for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Registry, repository and tag or digest, such as `docker.io/library/busybox:1.36`.
    pub image: String,
    /// What it got.
    pub outcome: Outcome,
}

/// What a node got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The digest of the stand-in, which a node that has it needs no more than.
    Resolved {
        /// `sha256:…`
        digest: String,
    },
    /// The stand-in, after the pull time of its entry.
    Served {
        /// `sha256:…`
        digest: String,
    },
    /// 404: the catalogue has no such image, tag or digest.
    NotFound,
    /// 401, and then 403 for a token: the image is private.
    Private,
    /// 404: the digest is that of the real image; the node has not imported the stand-in under it.
    RealDigest,
}

/// Takes what the registry tells.
pub(crate) type PullObserver = Arc<dyn Fn(Pull) + Send + Sync>;
