//! Pulling images, in the words of the kubelet and containerd.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::catalogue::{Catalogue, Image, Missing, Reference};

/// The images the node knows and those it has.
pub(super) struct Images {
    catalogue: Catalogue,
    present: Mutex<HashSet<String>>,
}

/// How a pull goes.
pub(super) struct Pull {
    pub(super) takes: Duration,
    /// The image, or why the pull fails.
    pub(super) outcome: Result<Image, String>,
}

/// How long a registry takes to say that the node has the newest image, or that there is none.
const ASK: Duration = Duration::from_millis(600);

impl Images {
    pub(super) fn new(catalogue: Catalogue) -> Self {
        let tagged = |image: &Image| {
            let tags = image.whole_tags();
            tags.map(|tag| Reference::parse(&format!("{}:{tag}", image.name)).canonical()).collect::<Vec<_>>()
        };
        let loaded = catalogue.images.iter().filter(|image| image.loaded).flat_map(tagged).collect();
        Self { catalogue, present: Mutex::new(loaded) }
    }

    /// The ingress controllers that an image is of.
    pub(super) fn ingress_controllers(&self, reference: &str) -> Vec<String> {
        let listeners = self.catalogue.find(reference).map(|image| image.listen.as_slice()).unwrap_or_default();
        listeners.iter().filter_map(|listener| listener.ingress.clone()).collect()
    }

    /// The APIs that an image serves to the API server.
    pub(super) fn apis(&self, reference: &str) -> Vec<String> {
        let listeners = self.catalogue.find(reference).map(|image| image.listen.as_slice()).unwrap_or_default();
        listeners.iter().filter_map(|listener| listener.api.clone()).collect()
    }

    /// Whether the image is on the node.
    pub(super) fn is_present(&self, reference: &str) -> bool {
        let name = Reference::parse(reference).canonical();
        self.present.lock().unwrap_or_else(PoisonError::into_inner).contains(&name)
    }

    /// An image that is on the node.
    pub(super) fn get(&self, reference: &str) -> Option<Image> {
        self.is_present(reference)
            .then(|| self.catalogue.find(reference).ok().map(|image| image.of(reference)))
            .flatten()
    }

    /// Begins a pull. The image counts as present once [`Images::keep`] is told.
    pub(super) fn pull(&self, reference: &str) -> Pull {
        match self.catalogue.find(reference) {
            Ok(image) => {
                let takes = if self.is_present(reference) { ASK } else { image.pull };
                Pull { takes, outcome: Ok(image.of(reference)) }
            }
            Err(missing) => Pull { takes: ASK, outcome: Err(failure(reference, missing)) },
        }
    }

    /// Notes that a pull succeeded.
    pub(super) fn keep(&self, reference: &str) {
        let name = Reference::parse(reference).canonical();
        self.present.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }
}

/// containerd's words, as the kubelet passes them on.
fn failure(reference: &str, missing: Missing) -> String {
    let whole = Reference::parse(reference).canonical();
    let outer = format!("failed to pull and unpack image \"{whole}\": failed to resolve reference \"{whole}\"");
    match missing {
        Missing::NotFound => {
            format!("rpc error: code = NotFound desc = {outer}: {whole}: not found")
        }
        Missing::Private => {
            let name = Reference::parse(reference).name;
            let (host, path) = name.split_once('/').unwrap_or(("", &name));
            format!(
                "{outer}: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://{host}/token?scope=repository%3A{}%3Apull&service={host}: 403 Forbidden",
                path.replace('/', "%2F")
            )
        }
    }
}

/// The `imageID` of an image: its name and a digest made of it.
pub(super) fn image_id(reference: &str) -> String {
    let parts = Reference::parse(reference);
    match parts.digest {
        Some(digest) => format!("{}@{digest}", parts.name),
        None => format!("{}@sha256:{:x}", parts.name, Sha256::digest(parts.canonical())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::parse(
            "images:\n  - { name: nginx, tags: ['1.25', latest] }\n  - { name: ghcr.io/acme/secret, private: true }\n",
        )
        .expect("a catalogue")
    }

    #[test]
    fn a_missing_image_fails_in_containerds_words() {
        let images = Images::new(catalogue());
        assert!(images.pull("docker.io/library/nginx:1.25").outcome.is_ok());
        let failure = images.pull("nginx:0.1").outcome.expect_err("no such tag");
        assert_eq!(
            failure,
            "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/nginx:0.1\": failed to resolve reference \"docker.io/library/nginx:0.1\": docker.io/library/nginx:0.1: not found"
        );
        let failure = images.pull("ghcr.io/acme/secret").outcome.expect_err("private");
        assert!(failure.ends_with("403 Forbidden"), "{failure}");
    }
}
