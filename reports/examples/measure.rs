//! How long a large run takes to write, to read and to report, and how large the reports are:
//! `cargo run --release -p stagegate-reports --example measure`.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use jiff::Timestamp;
use stagegate_reports::journal::{
    self, ChangeVerb, CommandFate, CommandFinished, CommandStarted, Effect, Event, Exchange, FORMAT, Output,
    PlannedScenario, PlannedStep, Record, RunStarted, Selection, StepFinished, Writer,
};
use stagegate_reports::model::Run;
use stagegate_reports::terminal::Progress;
use stagegate_reports::{ClusterLane, CubLane, Format, HubLane, Lane, StepVerdict, render};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let cases = [
        ("1,000 scenarios of five trivial steps", 1_000, 5, false),
        ("2,000 scenarios of five busy steps", 2_000, 5, true),
        ("10,000 scenarios of one busy step", 10_000, 1, true),
    ];
    for (title, scenarios, steps, busy) in cases {
        let events = events(scenarios, steps, busy);
        println!("{title}: {} events", events.len());
        let path = folder.path().join("journal.ndjson");
        let start = Instant::now();
        let mut writer = Writer::new(File::create(&path)?);
        for number in 0..50 {
            writer.secret(&format!("worker-secret-{number}"));
        }
        let records: Vec<_> = events.into_iter().map(|event| writer.append(event)).collect::<Result<_, _>>()?;
        show("write the journal", start, std::fs::metadata(&path)?.len());
        let start = Instant::now();
        let mut progress = Progress::new(true);
        let printed: usize = records.iter().map(|record| progress.apply(record).len()).sum();
        show("progress", start, printed as u64);
        let start = Instant::now();
        let run = Run::from_journal(journal::read(&path)?)?;
        show("read and fold", start, 0);
        for format in Format::ALL {
            let start = Instant::now();
            let text = render(format, &run)?;
            show(format.name(), start, text.len() as u64);
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes are shown to two places")]
fn show(what: &str, start: Instant, bytes: u64) {
    let took = start.elapsed().as_secs_f64() * 1000.0;
    println!("  {what:<18} {took:>8.1} ms {:>8.2} MB", bytes as f64 / 1e6);
}

/// A run of `scenarios` scenarios of `steps` steps; a busy step has a command, two exchanges and an effect.
fn events(scenarios: usize, steps: usize, busy: bool) -> Vec<Record> {
    let mut events = Vec::new();
    push(&mut events, None, None, run_started());
    for scenario in 0..scenarios {
        push(&mut events, Some(scenario), None, planned(scenario, steps));
    }
    for scenario in 0..scenarios {
        push(&mut events, Some(scenario), None, Event::ScenarioStarted);
        for step in 0..steps {
            push(&mut events, Some(scenario), Some(step), Event::StepStarted);
            if busy {
                for event in activity((scenario * steps + step) as u64) {
                    push(&mut events, Some(scenario), Some(step), event);
                }
            }
            let (verdict, duration_ms, wall_ms) = (StepVerdict::Passed, 1200.0, 0.4);
            let finished = StepFinished { verdict, duration_ms, wall_ms, diagnostic: None };
            push(&mut events, Some(scenario), Some(step), Event::StepFinished(finished));
        }
        push(&mut events, Some(scenario), None, Event::ScenarioFinished);
    }
    push(&mut events, None, None, Event::RunFinished { exit_status: 0 });
    events
}

fn push(events: &mut Vec<Record>, scenario: Option<usize>, step: Option<usize>, event: Event) {
    let (wall, at) = (Timestamp::UNIX_EPOCH, scenario.map(|_| Timestamp::UNIX_EPOCH));
    events.push(Record { seq: 0, wall, at, scenario, attempt: scenario.map(|_| 1), step, event });
}

fn run_started() -> Event {
    Event::RunStarted(RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: "measure".to_owned(),
        seed: 1,
        lane: Lane { hub: HubLane::Embedded, cluster: ClusterLane::Embedded, cub: CubLane::Builtin },
        arguments: vec!["stagegate".to_owned(), "run".to_owned()],
        machine: Vec::new(),
        selection: Selection::default(),
    })
}

fn planned(scenario: usize, steps: usize) -> Event {
    let step = |place: usize| PlannedStep {
        keyword: if place == 0 { "Given" } else { "And" }.to_owned(),
        text: format!("unit \"reference-data\" in space \"measure-{scenario}\" has revision {place}"),
        line: 3 + place,
        argument: None,
    };
    Event::ScenarioPlanned(PlannedScenario {
        feature: format!("features/measure/{:03}.feature", scenario / 20),
        feature_name: "Measure".to_owned(),
        rule: None,
        line: scenario % 20 * 8 + 2,
        name: format!("Scenario {scenario} of a large run"),
        description: None,
        tags: vec!["@measure".to_owned(), format!("@R{}", scenario % 100)],
        steps: (0..steps).map(step).collect(),
    })
}

fn activity(number: u64) -> Vec<Event> {
    let owned = |text: &str| text.to_owned();
    let text = "Successfully created unit reference-data (01920000-0000-7000-8000-000000000001)\n".repeat(4);
    let output = Output { bytes: text.len() as u64, text, truncated: false };
    let argv = ["cub", "unit", "create", "--space", "measure", "reference-data", "k8s/reference-data.yaml"];
    let exchange = Event::Exchange(Exchange {
        system: owned("confighub"),
        actor: owned("command"),
        command: Some(number),
        unit: None,
        method: owned("GET"),
        target: owned("/api/space/01920000-0000-7000-8000-000000000001/unit?where=Slug%20%3D%20%27reference-data%27"),
        status: 200,
        error: None,
        duration_ms: 0.3,
        audit: None,
    });
    vec![
        Event::CommandStarted(CommandStarted {
            number,
            argv: argv.map(owned).to_vec(),
            cwd: owned("."),
            source: None,
            parent: None,
        }),
        exchange.clone(),
        exchange,
        Event::Effect(Effect {
            system: owned("confighub"),
            actor: owned("command"),
            command: Some(number),
            verb: ChangeVerb::Created,
            kind: owned("Unit"),
            scope: Some(owned("measure")),
            name: owned("reference-data"),
            summary: owned("revision 1"),
        }),
        Event::CommandFinished(CommandFinished {
            number,
            exit_status: Some(0),
            signal: None,
            duration_ms: 120.0,
            wall_ms: 3.0,
            stdout: output,
            stderr: Output::default(),
            fate: Some(CommandFate::Propagated),
        }),
    ]
}
