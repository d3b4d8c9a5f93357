//! What a mutation does to a command, and every mutant of a file.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::baseline::Baseline;
use crate::commands::{Command, Word, commands};
use crate::trial::{FAITHFUL, FAST, Faults};
use crate::tutorial::{Files, STAGES};

/// A way to break a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operator {
    Drop,
    SwapArguments,
    WrongFlag,
    MaskedRefusal,
    WrongImage,
    WrongNamespace,
    ShortWait,
    SuccessText,
}

impl Operator {
    pub(crate) const ALL: [Self; 8] = [
        Self::Drop,
        Self::SwapArguments,
        Self::WrongFlag,
        Self::MaskedRefusal,
        Self::WrongImage,
        Self::WrongNamespace,
        Self::ShortWait,
        Self::SuccessText,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::SwapArguments => "swap-arguments",
            Self::WrongFlag => "wrong-flag",
            Self::MaskedRefusal => "masked-403",
            Self::WrongImage => "wrong-image",
            Self::WrongNamespace => "wrong-namespace",
            Self::ShortWait => "short-wait",
            Self::SuccessText => "success-text",
        }
    }
}

/// One broken tutorial.
#[derive(Clone)]
pub(crate) struct Mutant {
    pub(crate) operator: Operator,
    /// The stage that runs it.
    pub(crate) stage: usize,
    pub(crate) file: String,
    /// The first and the last line of what is broken.
    pub(crate) lines: (usize, usize),
    /// What stood there.
    pub(crate) before: String,
    /// What stands there now.
    pub(crate) after: String,
    /// The whole file with the change.
    pub(crate) text: String,
    /// What its environment has against it.
    pub(crate) faults: Option<Faults>,
    /// The names by which a message would speak of what is broken.
    pub(crate) names: Vec<String>,
    /// The places, file and line, that use what is broken.
    pub(crate) consumers: BTreeSet<(String, usize)>,
}

impl Mutant {
    /// How fast to run it.
    pub(crate) fn speed(&self) -> f64 {
        let waits = ["sleep ", "seq "].iter().any(|wait| self.before.contains(wait));
        if waits || self.operator == Operator::ShortWait { FAITHFUL } else { FAST }
    }
}

/// A wait has to hold on a day when images take longer, too.
const SLOW_REGISTRY: &str = "- match: { system: kubernetes, operation: 'pull *' }\n  effect: { pull-delay: 2s }";

/// Every mutant of the tutorial, by file and line.
pub(crate) fn mutants(files: &Files, baselines: &[Baseline]) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (number, stage) in STAGES.iter().enumerate() {
        for file in stage.files {
            let place = Place { stage: number, file, text: &files[*file], callers: callers(file, files) };
            if place.text.starts_with("#!") {
                for command in commands(place.text) {
                    of_command(&place, &command, &baselines[number], &mut mutants);
                }
            } else {
                of_manifest(&place, &mut mutants);
            }
        }
    }
    mutants
}

struct Place<'a> {
    stage: usize,
    file: &'a str,
    text: &'a str,
    /// Where the file is called, and what uses what the calls give.
    callers: BTreeSet<(String, usize)>,
}

/// The places that call `file`, directly or by way of others, and those that use what the calls give.
fn callers(file: &str, files: &Files) -> BTreeSet<(String, usize)> {
    let mut places = BTreeSet::new();
    for (caller, text) in files.iter().filter(|(_, text)| text.starts_with("#!")) {
        for call in
            commands(text).iter().filter(|call| call.is_script() && call.name().trim_start_matches("./") == file)
        {
            let lines = call.consumers.iter().copied().chain([call.line]);
            places.extend(lines.map(|line| (caller.clone(), line)));
            places.extend(callers(caller, files));
        }
    }
    places
}

impl Place<'_> {
    /// The mutant in which `edits`, which do not overlap, have been made.
    fn mutant(&self, operator: Operator, lines: (usize, usize), mut edits: Vec<(Range<usize>, String)>) -> Mutant {
        edits.sort_by_key(|(range, _)| range.start);
        let (start, end) = (edits[0].0.start, edits[edits.len() - 1].0.end);
        let mut text = self.text.to_owned();
        for (range, new) in edits.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[end..].find('\n').map_or(self.text.len(), |at| end + at);
        let after_end = text.len() - (self.text.len() - line_end);
        let on_one_line = |part: &str| {
            part.split('\n').map(|line| line.trim().trim_end_matches('\\').trim()).collect::<Vec<_>>().join(" ")
        };
        Mutant {
            operator,
            stage: self.stage,
            file: self.file.to_owned(),
            lines,
            before: on_one_line(&self.text[line_start..line_end]),
            after: on_one_line(&text[line_start..after_end]),
            text,
            faults: None,
            names: Vec::new(),
            consumers: BTreeSet::new(),
        }
    }
}

