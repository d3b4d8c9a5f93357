//! The registry: the read-only part of the OCI distribution API, for every registry's name at once.
//!
//! containerd says with `?ns=docker.io` which registry it means when it asks a mirror.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use stagegate_kubernetes::{Catalogue, Reference};
use stagegate_simulation::{ServeError, Server};

use crate::answer::{self, Refusal};
use crate::image::{Document, MANIFEST_TYPE};
use crate::node::NodeImport;
use crate::pull::{Outcome, Pull, PullObserver};
use crate::store::{Found, StandInError, Store};

/// The registry cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The stand-ins cannot be made.
    #[error(transparent)]
    StandIn(#[from] StandInError),
    /// An address cannot be listened on.
    #[error("the registry of stand-in images: {0}")]
    Listen(#[from] ServeError),
    /// An address would open the registry to every network.
    #[error(
        "the registry of stand-in images would listen on {0}, to whoever can reach this machine; give it loopback \
         addresses and gateways of container networks"
    )]
    Unspecified(SocketAddr),
    /// The thread that makes the images is gone.
    #[error("the stand-in images were not made: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// A registry that is being served. Dropping it closes its listeners and every connection.
pub struct Registry {
    store: Arc<Store>,
    servers: Vec<Server>,
}

#[derive(Clone)]
struct Served {
    store: Arc<Store>,
    observer: PullObserver,
}

impl Registry {
    /// Makes a stand-in for every image of `catalogue` from `executable`, an executable of stagegate for Linux, and
    /// serves them on `addresses`, port 0 standing for any free port. `observer` is told of each pull.
    pub async fn start(
        catalogue: Catalogue,
        executable: PathBuf,
        addresses: &[SocketAddr],
        observer: impl Fn(Pull) + Send + Sync + 'static,
    ) -> Result<Self, RegistryError> {
        if let Some(open) = addresses.iter().find(|address| address.ip().is_unspecified()) {
            return Err(RegistryError::Unspecified(*open));
        }
        let made = tokio::task::spawn_blocking(move || Store::new(catalogue, &executable));
        let store = Arc::new(made.await??);
        let served = Served { store: Arc::clone(&store), observer: Arc::new(observer) };
        let router = Router::new()
            .route("/v2/", get(|| async { axum::Json(serde_json::json!({})) }))
            .route("/token", get(no_token))
            .fallback(repository)
            .with_state(served);
        let mut servers = Vec::new();
        for address in addresses {
            servers.push(Server::start(router.clone(), *address).await?);
        }
        Ok(Self { store, servers })
    }

    /// Where it listens, in the order of the addresses given.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(Server::address).collect()
    }

    /// The digest of the stand-in for a reference such as `ghcr.io/acme/web:1`, when there is one.
    pub fn digest(&self, reference: &str) -> Option<String> {
        self.store
            .catalogue()
            .find(reference)
            .ok()
            .and_then(|entry| self.store.manifest_of(entry))
            .map(|manifest| manifest.digest.clone())
    }

    /// What a node must do to have the images that it cannot pull by their name: those that the catalogue names by the
    /// digest of the real one, and those that it says are loaded from the beginning. `address` is one of this
    /// registry's that the node reaches.
    pub fn imports(&self, address: SocketAddr) -> Vec<NodeImport> {
        let mut imports = Vec::new();
        for entry in &self.store.catalogue().images {
            let Some(manifest) = self.store.manifest_of(entry) else { continue };
            let name = Reference::parse(&entry.name).name;
            let source = format!("{address}/{name}@{}", manifest.digest);
            let tags = entry.whole_tags().filter(|_| entry.loaded);
            imports.extend(tags.map(|tag| NodeImport::named(&source, format!("{name}:{tag}"))));
            // Any digest is none that could be told in advance.
            let digests = entry.digests.iter().filter(|digest| *digest != "*");
            let pinned = |digest: &String| NodeImport::by_digest(&source, (&name, digest), &manifest.bytes);
            imports.extend(digests.map(pinned));
        }
        imports
    }
}

/// Nobody has credentials for a private repository.
async fn no_token() -> Refusal {
    let message = "requested access to the resource is denied".to_owned();
    Refusal { status: StatusCode::FORBIDDEN, code: "DENIED", message }
}

/// `/v2/NAME/manifests/REFERENCE` and `/v2/NAME/blobs/DIGEST`, whose NAME has slashes.
async fn repository(State(served): State<Served>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        let message = format!("{method}: this registry of stand-in images is read-only");
        return Refusal { status: StatusCode::METHOD_NOT_ALLOWED, code: "UNSUPPORTED", message }.into_response();
    }
    let path = uri.path().strip_prefix("/v2/").unwrap_or_default();
    let query = uri.query().unwrap_or_default();
    let namespace = query.split('&').find_map(|pair| pair.strip_prefix("ns="));
    let full = |name: &str| namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    if let Some((name, reference)) = path.rsplit_once("/manifests/") {
        return manifest(&served, &method, &full(name), reference, &headers).await;
    }
    if let Some((_, digest)) = path.rsplit_once("/blobs/") {
        return blob(&served.store, digest, &headers);
    }
    let message = format!("{}: this registry serves manifests and blobs", uri.path());
    Refusal::not_found("UNSUPPORTED", message).into_response()
}

/// HEAD tells the digest at once; the manifest itself comes when the pull would be over, so that only the first pull
/// of a node takes its time.
async fn manifest(served: &Served, method: &Method, name: &str, reference: &str, headers: &HeaderMap) -> Response {
    let tell = |outcome| {
        let separator = if reference.contains(':') { '@' } else { ':' };
        (served.observer)(Pull { image: format!("{name}{separator}{reference}"), outcome });
    };
    match served.store.find(name, reference) {
        Found::Image(entry, image) => {
            let digest = image.manifest.digest.clone();
            if method == Method::HEAD {
                tell(Outcome::Resolved { digest });
            } else {
                tokio::time::sleep(entry.pull).await;
                tell(Outcome::Served { digest });
            }
            answer::document(&image.manifest, MANIFEST_TYPE)
        }
        Found::Nothing => {
            tell(Outcome::NotFound);
            Refusal::not_found("MANIFEST_UNKNOWN", format!("{name} {reference} is not in the catalogue"))
                .into_response()
        }
        // To a node that has imported it, this is all it asks.
        Found::RealDigest(_, Some(manifest)) if method == Method::HEAD => {
            let digest = reference.to_owned();
            tell(Outcome::Resolved { digest: digest.clone() });
            answer::document(&Document { digest, bytes: manifest.bytes.clone() }, MANIFEST_TYPE)
        }
        Found::RealDigest(entry, _) => {
            tell(Outcome::RealDigest);
            let message = format!(
                "{reference} is the digest of the real {}, which no stand-in has; the node must import the stand-in under it",
                entry.name
            );
            Refusal::not_found("MANIFEST_UNKNOWN", message).into_response()
        }
        Found::Private => {
            tell(Outcome::Private);
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            let (registry, path) = name.split_once('/').unwrap_or(("", name));
            answer::unauthorized(&format!("http://{host}/token"), registry, path)
        }
    }
}

fn blob(store: &Store, digest: &str, headers: &HeaderMap) -> Response {
    if let Some(config) = store.config(digest) {
        return answer::document(config, "application/octet-stream");
    }
    match store.layer(digest) {
        Some(layer) => answer::layer(layer, headers),
        None => Refusal::not_found("BLOB_UNKNOWN", format!("{digest} is no blob of this registry")).into_response(),
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("addresses", &self.addresses()).finish_non_exhaustive()
    }
}
