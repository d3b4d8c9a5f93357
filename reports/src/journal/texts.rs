//! Every text of an event, for replacing secrets.
//!
//! Each structure is taken apart without `..`, so that a new field does not compile until it is decided
//! whether it holds text.

use super::{
    AppliedObject, Attachment, Audit, CommandFate, CommandFinished, CommandStarted, Effect, Event, Exchange, Finding,
    Injection, Output, PlannedScenario, PlannedStep, PulledImage, RealCluster, RealHub, RunStarted, Selection,
    ShellStep, StepFinished, UnitName,
};
use crate::diagnostic::{Diagnostic, Location};
use crate::lane::{ClusterLane, CubLane, HubLane, Lane};

type Visit<'a> = &'a mut dyn FnMut(&mut String);

/// Shows every text of the event to `visit`.
pub(super) fn visit(event: &mut Event, visit: Visit<'_>) {
    match event {
        Event::RunStarted(started) => run_started(started, visit),
        Event::ScenarioPlanned(planned) => planned_scenario(planned, visit),
        Event::ScenarioSkipped { capability, reason } => all([capability, reason], visit),
        Event::EnvironmentReady { hub, cluster, took_ms: _ } => all([hub, cluster], visit),
        Event::StepFinished(StepFinished { verdict: _, duration_ms: _, wall_ms: _, diagnostic: found }) => {
            if let Some(found) = found {
                diagnostic(found, visit);
            }
        }
        Event::CommandStarted(CommandStarted { number: _, argv, cwd, source, parent: _ }) => {
            all(argv, visit);
            visit(cwd);
            if let Some(source) = source {
                location(source, visit);
            }
        }
        Event::CommandFinished(finished) => command_finished(finished, visit),
        Event::ShellStep(ShellStep { script: _, after: _, argv, source, exit_status: _, fate: found, last: _ }) => {
            all(argv, visit);
            if let Some(source) = source {
                location(source, visit);
            }
            if let Some(found) = found {
                fate(found, visit);
            }
        }
        Event::LinesReached { script: _, file, lines: _ } => visit(file),
        Event::UntracedCommand { script: _, argv, source, why } => {
            all(argv, visit);
            visit(why);
            all_locations(source, visit);
        }
        Event::Prompt { script: _, text, source, answered: _ } => {
            visit(text);
            all_locations(source, visit);
        }
        Event::TemporaryFileLeft { script: _, file, source, secret: _ } => {
            visit(file);
            all_locations(source, visit);
        }
        Event::Exchange(Exchange {
            system,
            actor,
            command: _,
            unit,
            method,
            target,
            status: _,
            error,
            duration_ms: _,
            audit,
        }) => {
            all([system, actor, method, target], visit);
            all(error, visit);
            all(unit.iter_mut().flat_map(|UnitName { space, unit }| [space, unit]), visit);
            if let Some(Audit { user, impersonator, verb, resource, namespace, name }) = audit {
                all([user, verb, resource], visit);
                all(impersonator, visit);
                all(namespace, visit);
                all(name, visit);
            }
        }
        Event::Effect(Effect { system, actor, command: _, verb: _, kind, scope, name, summary }) => {
            all([system, actor, kind, name, summary], visit);
            all(scope, visit);
        }
        Event::Applied(AppliedObject { command: _, unit, kind, namespace, name }) => {
            all([kind, name], visit);
            all(unit.iter_mut().flat_map(|UnitName { space, unit }| [space, unit]), visit);
            all(namespace, visit);
        }
        Event::Injected(Injection { system, actor, command: _, rule: _, label, fault, target }) => {
            all([system, actor, fault, target], visit);
            all(label, visit);
        }
        Event::Finding(found) => finding(found, visit),
        Event::FindingExpected { finding: _, by } => location(by, visit),
        Event::Attachment(Attachment { name, media_type, text }) => all([name, media_type, text], visit),
        Event::EnvironmentFailed { diagnostic: found } => diagnostic(found, visit),
        Event::Leftover { what } | Event::Preparing { what } | Event::Kept { what } => visit(what),
        Event::ClusterReady(RealCluster { name, version, node_image, images, made: _, took_ms: _ }) => {
            all([name, version, images], visit);
            all(node_image, visit);
        }
        Event::ImagesPulled { images } => {
            for PulledImage { image, digest } in images {
                all([image, digest], visit);
            }
        }
        Event::HubReady(RealHub { url, build, revision, user, spaces: _, unanswered: _, took_ms: _ }) => {
            all([url, build, revision, user], visit);
        }
        Event::Interrupted { signal } => visit(signal),
        Event::ScenarioStarted
        | Event::StepStarted
        | Event::ScenarioFinished
        | Event::BudgetExceeded { budget_ms: _ }
        | Event::RunFinished { exit_status: _ } => {}
    }
}

