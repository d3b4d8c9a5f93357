//! What went on during a step, on the page.

use std::borrow::Cow;

use serde::Serialize;

use super::super::budget::{Budget, COMMAND_MARKUP, ROW_MARKUP, cost, shorten};
use crate::duration;
use crate::journal::{CommandFate, Output};
use crate::model::{Activity, CommandReport, EffectReport, ExchangeReport, FindingReport, InjectionReport};

/// How much of one text is shown, in bytes.
const TEXT_LIMIT: usize = 6_000;
/// How many rows one table has.
const ROW_LIMIT: usize = 150;

#[derive(Debug, Default, Serialize)]
pub(super) struct ActivityView<'a> {
    commands: Vec<CommandView<'a>>,
    exchanges: Vec<ExchangeView<'a>>,
    effects: Vec<EffectView<'a>>,
    injections: Vec<InjectionView<'a>>,
    attachments: Vec<AttachmentView<'a>>,
    /// How many of them are not on the page.
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct CommandView<'a> {
    number: u64,
    nested: bool,
    line: String,
    cwd: Option<&'a str>,
    place: Option<String>,
    at: Option<String>,
    status: String,
    good: bool,
    fate: Option<FateView>,
    /// The numbers and kinds of the findings about it.
    findings: Vec<(u64, &'a str)>,
    time: String,
    outputs: Vec<OutputView<'a>>,
    exchanges: Vec<ExchangeView<'a>>,
    effects: Vec<EffectView<'a>>,
    injections: Vec<InjectionView<'a>>,
}

#[derive(Debug, Serialize)]
struct FateView {
    /// Whether nothing ever saw the status.
    lost: bool,
    text: String,
}

#[derive(Debug, Serialize)]
struct OutputView<'a> {
    name: &'static str,
    text: Cow<'a, str>,
    bytes: u64,
    truncated: bool,
}

#[derive(Debug, Serialize)]
struct ExchangeView<'a> {
    at: Option<String>,
    system: &'a str,
    actor: &'a str,
    method: &'a str,
    target: &'a str,
    status: u16,
    bad: bool,
    error: Option<&'a str>,
    time: String,
}

#[derive(Debug, Serialize)]
struct EffectView<'a> {
    at: Option<String>,
    actor: &'a str,
    verb: &'static str,
    what: String,
    summary: &'a str,
}

#[derive(Debug, Serialize)]
struct InjectionView<'a> {
    at: Option<String>,
    actor: &'a str,
    fault: &'a str,
    target: &'a str,
    rule: String,
}

#[derive(Debug, Serialize)]
struct AttachmentView<'a> {
    name: &'a str,
    media_type: &'a str,
    text: Cow<'a, str>,
}

/// Everything that went on, as far as the budget reaches.
pub(super) fn view<'a>(
    activity: &'a Activity,
    findings: &[&'a FindingReport],
    budget: &mut Budget,
) -> Option<ActivityView<'a>> {
    if activity.is_empty() {
        return None;
    }
    let mut view = ActivityView::default();
    for command in &activity.commands {
        match self::command(command, budget, &mut view.left_out) {
            Some(mut shown) => {
                let about = findings.iter().filter(|finding| finding.command_number == Some(command.number));
                shown.findings = about.map(|finding| (finding.number, finding.kind.as_str())).collect();
                view.commands.push(shown);
            }
            None => view.left_out += 1,
        }
    }
    view.exchanges = exchanges(&activity.exchanges, budget, &mut view.left_out);
    view.effects = effects(&activity.effects, budget, &mut view.left_out);
    view.injections = injections(&activity.injections, budget, &mut view.left_out);
    for attachment in &activity.attachments {
        let text = shorten(&attachment.text, TEXT_LIMIT);
        if budget.take_detail(ROW_MARKUP + cost(&attachment.name) + cost(&text)) {
            let (name, media_type) = (attachment.name.as_str(), attachment.media_type.as_str());
            view.attachments.push(AttachmentView { name, media_type, text });
        } else {
            view.left_out += 1;
        }
    }
    Some(view)
}

fn command<'a>(command: &'a CommandReport, budget: &mut Budget, left_out: &mut usize) -> Option<CommandView<'a>> {
    let line = shorten(&command_line(&command.argv), TEXT_LIMIT).into_owned();
    if !budget.take_detail(COMMAND_MARKUP + cost(&line)) {
        *left_out += command.exchanges.len() + command.effects.len() + command.injections.len();
        return None;
    }
    let outputs = [("standard output", &command.stdout), ("standard error", &command.stderr)];
    let status = match (command.finished, command.exit_status, command.signal) {
        (false, _, _) => "end not seen".to_owned(),
        (true, Some(status), _) => format!("exit status {status}"),
        (true, None, Some(signal)) => format!("ended by signal {signal}"),
        (true, None, None) => "no exit status".to_owned(),
    };
    Some(CommandView {
        number: command.number,
        nested: command.parent.is_some(),
        line,
        cwd: Some(command.cwd.as_str()).filter(|cwd| !matches!(*cwd, "" | ".")),
        place: command.source.as_ref().map(ToString::to_string),
        at: at(command.at_ms),
        status,
        good: command.exit_status == Some(0),
        fate: command.fate.as_ref().map(fate),
        findings: Vec::new(),
        time: duration::with_wall(command.duration_ms, command.wall_ms),
        outputs: outputs.into_iter().filter_map(|(name, output)| self::output(name, output, budget)).collect(),
        exchanges: exchanges(&command.exchanges, budget, left_out),
        effects: effects(&command.effects, budget, left_out),
        injections: injections(&command.injections, budget, left_out),
    })
}

