//! A scenario's scripts: the workspace they run in, and what the detectors say of them.

use std::time::Duration;

use stagegate_cub::Era;
use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{Event, Finding};
use stagegate_reports::{ClusterLane, CubLane};

use super::scenario::Scenario;
use crate::failure::Failure;
use crate::findings::{self, Policies, PrintedCommand, Sources, UNCHECKED_STATUS};
use crate::journal::Scribe;
use crate::script::{Checkout, Cub, KindCluster, Limits, Outcome, RunOptions, Setup, Texts, Workspace};

/// How much of a script's output a finding about its end shows.
const LAST_LINES: usize = 3;

/// The stand-in's commands of a month.
fn contract(month: &str) -> Result<Era, Failure> {
    Era::named(month).ok_or_else(|| Failure::environment(format!("the built-in cub has no commands of {month}")))
}

impl Scenario {
    /// Copies a tutorial into the scenario's folder and gives it a session with the hub, access to
    /// the cluster and shims.
    pub async fn use_tutorial(&mut self, checkout: Checkout) -> Result<(), Failure> {
        let settings = self.settings()?.clone();
        let environment = self.environment().await?;
        let hub = environment.hub().clone();
        let kubeconfig = environment.kubeconfig(&environment.cluster().token);
        let seed = environment.seed().number("seed of the client", 0..=u64::from(u32::MAX));
        let folder = environment.folder().path().map_err(|error| Failure::environment(error.to_string()))?.to_owned();
        let port = hub.url.rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap_or_default();
        let is_existing = matches!(settings.lane.cluster, ClusterLane::Kubeconfig(_));
        let is_embedded = settings.lane.cluster == ClusterLane::Embedded;
        let images = settings.cluster.images().map_err(|error| Failure::environment(error.to_string()))?;
        let kind = KindCluster {
            kubeconfig: kubeconfig.clone(),
            nodes: is_embedded.then(|| vec![stagegate_kubernetes::NODE.to_owned()]),
            version: is_embedded.then(|| stagegate_kubernetes::VERSION.to_owned()),
            images: (!is_existing).then_some(images),
        };
        let setup = Setup {
            cub: match &settings.lane.cub {
                CubLane::Builtin => Cub::BuiltIn(Era::default()),
                CubLane::BuiltinContract(month) => Cub::BuiltIn(contract(month)?),
                CubLane::Real(path) => Cub::Real(path.into()),
            },
            kubeconfig: Some(kubeconfig),
            kind: Some(kind),
            mark_kubeconfig: true,
            folder: Some(folder),
            home: hub.session.iter().map(|(path, text)| (path.into(), text.clone())).collect(),
            environment: vec![
                ("CONFIGHUB_URL".to_owned(), hub.url.clone()),
                ("CONFIGHUB_WORKER_PORT".to_owned(), port),
                ("STAGEGATE_SEED".to_owned(), seed.to_string()),
            ],
            ..Setup::new(checkout, settings.executable.clone())
        };
        let workspace = Workspace::prepare(&setup)
            .map_err(|error| Failure::environment("the tutorial cannot be made ready to run").caused_by(&error))?;
        self.environment().await?.set_workspace(workspace);
        Ok(())
    }

    /// Runs one command line in the scenario's workspace; then the detectors look at what it did.
    pub async fn run_script(&mut self, line: &str) -> Result<(), Failure> {
        let ran = self.run_line(line, None).await?;
        self.set_script(ran);
        Ok(())
    }

    /// Runs the commands that the scripts so far have printed for their reader to type, in order. How
    /// each ends is for the detectors to judge; the latest script stays the one that steps ask about.
    pub async fn run_printed_commands(&mut self) -> Result<Vec<PrintedCommand>, Failure> {
        let printed = findings::printed_commands(&self.scribe()?.records());
        for command in &printed {
            self.run_line(&command.line, Some(command.at.clone())).await?;
        }
        Ok(printed)
    }

    async fn run_line(&mut self, line: &str, printed_at: Option<Location>) -> Result<Outcome, Failure> {
        let (speed, timeout) = (self.settings()?.speed, self.settings()?.scenario_limit);
        let scribe = self.scribe()?.clone();
        self.environment().await?;
        if printed_at.is_none() {
            self.report_unchecked_failure();
        }
        self.hold_clock(false);
        let ran = self.run_and_detect((line, printed_at), &scribe, speed, timeout.mul_f64(speed.max(1.0))).await;
        self.hold_clock(true);
        ran
    }

