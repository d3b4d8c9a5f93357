//! The lines of a journal.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command::{CommandFinished, CommandStarted, ShellStep};
use super::real_ends::{PulledImage, RealCluster, RealHub};
use super::run_started::{PlannedScenario, RunStarted};
use crate::diagnostic::{Diagnostic, Location};
use crate::verdict::StepVerdict;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// From 1, without gaps.
    pub seq: u64,
    /// Wall time.
    pub wall: Timestamp,
    /// Environment time, when the event belongs to an environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The scenario's number in the plan, when the event belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<usize>,
    /// The attempt at that scenario, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<usize>,
    /// The step's place in the scenario from 0, when the event happened during one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The first line.
    RunStarted(RunStarted),
    /// One for each selected scenario, before any runs, so that what never ran is known too.
    ScenarioPlanned(PlannedScenario),
    /// It will not run because a declared capability is missing.
    ScenarioSkipped {
        /// The missing capability, such as `kubectl`.
        capability: String,
        /// One sentence.
        reason: String,
    },
    /// An attempt begins.
    ScenarioStarted,
    /// The scenario's environment is ready.
    EnvironmentReady {
        /// Base URL of the hub.
        hub: String,
        /// Base URL of the cluster's API.
        cluster: String,
        /// Wall time from start to ready, in milliseconds.
        took_ms: f64,
    },
    /// Something outside of scenarios has begun that takes a while.
    Preparing {
        /// What, for people.
        what: String,
    },
    /// A real cluster is ready for scenarios.
    ClusterReady(RealCluster),
    /// What the nodes of a real cluster have pulled so far from the images' own registries.
    ImagesPulled {
        /// All of it, in order.
        images: Vec<PulledImage>,
    },
    /// A real hub is ready for scenarios.
    HubReady(RealHub),
    /// What a scenario left on a real cluster or hub stays, as was asked for.
    Kept {
        /// What, and how to get to it and to remove it.
        what: String,
    },
    /// A step begins.
    StepStarted,
    /// A step ended.
    StepFinished(StepFinished),
    /// A traced command begins.
    CommandStarted(CommandStarted),
    /// A traced command ended.
    CommandFinished(CommandFinished),
    /// A script did something itself that matters to what is said of it.
    ShellStep(ShellStep),
    /// Which lines of a file a script has reached.
    LinesReached {
        /// The number of the traced command that is the script.
        script: u64,
        /// The file, as locations name it.
        file: String,
        /// From 1, in order.
        lines: Vec<usize>,
    },
    /// A script called a tool in a way that runs past the tracer.
    UntracedCommand {
        /// The number of the traced command that is the script.
        script: u64,
        /// The expanded words, as bash traced them.
        argv: Vec<String>,
        /// Where the script has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Location>,
        /// What takes it past, in words.
        why: String,
    },
    /// A script asked its reader something.
    Prompt {
        /// The number of the traced command that is the script.
        script: u64,
        /// What it asked; empty when it asked without a word.
        text: String,
        /// Where the script asks it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Location>,
        /// Whether an answer was declared. The answer itself may be a secret.
        answered: bool,
    },
    /// A script has ended and left a temporary file: one that it made under a name of its own choice, as `mktemp`
    /// gives, or one that holds a secret.
    TemporaryFileLeft {
        /// The number of the traced command that is the script.
        script: u64,
        /// Its path, as a reader knows it.
        file: String,
        /// Where the script made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Location>,
        /// Whether a secret of the hub or the cluster stands in it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        secret: bool,
    },
    /// The hub or the cluster answered a request.
    Exchange(Exchange),
    /// A hub entity or Kubernetes object changed.
    Effect(Effect),
    /// A worker whose own requests nobody sees has applied an object, says the hub.
    Applied(AppliedObject),
    /// A rule for faults did something: what went wrong was meant to.
    Injected(Injection),
    /// A defect that no assertion asked for.
    Finding(Finding),
    /// An assertion asked for the finding with this number: it is no longer held against the run.
    FindingExpected {
        /// The finding's number.
        finding: u64,
        /// The step that expected it.
        by: Location,
    },
    /// Evidence with no event of its own.
    Attachment(Attachment),
    /// The harness or the environment broke.
    EnvironmentFailed {
        /// What happened.
        diagnostic: Diagnostic,
    },
    /// Clean-up left something behind.
    Leftover {
        /// What, for people.
        what: String,
    },
    /// The attempt ended.
    ScenarioFinished,
    /// A signal asked the run to end.
    Interrupted {
        /// `SIGINT` or `SIGTERM`.
        signal: String,
    },
    /// The run's time budget is used up.
    BudgetExceeded {
        /// The budget, in milliseconds of wall time.
        budget_ms: f64,
    },
    /// The last line of a run that was not killed.
    RunFinished {
        /// The status the process ends with.
        exit_status: u8,
    },
}

