//! The image catalogue: which images exist and how their containers behave.

use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration_text;

/// The images a node can pull. An image that is not in here does not exist.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Catalogue {
    /// One entry a repository.
    pub images: Vec<Image>,
}

/// A repository and the behaviour of a container made from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own in the file")]
pub struct Image {
    /// The repository, such as `ghcr.io/finos/traderx/reference-data`, without tag or digest.
    pub name: String,
    /// The tags that exist; one that ends in `*` stands for every tag that begins so.
    #[serde(default = "latest")]
    pub tags: Vec<String>,
    /// The digests (`sha256:…`) that exist; `*` stands for every digest.
    #[serde(default)]
    pub digests: Vec<String>,
    /// Credentials are needed that nobody has: pulling fails with 403.
    #[serde(default)]
    pub private: bool,
    /// The node has it from the beginning, as after `kind load`.
    #[serde(default)]
    pub loaded: bool,
    /// The process has no handler for SIGTERM, which the first process of a container then does not
    /// get: it ends with SIGKILL when the grace period is over.
    #[serde(default)]
    pub ignores_sigterm: bool,
    /// How long the first pull takes.
    #[serde(default = "second", with = "duration_text")]
    pub pull: Duration,
    /// Bytes of the image.
    #[serde(default = "hundred_megabytes")]
    pub size: u64,
    /// From the start of the process until its ports listen.
    #[serde(default, with = "duration_text")]
    pub start_up: Duration,
    /// What its process listens on, whatever the manifest's `containerPort` says.
    #[serde(default)]
    pub listen: Vec<Listener>,
    /// Its process is an interpreter, which ends at once where the manifest gives it nothing to run. A program that the
    /// manifest does give it runs, and listens on nothing that is not declared.
    #[serde(default)]
    pub interpreter: bool,
    /// Its process is this command (OCI image configuration), which a container's `command` replaces.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// What follows the entrypoint, which a container's `args` replace.
    #[serde(default)]
    pub cmd: Vec<String>,
    /// The commands that can be run in its containers: names, `@debian` and `@busybox` for those of images that are made
    /// of these, and clients of servers (`stagegate_commands::CLIENTS`). All that the simulator has, but for clients,
    /// when it is left out.
    pub commands: Option<Vec<String>>,
    /// Tags of which the images have other commands.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// The [`crate::Program`] that is its process.
    pub program: Option<String>,
    /// How the process ends by itself.
    pub crash: Option<Crash>,
    /// Working-set bytes; above the container's memory limit the process is OOM-killed.
    #[serde(default)]
    pub memory: u64,
    /// Thousandths of a CPU that the process uses.
    #[serde(default = "one_thousandth")]
    pub cpu: u64,
    /// Lines printed once the ports listen.
    #[serde(default)]
    pub log: Vec<String>,
}

/// Images of a repository that are made of something else than the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Variant {
    /// Their tags, where a `*` at the beginning or the end stands for anything.
    pub tags: Vec<String>,
    /// The commands that they have.
    pub commands: Vec<String>,
}

/// A listening port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Listener {
    /// The port, unless the variable named by `env` says another.
    pub port: u16,
    /// An environment variable of the container that overrides `port`.
    pub env: Option<String>,
    /// HTTP answers by path; a path that is not listed answers 404. Empty for plain TCP.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// The port speaks TCP but not HTTP.
    #[serde(default)]
    pub tcp: bool,
    /// HTTP requests go where the Ingresses say whose class has this controller
    /// (`k8s.io/ingress-nginx`): the image is that controller's.
    #[serde(default)]
    pub ingress: Option<String>,
    /// The API (`metrics.k8s.io/v1beta1`) that it serves to the cluster's API server. That one answers it by itself, in
    /// this server's place.
    #[serde(default)]
    pub api: Option<String>,
}

/// The answer to GET of one path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// The path; with a trailing `*` every path that begins so.
    pub path: String,
    /// The HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// The Content-Type.
    #[serde(default = "plain")]
    pub content_type: String,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// How long the answer takes.
    #[serde(default, with = "duration_text")]
    pub delay: Duration,
}

