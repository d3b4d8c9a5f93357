//! Where the nodes of a Kind cluster take their images from. A cluster that stays remembers it: what its nodes have once
//! pulled they do not pull again, so the other kind of images must not come to them later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use stagegate_kind::Cluster;
use stagegate_kubernetes::Catalogue;
use stagegate_reports::journal::PulledImage;

use super::EnvironmentError;
use super::pulled_images;

/// Where the nodes take their images from.
pub(super) enum ImageSource {
    /// Stand-ins of these, served by the run.
    StandIns(Catalogue),
    /// The registries that the images' names name.
    Registries,
}

/// What a cluster that stays remembers of its images. One that remembers nothing was made when there were only stand-ins.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Remembered {
    source: Source,
    /// The images that came with its nodes, where somebody will ask what did not.
    own: BTreeSet<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    #[default]
    StandIns,
    Registries,
}

impl Source {
    fn words(self) -> &'static str {
        match self {
            Self::StandIns => "stand-ins of stagegate",
            Self::Registries => "what their registries serve",
        }
    }
}

impl ImageSource {
    fn source(&self) -> Source {
        match self {
            Self::StandIns(_) => Source::StandIns,
            Self::Registries => Source::Registries,
        }
    }

    /// What containers run, for people.
    pub(super) fn words(&self) -> &'static str {
        self.source().words()
    }

    /// What a new cluster is to remember.
    pub(super) async fn begin(&self, cluster: &Cluster) -> Result<Remembered, EnvironmentError> {
        let own = match self {
            Self::StandIns(_) => BTreeSet::new(),
            Self::Registries => {
                pulled_images::on_nodes(cluster.clone()).await?.into_iter().map(|pulled| pulled.image).collect()
            }
        };
        Ok(Remembered { source: self.source(), own })
    }

    /// Whether a cluster that is used again has images from here; the error names both.
    pub(super) fn resume(&self, cluster: &Cluster, remembered: &Remembered) -> Result<(), EnvironmentError> {
        if remembered.source == self.source() {
            return Ok(());
        }
        Err(EnvironmentError::OtherImages {
            name: cluster.name().to_string(),
            has: remembered.source.words(),
            wanted: self.words(),
        })
    }

    /// What the nodes have pulled since then.
    pub(super) async fn pulled(
        &self,
        cluster: &Cluster,
        Remembered { own, .. }: &Remembered,
    ) -> Result<Vec<PulledImage>, EnvironmentError> {
        match self {
            // They are in the report by what they are.
            Self::StandIns(_) => Ok(Vec::new()),
            Self::Registries => {
                let all = pulled_images::on_nodes(cluster.clone()).await?;
                Ok(all.into_iter().filter(|pulled| !own.contains(&pulled.image)).collect())
            }
        }
    }
}
