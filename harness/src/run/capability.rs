//! What scenarios need of the machine and the run, declared by tags and by the sentences they use.

use std::path::{Path, PathBuf};

use stagegate_reports::journal::{PlannedScenario, PlannedStep};

use crate::environment::Site;
use crate::vocabulary::{Meaning, Sentence, Vocabulary};

/// A thing that a scenario may need, declared with the tag `@requires-NAME` or by a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// bash, for the script lane.
    Bash,
    /// kubectl, for scripts that call it.
    Kubectl,
    /// A checkout of the real tutorial, given with `--tutorial`.
    Tutorial,
    /// Nodes that run containers, as a kubelet does.
    Containers,
    /// A hub that can be told its quotas.
    HubQuota,
    /// A hub that can be made to fail in what it does by itself, such as its heartbeats.
    HubFaults,
    /// A hub with change sets.
    ChangeSets,
    /// A hub with functions.
    Functions,
    /// A hub with triggers.
    Triggers,
    /// A cluster whose nodes, clock and workers can be made to fail.
    ClusterFaults,
    /// Nodes on which nobody else has anything, so that they can be drained.
    OwnNodes,
}

const ALL: [Capability; 11] = [
    Capability::Bash,
    Capability::Kubectl,
    Capability::Tutorial,
    Capability::Containers,
    Capability::HubQuota,
    Capability::HubFaults,
    Capability::ChangeSets,
    Capability::Functions,
    Capability::Triggers,
    Capability::ClusterFaults,
    Capability::OwnNodes,
];
const TAG: &str = "@requires-";

impl Capability {
    /// The name in tags and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Kubectl => "kubectl",
            Self::Tutorial => "tutorial",
            Self::Containers => "containers",
            Self::HubQuota => "hub-quota",
            Self::HubFaults => "hub-faults",
            Self::ChangeSets => "hub-change-sets",
            Self::Functions => "hub-functions",
            Self::Triggers => "hub-triggers",
            Self::ClusterFaults => "cluster-faults",
            Self::OwnNodes => "own-nodes",
        }
    }

    /// Why a run lacks it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Bash => "there is no bash on PATH",
            Self::Kubectl => "there is no kubectl on PATH",
            Self::Tutorial => "no checkout of the tutorial was given; use --tutorial DIR",
            Self::Containers => "the nodes of the cluster run no containers",
            Self::HubQuota => "the quotas of a real hub cannot be set",
            Self::HubFaults => "what a real hub does by itself cannot be made to fail",
            Self::ChangeSets => "the hub has no change sets",
            Self::Functions => "the hub has no functions",
            Self::Triggers => "the hub has no triggers",
            Self::ClusterFaults => "nodes, clock and workers of a real cluster cannot be made to fail by rules",
            Self::OwnNodes => "the cluster has namespaces or workers of others, whose pods would be evicted, too",
        }
    }
}

/// A capability that a scenario needs and the run does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct Missing {
    /// The capability's name.
    pub name: String,
    /// One sentence.
    pub reason: String,
}

impl Missing {
    fn of(capability: Capability) -> Self {
        Self { name: capability.name().to_owned(), reason: capability.reason().to_owned() }
    }
}

/// What the run has.
#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    present: Vec<Capability>,
}

impl Capabilities {
    /// Looks for the tools on PATH, and takes it that hub and cluster can do all.
    pub fn detect(tutorial: bool) -> Self {
        let present = ALL.into_iter().filter(|capability| match capability {
            Capability::Bash | Capability::Kubectl => find_program(capability.name()).is_some(),
            Capability::Tutorial => tutorial,
            Capability::Containers
            | Capability::HubQuota
            | Capability::HubFaults
            | Capability::ChangeSets
            | Capability::Functions
            | Capability::Triggers
            | Capability::ClusterFaults
            | Capability::OwnNodes => true,
        });
        Self { present: present.collect() }
    }

    /// What of it is there on `site`.
    #[must_use]
    pub(crate) fn on(mut self, site: &Site) -> Self {
        self.present.retain(|capability| match capability {
            Capability::Containers => site.runs_containers(),
            Capability::HubQuota | Capability::HubFaults => site.has_own_hub(),
            Capability::ChangeSets => site.hub_has("change_set"),
            Capability::Functions => site.hub_has("function"),
            Capability::Triggers => site.hub_has("trigger"),
            Capability::ClusterFaults => site.has_own_cluster(),
            Capability::OwnNodes => site.has_own_nodes(),
            Capability::Bash | Capability::Kubectl | Capability::Tutorial => true,
        });
        self
    }

    /// Whether the run has `capability`.
    pub fn has(&self, capability: Capability) -> bool {
        self.present.contains(&capability)
    }

    /// The first capability that a scenario needs, by its tags or by its steps, and the run lacks.
    pub fn missing_for(&self, scenario: &PlannedScenario, vocabulary: &Vocabulary) -> Option<Missing> {
        self.missing(&scenario.tags).or_else(|| {
            let needs = scenario.steps.iter().filter_map(|step| match vocabulary.meaning(&step.text) {
                Meaning::Sentence(sentence, _) => sentence.needs.or_else(|| {
                    let (needs, argument) = (sentence.needs_by_argument?, step.argument.as_deref()?);
                    needs(argument)
                }),
                _ => None,
            });
            needs.into_iter().find(|capability| !self.has(*capability)).map(Missing::of)
        })
    }

    /// The first step of a scenario that cannot be carried out because the run lacks what it demands; none where the
    /// scenario is skipped.
    pub fn undeclared<'s>(
        &self,
        scenario: &'s PlannedScenario,
        vocabulary: &Vocabulary,
    ) -> Option<(&'s PlannedStep, Capability)> {
        if self.missing_for(scenario, vocabulary).is_some() {
            return None;
        }
        scenario.steps.iter().find_map(|step| match vocabulary.meaning(&step.text) {
            Meaning::Sentence(Sentence { demands: Some(demanded), .. }, _) if !self.has(*demanded) => {
                Some((step, *demanded))
            }
            _ => None,
        })
    }

    /// The first capability that a scenario with these tags needs and the run lacks.
    ///
    /// A `@requires-` tag of an unknown name is always missing: a misspelt need is no reason to run.
    pub fn missing(&self, tags: &[String]) -> Option<Missing> {
        tags.iter().filter_map(|tag| tag.strip_prefix(TAG)).find_map(|name| {
            match ALL.into_iter().find(|capability| capability.name() == name) {
                Some(capability) if self.has(capability) => None,
                Some(capability) => Some(Missing::of(capability)),
                None => {
                    Some(Missing { name: name.to_owned(), reason: "stagegate knows no such capability".to_owned() })
                }
            }
        })
    }
}

/// The first executable file called `name` on PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