/// The end of a process that nobody asked to stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crash {
    /// How long after its start.
    #[serde(with = "duration_text")]
    pub after: Duration,
    /// Its exit code; 0 means that it completed.
    #[serde(default = "one")]
    pub exit_code: i32,
    /// The last line it prints.
    #[serde(default)]
    pub log: String,
}

/// A catalogue that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The text is not a catalogue.
    #[error("the image catalogue cannot be read: {0}")]
    Parse(#[from] serde_saphyr::Error),
    /// Two entries have the same name.
    #[error("the image catalogue lists `{0}` twice")]
    Twice(String),
}

/// Why an image cannot be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The registry has no such repository, tag or digest.
    NotFound,
    /// The registry wants credentials.
    Private,
}

impl Catalogue {
    /// The images of the FINOS TraderX services, of the bridge worker, of tools that people run by hand, of an ingress
    /// controller, and those of other servers that tutorials like to deploy.
    pub fn built_in() -> Result<Self, CatalogueError> {
        // Every environment begins with them.
        static BUILT_IN: OnceLock<Catalogue> = OnceLock::new();
        if let Some(known) = BUILT_IN.get() {
            return Ok(known.clone());
        }
        let read = [
            include_str!("../../catalogue/finos.yaml"),
            include_str!("../../catalogue/tools.yaml"),
            include_str!("../../catalogue/controllers.yaml"),
            include_str!("../../catalogue/servers.yaml"),
            include_str!("../../catalogue/bitnami.yaml"),
            include_str!("../../catalogue/interpreters.yaml"),
        ]
        .into_iter()
        .try_fold(Self::default(), |all, text| Ok::<_, CatalogueError>(all.with(Self::parse(text)?)))?;
        Ok(BUILT_IN.get_or_init(|| read).clone())
    }

    /// Reads a catalogue from YAML.
    pub fn parse(yaml: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = serde_saphyr::from_str(yaml)?;
        let mut names: Vec<_> =
            catalogue.images.iter().map(|image| (Reference::parse(&image.name).name, &image.name)).collect();
        names.sort();
        match names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(CatalogueError::Twice(pair[0].1.clone())),
            None => Ok(catalogue),
        }
    }

    /// This catalogue with the entries of `other`, which win where both name an image.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        let whole = |image: &Image| Reference::parse(&image.name).name;
        self.images.retain(|mine| other.images.iter().all(|theirs| whole(theirs) != whole(mine)));
        self.images.extend(other.images);
        self
    }

    /// What pulling `reference` (`name`, `name:tag`, `name@digest`, `name:tag@digest`) finds.
    pub fn find(&self, reference: &str) -> Result<&Image, Missing> {
        let parts = Reference::parse(reference);
        let image = self
            .images
            .iter()
            .find(|image| Reference::parse(&image.name).name == parts.name)
            .ok_or(Missing::NotFound)?;
        if image.private {
            return Err(Missing::Private);
        }
        let listed = match parts.digest {
            Some(digest) => image.digests.iter().any(|one| one == "*" || one == digest),
            None => image.has_tag(parts.tag),
        };
        if listed { Ok(image) } else { Err(Missing::NotFound) }
    }
}

impl Image {
    fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|one| one.strip_suffix('*').map_or(one == tag, |start| tag.starts_with(start)))
    }

    /// The image of one tag: what its variant says counts for it. A digest alone does not tell.
    #[must_use]
    pub fn of(&self, reference: &str) -> Self {
        let tag = Reference::parse(reference).tag;
        let fits = |pattern: &String| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(_), Some(_)) => tag.contains(pattern.trim_matches('*')),
            (Some(end), None) => tag.ends_with(end),
            (None, Some(start)) => tag.starts_with(start),
            (None, None) => tag == pattern,
        };
        let mut image = self.clone();
        if let Some(variant) = self.variants.iter().find(|variant| variant.tags.iter().any(fits)) {
            image.commands = Some(variant.commands.clone());
        }
        image
    }

    /// What the images of all tags have together; `None` when they have all that the simulator has.
    pub fn all_commands(&self) -> Option<Vec<String>> {
        let mut all = self.commands.clone()?;
        all.extend(self.variants.iter().flat_map(|variant| variant.commands.iter().cloned()));
        Some(all)
    }

    /// The tags that are named in full: of a pattern nobody knows which ones there are.
    pub fn whole_tags(&self) -> impl Iterator<Item = &String> {
        self.tags.iter().filter(|tag| !tag.ends_with('*'))
    }

    /// Whether its process is a command rather than a declared behaviour.
    pub fn is_tool(&self) -> bool {
        !self.entrypoint.is_empty() || !self.cmd.is_empty()
    }
}