    /// Writes a finding when the latest script failed and no step has looked at that.
    pub(super) fn report_unchecked_failure(&self) {
        let (Some(outcome), Ok(scribe), Ok(settings)) = (self.unchecked_failure(), self.scribe(), self.settings())
        else {
            return;
        };
        let records = scribe.records();
        let command_line = records.iter().find_map(|record| match &record.event {
            Event::CommandStarted(started) if started.number == outcome.number => started.argv.last().cloned(),
            _ => None,
        });
        let ending = findings::ending(&records, outcome.number);
        let ended = match outcome.exit_status() {
            Some(status) => format!("ended with exit status {status}"),
            None => format!("was killed: {}", outcome.ended),
        };
        scribe.write(Event::Finding(Finding {
            number: scribe.next_finding_number(),
            kind: UNCHECKED_STATUS.to_owned(),
            policy: settings.policies.policy(UNCHECKED_STATUS),
            message: format!("`{}` {ended} and no step looked at that", command_line.as_deref().unwrap_or_default()),
            source: ending.as_ref().and_then(|ending| ending.source.clone()),
            source_line: None,
            command: Some(outcome.number),
            command_line,
            exit_status: outcome.exit_status(),
            // The end mostly says why it gave up.
            output: findings::last_lines(&outcome.output.text, LAST_LINES),
            cause: ending.map(|ending| ending.to_string()),
            help: Some("add `Then it exits with status 0`, or the status that is expected".to_owned()),
            follows: None,
        }));
    }

    /// Lets the detectors look at what a step that was cut short has left in the journal.
    pub(super) fn detect_at_end(&self, workspace: &Workspace) {
        if let (Ok(scribe), Ok(settings)) = (self.scribe(), self.settings()) {
            write_findings(scribe, workspace, &settings.policies);
        }
    }

    async fn run_and_detect(
        &mut self,
        (line, printed_at): (&str, Option<Location>),
        scribe: &Scribe,
        speed: f64,
        timeout: Duration,
    ) -> Result<Outcome, Failure> {
        let policies = self.settings()?.policies.clone();
        let answers = self.answers.clone().or(&self.settings()?.answers);
        let environment = self.environment().await?;
        let options =
            RunOptions { clock: environment.clock().clone(), speed, timeout, limits: Limits::default(), answers };
        let workspace = environment.workspace().ok_or_else(no_tutorial)?;
        let mut cut_short =
            CutShort { scribe: scribe.clone(), texts: workspace.texts(), policies: policies.clone(), over: false };
        let outcome = workspace
            .run_from(line, printed_at, scribe, &options)
            .await
            .map_err(|error| Failure::environment("the script could not be run").caused_by(&error))?;
        cut_short.over = true;
        environment.settled().await;
        let workspace = environment.workspace().ok_or_else(no_tutorial)?;
        write_findings(scribe, workspace, &policies);
        Ok(outcome)
    }

    /// Lets the detectors look again: what happened after a script may show what was wrong with it.
    pub async fn detect_again(&mut self) -> Result<(), Failure> {
        let (policies, scribe) = (self.settings()?.policies.clone(), self.scribe()?.clone());
        if let Some(workspace) = self.environment().await?.workspace() {
            write_findings(&scribe, workspace, &policies);
        }
        Ok(())
    }

    /// The findings of this attempt so far.
    pub fn findings(&self) -> Result<Vec<Finding>, Failure> {
        let found = self.scribe()?.records().into_iter().filter_map(|record| match record.event {
            Event::Finding(finding) => Some(finding),
            _ => None,
        });
        Ok(found.collect())
    }

    /// The text of a file of the workspace, as it is now.
    pub async fn workspace_file(&mut self, path: &str) -> Result<String, Failure> {
        let workspace = self.environment().await?.workspace().ok_or_else(no_tutorial)?;
        let inside = std::path::Path::new(path);
        if !inside.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
            return Err(Failure::assertion(format!("`{path}` is no path inside the checkout")));
        }
        std::fs::read_to_string(workspace.checkout().join(inside))
            .map_err(|error| Failure::assertion(format!("the file `{path}` cannot be read")).caused_by(&error))
    }
}

/// Lets the detectors look at what a script did until it was cut short, as by Ctrl-C.
struct CutShort {
    scribe: Scribe,
    texts: Texts,
    policies: Policies,
    over: bool,
}

impl Drop for CutShort {
    fn drop(&mut self) {
        if !self.over {
            write_findings(&self.scribe, &self.texts, &self.policies);
        }
    }
}

fn write_findings(scribe: &Scribe, sources: &dyn Sources, policies: &Policies) {
    for finding in findings::detect(&scribe.records(), sources, policies) {
        let number = scribe.next_finding_number();
        scribe.write(Event::Finding(Finding { number, ..finding }));
    }
}

fn no_tutorial() -> Failure {
    Failure::assertion("there is no tutorial to run scripts of")
        .help("begin the scenario with `Given the tutorial` or `Given the built-in tutorial \"correct\"`")
}
