//! Runs feature texts against a vocabulary of a test's own and gives the run as its journal tells it.

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use stagegate_harness::environment::Site;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::features::{FeatureSource, Plan, PlanError, Selector};
use stagegate_harness::findings::Policies;
use stagegate_harness::journal::{Journal, RecordSink};
use stagegate_harness::run::{Capabilities, ClusterSettings, Ending, Keep, LoggedErrors, Run, Scenario, Settings};
use stagegate_harness::vocabulary::{Arguments, Vocabulary};
use stagegate_reports::journal::{Event, FORMAT, Record, RunStarted, Selection, Writer};
use stagegate_reports::model::{self, Fold};
use stagegate_reports::{ClusterLane, CubLane, HubLane, Lane};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What a test asks for.
pub(crate) struct Bench {
    features: Vec<FeatureSource>,
    tags: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) capabilities: Capabilities,
}

/// What came of it.
pub(crate) struct Ran {
    pub(crate) run: model::Run,
    pub(crate) records: Vec<Record>,
    pub(crate) ending: Ending,
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    writer: Option<Writer<Vec<u8>>>,
    records: Vec<Record>,
}

impl RecordSink for Memory {
    fn write(&mut self, record: Record) -> Record {
        let mut kept = self.0.lock().unwrap();
        let written =
            kept.writer.get_or_insert_with(|| Writer::new(Vec::new())).append(record).expect("memory is writable");
        kept.records.push(written.clone());
        written
    }

    fn secret(&mut self, value: &str) {
        self.0.lock().unwrap().writer.get_or_insert_with(|| Writer::new(Vec::new())).secret(value);
    }
}

impl Bench {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            features: vec![source("test.feature", text)],
            tags: None,
            settings: settings(),
            capabilities: Capabilities::default(),
        }
    }

    pub(crate) fn tags(mut self, expression: &str) -> Self {
        self.tags = Some(expression.to_owned());
        self
    }

    pub(crate) fn plan(&self) -> Result<Plan, PlanError> {
        let selector = Selector::new(self.tags.as_deref(), None).expect("a valid expression");
        Plan::new(&self.features, &selector, &vocabulary())
    }

    pub(crate) fn run(self) -> Ran {
        self.run_until(std::future::pending())
    }

    /// Runs until the end or until `stop`, as a signal would stop it.
    pub(crate) fn run_until(self, stop: impl Future<Output = ()>) -> Ran {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| tracing_subscriber::registry().with(LoggedErrors).init());
        let plan = self.plan().expect("the features can be run");
        let memory = Memory::default();
        let journal = Journal::new(Box::new(memory.clone()));
        journal.write(Event::RunStarted(started(&self.settings)));
        let runtime = stagegate_harness::environment::runtime().unwrap();
        let run = Run::new(plan, Arc::new(vocabulary()), self.settings, self.capabilities, journal.clone());
        let ending = runtime.block_on(async {
            tokio::select! {
                ending = run.execute(Site::embedded()) => ending,
                () = stop => {
                    journal.write(Event::Interrupted { signal: "SIGINT".to_owned() });
                    Ending::Complete
                }
            }
        });
        let exit_status = memory.fold().exit_status_at_end();
        journal.write(Event::RunFinished { exit_status });
        let records = memory.0.lock().unwrap().records.clone();
        Ran { run: memory.fold().finish(), records, ending }
    }
}

impl Memory {
    fn fold(&self) -> Fold {
        let mut records = self.0.lock().unwrap().records.clone().into_iter();
        let mut fold = Fold::new(records.next().expect("a first record")).expect("a beginning");
        records.for_each(|record| fold.apply(record));
        fold
    }
}

pub(crate) fn source(path: &str, text: &str) -> FeatureSource {
    FeatureSource { path: path.to_owned(), text: text.to_owned(), lines: Vec::new() }
}

fn settings() -> Settings {
    Settings {
        lane: Lane { hub: HubLane::Embedded, cluster: ClusterLane::Embedded, cub: CubLane::Builtin },
        hub_token: None,
        cluster: ClusterSettings::default(),
        seed: 1,
        speed: 10.0,
        jobs: 4,
        retries: 0,
        fail_fast: false,
        step_limit: Duration::from_secs(60),
        scenario_limit: Duration::from_secs(60),
        budget: None,
        keep: Keep::Never,
        answers: stagegate_harness::script::Answers::default(),
        policies: Policies::default(),
        tutorial: None,
        executable: "stagegate".into(),
        folder: std::env::temp_dir(),
    }
}

fn started(settings: &Settings) -> RunStarted {
    RunStarted {
        format: FORMAT,
        version: "0.0.0".to_owned(),
        run_id: "test".to_owned(),
        seed: settings.seed,
        lane: settings.lane.clone(),
        arguments: Vec::new(),
        machine: Vec::new(),
        selection: Selection::default(),
    }
}