/// A step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepFinished {
    /// What became of it; never `not-run`.
    pub verdict: StepVerdict,
    /// Environment time, in milliseconds.
    pub duration_ms: f64,
    /// Wall time, in milliseconds.
    pub wall_ms: f64,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<Diagnostic>,
}

/// The hub or the cluster answered a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// `confighub` or `kubernetes`.
    pub system: String,
    /// Who sent it, for people: `step`, `command`, `worker`, a controller's name or a User-Agent.
    pub actor: String,
    /// The traced command behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// The unit for which it was sent, when a worker did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitName>,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The status answered.
    pub status: u16,
    /// The message of an answer of 400 and above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Wall time until the answer's head, in milliseconds.
    pub duration_ms: f64,
    /// What the server made of it, where it has users and resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
}

/// A unit of the hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct UnitName {
    /// The slug of its space.
    pub space: String,
    /// Its own slug.
    pub unit: String,
}

/// Who wanted to do what to which object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// The user for whom the request was answered; empty when nobody could be made out.
    pub user: String,
    /// Who sent it, when that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<String>,
    /// Such as `list` and `deletecollection`; the HTTP method in lower case for what is no resource.
    pub verb: String,
    /// `pods`, `deployments.apps`, `pods/log`; the path for what is no resource.
    pub resource: String,
    /// The namespace, if it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The object's name, if one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What happened to an entity or object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeVerb {
    /// It came into being.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It is gone.
    Deleted,
}

impl std::fmt::Display for ChangeVerb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl ChangeVerb {
    /// As one word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// One change of one hub entity or Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// `confighub` or `kubernetes`.
    pub system: String,
    /// Who made it, for people.
    pub actor: String,
    /// The traced command at the beginning of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// What happened.
    pub verb: ChangeVerb,
    /// Entity type or kind.
    pub kind: String,
    /// Space or namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Slug or name.
    pub name: String,
    /// What is different now, in one line.
    pub summary: String,
}

/// An object that a worker has applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedObject {
    /// The traced command that queued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// The unit whose data it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitName>,
    /// Its kind, such as `Deployment`.
    pub kind: String,
    /// Its namespace, where the unit's data names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// What a rule for faults did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Injection {
    /// `confighub` or `kubernetes`.
    pub system: String,
    /// Whom it met, for people.
    pub actor: String,
    /// The traced command that it met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// The number of the rule in its environment.
    pub rule: u64,
    /// The rule's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it did, such as `error 503`.
    pub fault: String,
    /// What it was done to: method and path of a request, or what else it was.
    pub target: String,
}

impl std::fmt::Display for Injection {
    /// In one line: `error 503 on GET /api/space (rule 1, busy hour)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {} (rule {}", self.fault, self.target, self.rule)?;
        self.label.as_ref().map_or(Ok(()), |label| write!(f, ", {label}"))?;
        f.write_str(")")
    }
}

/// What a finding does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// It turns the scenario red.
    Deny,
    /// It is reported and changes nothing.
    Warn,
    /// It is recorded and shown on request.
    Allow,
}

/// A defect observed in the system under test that no assertion asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Unique within the run.
    pub number: u64,
    /// The detector's name, such as `masked-failure`.
    pub kind: String,
    /// What it does to the verdict.
    pub policy: Policy,
    /// One sentence that names the command and what became of its failure.
    pub message: String,
    /// Where in the script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Location>,
    /// The text of that line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_line: Option<String>,
    /// The traced command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// Its command line, quoted for a shell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
    /// Its exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// What it said, shortened to the telling lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The likely cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// How to fix it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The place of the finding that this one follows from: mending that one may well mend this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Location>,
}

/// Evidence with no event of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What it is, such as `events in namespace default`.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The text, secrets replaced.
    pub text: String,
}