fn output<'a>(name: &'static str, output: &'a Output, budget: &mut Budget) -> Option<OutputView<'a>> {
    if output.text.is_empty() && output.bytes == 0 {
        return None;
    }
    let mut text = shorten(&output.text, TEXT_LIMIT);
    if !budget.take_detail(ROW_MARKUP + cost(&text)) {
        text = Cow::Borrowed("left out to keep this page small; the JSON report has it");
    }
    Some(OutputView { name, text, bytes: output.bytes, truncated: output.truncated })
}

fn fate(fate: &CommandFate) -> FateView {
    match fate {
        CommandFate::Propagated => FateView { lost: false, text: "status propagated".to_owned() },
        CommandFate::Handled { by } => FateView { lost: false, text: format!("status handled by {by}") },
        CommandFate::Discarded { by } => FateView { lost: true, text: format!("status discarded by {by}") },
    }
}

fn exchanges<'a>(exchanges: &'a [ExchangeReport], budget: &mut Budget, left_out: &mut usize) -> Vec<ExchangeView<'a>> {
    let view = |ExchangeReport { at_ms, exchange }: &'a ExchangeReport| {
        let error = exchange.error.as_deref();
        let texts = cost(&exchange.actor) + cost(&exchange.target) + error.map_or(0, cost);
        budget.take_detail(ROW_MARKUP + texts).then(|| ExchangeView {
            at: at(*at_ms),
            system: &exchange.system,
            actor: &exchange.actor,
            method: &exchange.method,
            target: &exchange.target,
            status: exchange.status,
            bad: exchange.status >= 400,
            error,
            time: duration::humane(exchange.duration_ms),
        })
    };
    let shown: Vec<_> = exchanges.iter().take(ROW_LIMIT).map_while(view).collect();
    *left_out += exchanges.len() - shown.len();
    shown
}

fn effects<'a>(effects: &'a [EffectReport], budget: &mut Budget, left_out: &mut usize) -> Vec<EffectView<'a>> {
    let view = |EffectReport { at_ms, effect }: &'a EffectReport| {
        let scope = effect.scope.as_ref().map(|scope| format!("{scope}/")).unwrap_or_default();
        let what = format!("{} {scope}{}", effect.kind, effect.name);
        let texts = cost(&what) + cost(&effect.actor) + cost(&effect.summary);
        budget.take_detail(ROW_MARKUP + texts).then(|| EffectView {
            at: at(*at_ms),
            actor: &effect.actor,
            verb: effect.verb.word(),
            what,
            summary: &effect.summary,
        })
    };
    let shown: Vec<_> = effects.iter().take(ROW_LIMIT).map_while(view).collect();
    *left_out += effects.len() - shown.len();
    shown
}

fn injections<'a>(
    injections: &'a [InjectionReport],
    budget: &mut Budget,
    left_out: &mut usize,
) -> Vec<InjectionView<'a>> {
    let view = |InjectionReport { at_ms, injection }: &'a InjectionReport| {
        let label = injection.label.as_ref().map(|label| format!(", {label}")).unwrap_or_default();
        let rule = format!("rule {}{label}", injection.rule);
        let texts = cost(&injection.actor) + cost(&injection.fault) + cost(&injection.target) + cost(&rule);
        budget.take_detail(ROW_MARKUP + texts).then(|| InjectionView {
            at: at(*at_ms),
            actor: &injection.actor,
            fault: &injection.fault,
            target: &injection.target,
            rule,
        })
    };
    let shown: Vec<_> = injections.iter().take(ROW_LIMIT).map_while(view).collect();
    *left_out += injections.len() - shown.len();
    shown
}

/// Environment time since the attempt's beginning.
pub(super) fn at(at_ms: Option<f64>) -> Option<String> {
    at_ms.map(|at_ms| format!("+{}", duration::humane(at_ms)))
}

/// The arguments as one would type them in a shell.
fn command_line(argv: &[String]) -> String {
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./:=@%+,{}~".contains(c));
    let quote = |text: &String| {
        if plain(text) { text.clone() } else { format!("'{}'", text.replace('\'', r"'\''")) }
    };
    argv.iter().map(quote).collect::<Vec<_>>().join(" ")
}