fn of_command(place: &Place<'_>, command: &Command, baseline: &Baseline, mutants: &mut Vec<Mutant>) {
    let lines = (command.line, command.last_line);
    let first = mutants.len();
    let mut add = |operator, edits| mutants.push(place.mutant(operator, lines, edits));
    add(Operator::Drop, vec![(command.range.clone(), ":".to_owned())]);
    for (one, other) in swaps(command) {
        let edits = vec![(one.range.clone(), other.text.clone()), (other.range.clone(), one.text.clone())];
        add(Operator::SwapArguments, edits);
    }
    if let Some(edit) = wrong_flag(place, command) {
        add(Operator::WrongFlag, vec![edit]);
    }
    for (flag, value) in command.flag_values() {
        if matches!(flag.text.as_str(), "--namespace" | "-n") {
            add(Operator::WrongNamespace, vec![(value.range.clone(), "no-such-namespace".to_owned())]);
        }
        if flag.text == "--timeout" {
            add(Operator::ShortWait, vec![(value.range.clone(), "1s".to_owned())]);
        }
    }
    if command.name() == "seq" {
        add(Operator::ShortWait, vec![(command.words[1].range.clone(), "1".to_owned())]);
    }
    if command.name() == "sleep" {
        add(Operator::ShortWait, vec![(command.words[1].range.clone(), "0".to_owned())]);
    }
    if let Some(text) = baseline.stdout(place.file, command).filter(|text| !text.is_empty()) {
        let print = format!("printf '%s' '{}'", text.replace('\'', "'\\''"));
        add(Operator::SuccessText, vec![(command.range.clone(), print)]);
    }
    if let Some(faults) = baseline.refusal(place.file, command) {
        let mut mutant = place.mutant(Operator::MaskedRefusal, lines, vec![masked(place, command)]);
        mutant.faults = Some(Faults { of: "hub", rules: faults });
        mutants.push(mutant);
    }
    let mut names: Vec<String> = baseline.names(place.file, command).into_iter().collect();
    if !matches!(command.name(), "cub" | "kubectl") && !command.is_script() {
        names.extend(command.words.iter().map(said).filter(|text| text.len() > 2 && !text.starts_with(['-', '$'])));
    }
    if matches!(command.name(), "seq" | "sleep") {
        names.extend(complaints(place.text));
    }
    let own = command.consumers.iter().map(|line| (place.file.to_owned(), *line));
    let consumers: BTreeSet<(String, usize)> = own.chain(place.callers.iter().cloned()).collect();
    for mutant in &mut mutants[first..] {
        if mutant.operator == Operator::ShortWait {
            mutant.faults = Some(Faults { of: "cluster", rules: SLOW_REGISTRY.to_owned() });
        }
        mutant.names.clone_from(&names);
        mutant.consumers.clone_from(&consumers);
    }
}

/// What the script itself says when a wait has been in vain: the ends, without variables, of its messages to
/// standard error.
fn complaints(script: &str) -> impl Iterator<Item = String> {
    let messages = script.lines().filter_map(|line| line.trim().strip_suffix("\" >&2"));
    messages
        .filter_map(|line| line.rsplit_once('$')?.1.split_once(' '))
        .map(|(_, end)| end.trim_end_matches('.').to_owned())
}

/// The first sentence of a text that a script prints.
fn said(word: &Word) -> String {
    let text = word.text.trim_matches(['"', '\'']);
    text.split(". ").next().unwrap_or_default().to_owned()
}

/// Neighbours among the positional arguments, and among the values of flags, that differ.
fn swaps(command: &Command) -> Vec<(Word, Word)> {
    let values = command.flag_values().into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    let groups = [command.positionals(), values];
    let pairs = groups.iter().flat_map(|group| group.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())));
    pairs.filter(|(one, other)| one.text != other.text).collect()
}

/// A flag that the program does not have: its first one misspelt, or one more. Builtins print theirs or take none,
/// and the tutorial's own scripts take none.
fn wrong_flag(place: &Place<'_>, command: &Command) -> Option<(Range<usize>, String)> {
    if command.is_of_the_shell(place.text) || command.is_script() {
        return None;
    }
    let flag = command.words.iter().find(|word| word.text.starts_with("--") && word.text.len() > 2);
    Some(match flag {
        Some(flag) => (flag.range.end..flag.range.end, "x".to_owned()),
        None => (command.words[0].range.end..command.words[0].range.end, " --no-such-flag".to_owned()),
    })
}

/// The command with its status thrown away; in a pipeline within braces, so that the rest still reads from it.
fn masked(place: &Place<'_>, command: &Command) -> (Range<usize>, String) {
    let text = &place.text[command.statement.clone()];
    let masked = if command.piped { format!("{{ {text} || true; }}") } else { format!("{text} || true") };
    (command.statement.clone(), masked)
}

/// Wrong images and namespaces in a manifest.
fn of_manifest(place: &Place<'_>, mutants: &mut Vec<Mutant>) {
    let is_namespace = place.text.contains("kind: Namespace");
    let mut start = 0;
    for (index, line) in place.text.split_inclusive('\n').enumerate() {
        let Some((key, value)) = line.trim_end().split_once(": ") else {
            start += line.len();
            continue;
        };
        let at = start + key.len() + 2;
        let range = at..at + value.len();
        let wrong = match key.trim_start_matches([' ', '-']) {
            "image" => Some((
                Operator::WrongImage,
                format!("{}:v0-unpublished", value.rsplit_once(':').map_or(value, |(name, _)| name)),
            )),
            "namespace" => Some((Operator::WrongNamespace, "no-such-namespace".to_owned())),
            "name" if is_namespace => Some((Operator::WrongNamespace, "no-such-namespace".to_owned())),
            _ => None,
        };
        if let Some((operator, new)) = wrong {
            let mut mutant = place.mutant(operator, (index + 1, index + 1), vec![(range, new.clone())]);
            mutant.names = vec![new, value.to_owned()];
            mutants.push(mutant);
        }
        start += line.len();
    }
}