fn all<'a>(texts: impl IntoIterator<Item = &'a mut String>, visit: Visit<'_>) {
    texts.into_iter().for_each(visit);
}

fn all_locations<'a>(locations: impl IntoIterator<Item = &'a mut Location>, visit: Visit<'_>) {
    locations.into_iter().for_each(|found| location(found, visit));
}

fn run_started(started: &mut RunStarted, visit: Visit<'_>) {
    let RunStarted { format: _, version, run_id, seed: _, lane, arguments, machine, selection } = started;
    all([version, run_id], visit);
    all(arguments, visit);
    for (name, value) in machine {
        all([name, value], visit);
    }
    let Lane { hub, cluster, cub } = lane;
    if let HubLane::Url(url) = hub {
        visit(url);
    }
    if let ClusterLane::Kubeconfig(context) = cluster {
        visit(context);
    }
    if let CubLane::Real(version) | CubLane::BuiltinContract(version) = cub {
        visit(version);
    }
    let Selection { features, tags, name, tutorial } = selection;
    all(features, visit);
    all(tags.iter_mut().chain(name).chain(tutorial), visit);
}

fn planned_scenario(planned: &mut PlannedScenario, visit: Visit<'_>) {
    let PlannedScenario { feature, feature_name, rule, line: _, name, description, tags, steps } = planned;
    all([feature, feature_name, name], visit);
    all(rule.iter_mut().chain(description).chain(tags), visit);
    for PlannedStep { keyword, text, line: _, argument } in steps {
        all([keyword, text], visit);
        all(argument, visit);
    }
}

fn command_finished(finished: &mut CommandFinished, visit: Visit<'_>) {
    let CommandFinished { number: _, exit_status: _, signal: _, duration_ms: _, wall_ms: _, stdout, stderr, fate } =
        finished;
    for Output { text, bytes: _, truncated: _ } in [stdout, stderr] {
        visit(text);
    }
    if let Some(fate) = fate {
        self::fate(fate, visit);
    }
}

fn fate(found: &mut CommandFate, visit: Visit<'_>) {
    match found {
        CommandFate::Handled { by } | CommandFate::Discarded { by } => visit(by),
        CommandFate::Propagated => {}
    }
}

fn finding(found: &mut Finding, visit: Visit<'_>) {
    let Finding {
        number: _,
        kind,
        policy: _,
        message,
        source,
        source_line,
        command: _,
        command_line,
        exit_status: _,
        output,
        cause,
        help,
        follows,
    } = found;
    all([kind, message], visit);
    for place in source.iter_mut().chain(follows) {
        location(place, visit);
    }
    all(source_line.iter_mut().chain(command_line).chain(output).chain(cause).chain(help), visit);
}

fn diagnostic(found: &mut Diagnostic, visit: Visit<'_>) {
    let Diagnostic { what, at, source_line, expected, actual, causes, help } = found;
    visit(what);
    if let Some(at) = at {
        location(at, visit);
    }
    all(source_line.iter_mut().chain(expected).chain(actual).chain(causes).chain(help), visit);
}

fn location(found: &mut Location, visit: Visit<'_>) {
    let Location { file, line: _, column: _ } = found;
    visit(file);
}