/// An image reference taken apart and completed as containerd completes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// With registry: `docker.io/library/nginx`.
    pub name: String,
    /// `latest` when none is given.
    pub tag: &'a str,
    /// `sha256:…`, where the reference has one; the tag does not count then.
    pub digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Takes a reference apart; every text is one.
    pub fn parse(text: &'a str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (rest, "latest"),
        };
        let name = match path.split_once('/') {
            Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => path.to_owned(),
            Some(_) => format!("docker.io/{path}"),
            None => format!("docker.io/library/{path}"),
        };
        Self { name, tag, digest }
    }

    /// The whole reference: `docker.io/library/nginx:latest`.
    pub fn canonical(&self) -> String {
        match self.digest {
            Some(digest) => format!("{}@{digest}", self.name),
            None => format!("{}:{}", self.name, self.tag),
        }
    }
}

fn latest() -> Vec<String> {
    vec!["latest".to_owned()]
}

fn second() -> Duration {
    Duration::from_secs(1)
}

fn hundred_megabytes() -> u64 {
    100_000_000
}

fn one_thousandth() -> u64 {
    1
}

fn ok() -> u16 {
    200
}

fn one() -> i32 {
    1
}

fn plain() -> String {
    "text/plain".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_completed_as_containerd_completes_them() {
        for (text, expected) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("acme/web:1.0", "docker.io/acme/web:1.0"),
            ("localhost:5000/web", "localhost:5000/web:latest"),
            ("ghcr.io/acme/web:1@sha256:ab", "ghcr.io/acme/web@sha256:ab"),
        ] {
            assert_eq!(Reference::parse(text).canonical(), expected);
        }
    }

    #[test]
    fn only_listed_tags_and_digests_exist() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let name = "ghcr.io/finos/traderx/reference-data";
        assert!(catalogue.find(name).is_ok());
        assert!(catalogue.find(&format!("{name}:latest")).is_ok());
        assert_eq!(catalogue.find(&format!("{name}:v1")).err(), Some(Missing::NotFound));
        assert_eq!(catalogue.find(&format!("{name}@sha256:0")).err(), Some(Missing::NotFound));
        let worker = "ghcr.io/confighubai/confighub-worker";
        let pinned = format!("{worker}@sha256:704352a1082163aee749c90b05223f882d8bacfd6e14981112b0d9f07b1d6fd0");
        assert_eq!(catalogue.find(&pinned).map(|image| image.program.as_deref()), Ok(Some("confighub-worker")));
    }

    #[test]
    fn a_tag_that_ends_in_a_star_stands_for_those_that_begin_so() {
        let text = "images: [{ name: a, tags: [latest, '1.*'] }, { name: b, tags: ['*'] }]";
        let catalogue = Catalogue::parse(text).expect("a catalogue");
        let found = ["a", "a:1.27-alpine", "a:2.0", "a:1", "b:v1"].map(|image| catalogue.find(image).is_ok());
        assert_eq!(found, [true, true, false, false, true]);
    }

    #[test]
    fn an_entry_survives_being_written_as_json() {
        for image in Catalogue::built_in().expect("the built-in catalogue").images {
            let json = serde_json::to_string(&image).expect("JSON");
            assert_eq!(serde_json::from_str::<Image>(&json).expect("an entry"), image, "{json}");
        }
    }

    #[test]
    fn a_catalogue_with_a_mistake_says_which() {
        let twice = Catalogue::parse("images: [{ name: a }, { name: a }]").expect_err("twice");
        assert_eq!(twice.to_string(), "the image catalogue lists `a` twice");
        let unknown = Catalogue::parse("images: [{ name: a, pul: 1s }]").expect_err("an unknown field");
        assert!(unknown.to_string().contains("pul"), "{unknown}");
        let span = Catalogue::parse("images: [{ name: a, pull: soon }]").expect_err("no duration");
        assert!(span.to_string().contains("soon"), "{span}");
    }
}