/// Sentences that pass, fail, hang, panic and log.
pub(crate) fn vocabulary() -> Vocabulary {
    let mut builder = Vocabulary::builder();
    builder
        .sentence("test", "all is well", "Passes.", passes)
        .sentence("test", "the cake is a lie", "Fails.", fails)
        .sentence("test", "it works at attempt {int}", "Fails before that attempt.", works_at)
        .sentence("test", "it hangs", "Never ends.", hangs)
        .sentence("test", "it panics", "Panics.", panics)
        .sentence("test", "it logs an error", "Logs an error and passes.", logs_an_error)
        .sentence("test", "it breaks the environment", "Blames the environment.", breaks)
        .sentence("test", "{string} is called {word}", "Sets a variable.", names)
        .sentence("test", "the text is {string}", "Compares its doc string.", text_is)
        .sentence("test", "the media type is {string}", "Compares its doc string's media type.", media_type_is)
        .sentence("test", "the cells are {string}", "Compares its table.", cells_are)
        .sentence("test", "the hub answers {int} to {word}", "Injects a fault, and meets it.", injects)
        .sentence("test", "a defect comes to light", "Passes, with a denied finding.", finds)
        .sentence("test", "it enters and leaves alone", "Fails when another scenario is inside.", alone);
    builder.build().expect("a valid vocabulary")
}

async fn passes(_: &mut Scenario, _: &Arguments) -> StepResult {
    Ok(())
}

async fn fails(_: &mut Scenario, _: &Arguments) -> StepResult {
    Err(Failure::assertion("there is no cake").expected("a cake").actual("a lie"))
}

async fn works_at(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let records = scenario.scribe()?.records();
    let attempt = records.first().and_then(|record| record.attempt).unwrap_or_default();
    if i64::try_from(attempt).unwrap() >= arguments.int(0)? { Ok(()) } else { Err(Failure::assertion("not yet")) }
}

async fn hangs(_: &mut Scenario, _: &Arguments) -> StepResult {
    std::future::pending().await
}

async fn panics(_: &mut Scenario, _: &Arguments) -> StepResult {
    panic!("the ceiling came down")
}

async fn logs_an_error(_: &mut Scenario, _: &Arguments) -> StepResult {
    tracing::error!(status = 500, "the hub answered strangely");
    Ok(())
}

async fn breaks(_: &mut Scenario, _: &Arguments) -> StepResult {
    Err(Failure::environment("the network is down"))
}

async fn names(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    scenario.set_variable(arguments.text(1)?, arguments.text(0)?);
    Ok(())
}

fn same(actual: &str, expected: &str) -> StepResult {
    if actual == expected { Ok(()) } else { Err(Failure::assertion("differs").expected(expected).actual(actual)) }
}

async fn text_is(_: &mut Scenario, arguments: &Arguments) -> StepResult {
    same(&arguments.doc_string()?.text.replace('\n', "/"), arguments.text(0)?)
}

async fn media_type_is(_: &mut Scenario, arguments: &Arguments) -> StepResult {
    same(arguments.doc_string()?.media_type.as_deref().unwrap_or_default(), arguments.text(0)?)
}

async fn cells_are(_: &mut Scenario, arguments: &Arguments) -> StepResult {
    let rows: Vec<String> = arguments.table()?.iter().map(|row| row.join(",")).collect();
    same(&rows.join("/"), arguments.text(0)?)
}

async fn injects(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = scenario.environment().await?.hub();
    let (status, operation) = (arguments.int(0)?, arguments.text(1)?);
    let session = hub.session.iter().find(|(path, _)| path.ends_with("session.json")).map(|(_, text)| text);
    let session: serde_json::Value = serde_json::from_str(session.expect("there is a session")).unwrap();
    let token = session["access_token"].as_str().unwrap();
    let rule =
        format!("{{label: busy hour, match: {{operation: {operation}}}, effect: {{error: {{status: {status}}}}}}}");
    let request = reqwest::Client::new().post(format!("{}/stagegate/faults", hub.url)).bearer_auth(token);
    let outcome = request.body(rule).send().await.expect("the hub is there").status();
    if !outcome.is_success() {
        return Err(Failure::assertion("the rule was refused").actual(outcome.to_string()));
    }
    let spaces: Result<serde_json::Value, _> = hub.client.get("/space", &[]).await;
    spaces.map(drop).map_err(|error| Failure::assertion(error.to_string()))
}

async fn finds(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let finding = serde_json::json!({"number": 1, "kind": "no-effect", "policy": "deny", "message": "nothing changed"});
    scenario.scribe()?.write(Event::Finding(serde_json::from_value(finding).unwrap()));
    Ok(())
}

async fn alone(_: &mut Scenario, _: &Arguments) -> StepResult {
    static INSIDE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let Ok(_inside) = INSIDE.try_lock() else { return Err(Failure::assertion("somebody else is inside")) };
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
