//! An image of one program as `docker load` takes it: an archive of its layer, its configuration and a list of both.

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::contents::{Base, EXECUTABLE};
use crate::executable::ExecutableError;
use crate::layer::{Builder, Layer};

/// The layer's name in the archive.
const LAYER: &str = "layer.tar";

/// An image in an archive, which is read in pieces: it may be larger than memory should be.
#[derive(Debug)]
pub struct Archive(Layer);

impl Archive {
    /// An image called `name` (`REPOSITORY:TAG`) that runs an executable of stagegate with these arguments.
    ///
    /// # Errors
    ///
    /// When the executable, or a library that it needs, cannot be read or is not for Linux.
    pub fn new(
        executable: &Path,
        name: &str,
        arguments: &[&str],
        labels: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ExecutableError> {
        let base = Base::of(executable)?;
        let labels: Map<String, Value> = labels.into_iter().map(|(name, value)| (name, value.into())).collect();
        let entrypoint: Vec<&str> = std::iter::once(EXECUTABLE).chain(arguments.iter().copied()).collect();
        let config = json!({
            "architecture": base.architecture.name(),
            "os": "linux",
            "config": {
                "Entrypoint": entrypoint,
                "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root"],
                "WorkingDir": "/",
                "Labels": labels,
            },
            "rootfs": { "type": "layers", "diff_ids": [base.layer.digest] },
        })
        .to_string();
        let document = format!("{:x}.json", Sha256::digest(&config));
        let list = json!([{ "Config": document, "RepoTags": [name], "Layers": [LAYER] }]).to_string();
        let archive = || -> io::Result<Layer> {
            let mut builder = Builder::default();
            builder.text("/manifest.json", &list)?;
            builder.text(&format!("/{document}"), &config)?;
            builder.layer(&format!("/{LAYER}"), base.layer.clone())?;
            Ok(builder.unhashed())
        };
        archive().map(Self).map_err(|source| ExecutableError::Read { path: executable.to_owned(), source })
    }

    /// Its bytes, from the first to the last.
    pub fn chunks(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::try_unfold((self.0, 0), |(layer, at)| async move {
            let chunk = layer.read(&(at..layer.size))?;
            let next = at + chunk.len() as u64;
            Ok((!chunk.is_empty()).then_some((chunk, (layer, next))))
        })
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Read as _;

    use futures::TryStreamExt as _;

    use super::*;

    #[tokio::test]
    async fn an_archive_holds_what_its_list_names() {
        let executable = std::env::current_exe().expect("this one");
        let labels = [("whose".to_owned(), "r1".to_owned())];
        let archive = Archive::new(&executable, "a/b:c", &["hub"], labels).expect("an archive");
        let bytes: Vec<Bytes> = archive.chunks().try_collect().await.expect("its bytes");
        let whole = bytes.concat();
        let mut files = std::collections::HashMap::new();
        for entry in tar::Archive::new(whole.as_slice()).entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            files.insert(entry.path().expect("a path").display().to_string(), content);
        }
        let json = |name: &str| serde_json::from_slice::<Value>(&files[name]).expect("JSON");
        let list = json("manifest.json");
        assert_eq!((&list[0]["RepoTags"][0], &list[0]["Layers"][0]), (&json!("a/b:c"), &json!(LAYER)));
        let config = json(list[0]["Config"].as_str().expect("a name"));
        let digest = format!("sha256:{:x}", Sha256::digest(&files[LAYER]));
        assert_eq!(config["rootfs"]["diff_ids"], json!([digest]));
        assert_eq!(config["config"]["Entrypoint"], json!([EXECUTABLE, "hub"]));
        assert_eq!(config["config"]["Labels"], json!({"whose": "r1"}));
    }
}
