//! Everything that the registry has: images by name, layers and documents by digest.

use std::collections::HashMap;
use std::path::Path;

use stagegate_kubernetes::{Catalogue, Image, Missing, Reference};

use crate::contents::{self, Base};
use crate::executable::ExecutableError;
use crate::image::{Document, StandIn};
use crate::layer::Layer;

/// The stand-ins cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StandInError {
    /// The executable cannot be put into an image.
    #[error(transparent)]
    Executable(#[from] ExecutableError),
    /// A layer of names of commands cannot be written.
    #[error("the names of commands of {image} cannot be put into a layer: {source}")]
    Names {
        /// The image.
        image: String,
        /// Why.
        source: std::io::Error,
    },
    /// An entry of the catalogue cannot be written as JSON.
    #[error("the catalogue's entry {image} cannot be written into an image: {source}")]
    Entry {
        /// The image.
        image: String,
        /// Why.
        source: serde_json::Error,
    },
}

/// A stand-in for every image of a catalogue.
#[derive(Debug)]
pub(crate) struct Store {
    catalogue: Catalogue,
    /// By the name in the catalogue.
    images: HashMap<String, StandIn>,
    layers: HashMap<String, Layer>,
    configs: HashMap<String, Document>,
}

/// What a name and a tag or digest lead to.
pub(crate) enum Found<'a> {
    Image(&'a Image, &'a StandIn),
    /// The catalogue has the image under this digest, which is that of the real one: no other content can have it. Where
    /// the catalogue names just this digest, nodes have been given this manifest for it.
    RealDigest(&'a Image, Option<&'a Document>),
    Nothing,
    Private,
}

impl Store {
    pub(crate) fn new(catalogue: Catalogue, executable: &Path) -> Result<Self, StandInError> {
        let base = Base::of(executable)?;
        let mut store = Self { catalogue, images: HashMap::new(), layers: HashMap::new(), configs: HashMap::new() };
        let mut links: HashMap<_, Layer> = HashMap::new();
        for entry in store.catalogue.images.iter().filter(|entry| !entry.private) {
            let names = contents::names(entry);
            let known = links.get(&names).cloned();
            let layer = match known {
                Some(layer) => layer,
                None => contents::links(&names)
                    .map_err(|source| StandInError::Names { image: entry.name.clone(), source })?,
            };
            links.insert(names, layer.clone());
            let stand_in = StandIn::new(entry, base.architecture, &[&base.layer, &layer])
                .map_err(|source| StandInError::Entry { image: entry.name.clone(), source })?;
            store.configs.insert(stand_in.config.digest.clone(), stand_in.config.clone());
            store.images.insert(entry.name.clone(), stand_in);
        }
        store.layers.extend(links.into_values().map(|layer| (layer.digest.clone(), layer)));
        store.layers.insert(base.layer.digest.clone(), base.layer);
        Ok(store)
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What a reference leads to: by one of its tags, by a digest of ours or by one of the catalogue.
    pub(crate) fn find(&self, name: &str, reference: &str) -> Found<'_> {
        if let Some(found) = self.by_own_digest(name, reference) {
            return found;
        }
        let separator = if is_digest(reference) { '@' } else { ':' };
        match self.catalogue.find(&format!("{name}{separator}{reference}")) {
            Err(Missing::NotFound) => Found::Nothing,
            Err(Missing::Private) => Found::Private,
            Ok(entry) if separator == '@' => {
                let told = entry.digests.iter().any(|digest| digest == reference);
                Found::RealDigest(entry, self.manifest_of(entry).filter(|_| told))
            }
            Ok(entry) => self.images.get(&entry.name).map_or(Found::Nothing, |image| Found::Image(entry, image)),
        }
    }

    fn by_own_digest(&self, name: &str, digest: &str) -> Option<Found<'_>> {
        let wanted = Reference::parse(name).name;
        let entry = self.catalogue.images.iter().find(|entry| Reference::parse(&entry.name).name == wanted)?;
        let image = self.images.get(&entry.name)?;
        (image.manifest.digest == digest).then_some(Found::Image(entry, image))
    }

    pub(crate) fn config(&self, digest: &str) -> Option<&Document> {
        self.configs.get(digest)
    }

    pub(crate) fn layer(&self, digest: &str) -> Option<&Layer> {
        self.layers.get(digest)
    }

    /// An entry's manifest.
    pub(crate) fn manifest_of(&self, entry: &Image) -> Option<&Document> {
        self.images.get(&entry.name).map(|image| &image.manifest)
    }
}

/// Tags have no colon.
fn is_digest(reference: &str) -> bool {
    reference.contains(':')
}
