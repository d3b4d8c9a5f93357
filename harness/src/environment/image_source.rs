//! Where the nodes of a Kind cluster take their images from. A cluster that stays remembers it: what its nodes have once
//! pulled they do not pull again, so the other kind of images must not come to them later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use stagegate_kind::{Cluster, NodeCommand};
use stagegate_kubernetes::Catalogue;
use stagegate_reports::journal::PulledImage;

use super::EnvironmentError;
use super::kind_site::blocking;
use super::pulled_images;

/// Where a cluster that stays remembers its source.
const PATH: &str = "/etc/stagegate/images.json";

/// Prints the file `$0`, and nothing where there is none.
const READ_IF_THERE: &str = r#"test ! -e "$0" || cat -- "$0""#;

/// Where the nodes take their images from.
pub(super) enum ImageSource {
    /// Stand-ins of these, served by the run.
    StandIns(Catalogue),
    /// The registries that the images' names name.
    Registries,
}

/// What a cluster that stays remembers.
#[derive(Serialize, Deserialize)]
struct Remembered {
    source: Source,
    /// The images that came with its nodes.
    own: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
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

    /// The images of a new cluster's nodes that are not the run's doing, where somebody will ask what is.
    pub(super) async fn begin(&self, cluster: &Cluster, stays: bool) -> Result<BTreeSet<String>, EnvironmentError> {
        let own = match self {
            Self::StandIns(_) => BTreeSet::new(),
            Self::Registries => names(pulled_images::on_nodes(cluster.clone()).await?),
        };
        if stays {
            let remembered = Remembered { source: self.source(), own: own.clone() };
            let text =
                serde_json::to_vec(&remembered).map_err(|error| EnvironmentError::Baseline(error.to_string()))?;
            let cluster = cluster.clone();
            blocking(move || cluster.write_file(&cluster.control_plane()?, PATH, 0o644, &text)).await?;
        }
        Ok(own)
    }

    /// The same of a cluster that is used again.
    ///
    /// # Errors
    ///
    /// When its nodes took their images from elsewhere.
    pub(super) async fn resume(&self, cluster: &Cluster) -> Result<BTreeSet<String>, EnvironmentError> {
        let (named, read) = (cluster.clone(), NodeCommand::new(["sh", "-c", READ_IF_THERE, PATH]));
        let kept = blocking(move || named.exec(&named.control_plane()?, &read)).await?;
        let remembered = match kept.stdout.as_slice() {
            // One without the file was made when there were only stand-ins.
            [] if kept.success() => Remembered { source: Source::StandIns, own: BTreeSet::new() },
            text => serde_json::from_slice(text).map_err(|error| EnvironmentError::Baseline(error.to_string()))?,
        };
        if remembered.source != self.source() {
            return Err(EnvironmentError::OtherImages {
                name: cluster.name().to_string(),
                has: remembered.source.words(),
                wanted: self.words(),
            });
        }
        Ok(remembered.own)
    }

    /// What the nodes have pulled since then.
    pub(super) async fn pulled(
        &self,
        cluster: &Cluster,
        own: &BTreeSet<String>,
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

fn names(images: Vec<PulledImage>) -> BTreeSet<String> {
    images.into_iter().map(|pulled| pulled.image).collect()
}
