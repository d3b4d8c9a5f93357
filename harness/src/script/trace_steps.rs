//! What a script did between the commands that are traced one by one: what it failed at, what it
//! printed, which lines it reached.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{Event, ShellStep};

use super::exposed::Exposed;
use super::prompt::{Answers, Prompts};
use super::protocol::Given;
use super::sh_places;
use super::sh_record::{InSh, ToldInSh};
use super::temporary::Temporary;
use super::trace_exit::Exits;
use super::trace_file::{InShell, TraceFile};
use super::trace_location::{Place, Scripts};
use super::trace_status::{Failed, Step};
use crate::shell::{PipePart, leaves};

/// How often a command that fails in the same way at the same place is told.
const OFTEN: usize = 3;
/// How often it is told that a loop is left at the same place: each time it may have asked something else.
pub(crate) const LEFT: usize = 100;
/// The most steps of a script that are told.
const MOST: usize = 4000;
/// The most characters of a word that are told.
const LONGEST: usize = 2000;

/// The steps of one script, as they become known.
pub(crate) struct Steps {
    script: u64,
    prompts: Prompts,
    temporary: Temporary,
    exposed: Exposed,
    /// The last traced command that began.
    after: Option<u64>,
    told: HashMap<(String, usize, String, Option<i32>), usize>,
    count: usize,
    reached: BTreeMap<String, BTreeSet<usize>>,
    files: HashMap<String, Option<String>>,
    exits: Exits,
}

impl Steps {
    /// For the script with this number, which makes its temporary files in the folder `tmp`.
    pub(crate) fn of(script: u64, answers: Answers, tmp: PathBuf) -> Self {
        Self {
            script,
            prompts: Prompts::new(answers),
            exposed: Exposed::of(tmp.clone()),
            temporary: Temporary::of(tmp),
            after: None,
            told: HashMap::new(),
            count: 0,
            reached: BTreeMap::new(),
            files: HashMap::new(),
            exits: Exits::default(),
        }
    }

    /// What the script is to be given next for its questions.
    pub(crate) fn reply(&mut self) -> Option<Given> {
        self.prompts.reply()
    }

    /// What is to be written of what a script in sh is about to ask: `words` are a place, what was said before, and
    /// the words of the `read`.
    pub(crate) fn asked_in_sh(&mut self, words: &[String], scripts: &mut Scripts, trace: &TraceFile) -> Option<Event> {
        let [place, said, words @ ..] = words else { return None };
        let place = scripts.place_in_sh(sh_places::read(place)?, trace, words)?;
        self.prompts.say(said);
        self.prompts.read(self.script, Some(place), (words, None), scripts, trace)
    }

    /// What is to be written of what a script in sh tells of itself.
    pub(crate) fn tell_in_sh(&mut self, told: &ToldInSh, scripts: &mut Scripts, trace: &TraceFile) -> Option<Event> {
        let step = match told {
            ToldInSh::Failed { at, status } => self.failed_in_sh((at, *status), scripts, trace)?,
            ToldInSh::Printed { at, by, words } => {
                let place = scripts.place_of_printed((at, by), trace, words)?;
                let source = scripts.said_at(&place, trace);
                ShellStep { source, ..self.bare(words) }
            }
        };
        self.is_new(&step).then_some(Event::ShellStep(step))
    }

    /// A command of a script in sh that failed. A script that it calls tells of itself.
    fn failed_in_sh(&self, (at, status): (&InSh, i32), scripts: &mut Scripts, trace: &TraceFile) -> Option<ShellStep> {
        let (place, argv) = scripts.place_of_failed(at, trace)?;
        let is_script =
            argv.first().is_some_and(|name| name.contains('/') || matches!(name.as_str(), "sh" | "bash" | "dash"));
        if is_script && !matches!(status, 126 | 127) {
            return None;
        }
        let checkout = scripts.checkout().to_owned();
        let fate = scripts.fate(&place, trace, &checkout);
        let (script, after, source) = (self.script, self.after, place.location);
        Some(ShellStep { script, after, argv, source, exit_status: Some(status), fate, last: false })
    }

    /// The traced command `number` begins: what the trace tells from now on comes after it.
    pub(crate) fn began(&mut self, number: u64) {
        self.after = Some(number);
    }

    /// What is to be written of a step.
    pub(crate) fn tell(&mut self, step: &Step, scripts: &mut Scripts, trace: &TraceFile) -> Vec<Event> {
        let mut asked = None;
        let steps = match step {
            Step::Reached(command) => {
                self.reach(command, scripts, trace);
                self.temporary.take_in(command);
                self.exits.take_in(command);
                asked = self.prompts.take_in((self.script, command), scripts, trace);
                let printed = self.printed(command, scripts, trace);
                printed.or_else(|| self.left_loop(command, scripts, trace)).into_iter().collect()
            }
            Step::Failed(failed) => self.failures(failed, scripts, trace),
            // While a script traces itself, what its commands were is not known.
            Step::Last { command, .. } if command.traced.words.is_empty() => Vec::new(),
            Step::Last { command, status } => {
                let exit = self.exits.before_trap(command, *status).cloned();
                let ends = exit.into_iter().map(|exit| (exit, false)).chain([(Arc::clone(command), true)]);
                let steps = ends.map(|(command, last)| {
                    let place = place(&command, scripts, trace);
                    self.step(&command, place.as_ref(), Some(*status), scripts, trace, last)
                });
                steps.collect()
            }
        };
        let steps = steps.into_iter().filter(|step| step.last || self.is_new(step)).collect::<Vec<_>>();
        steps.into_iter().map(Event::ShellStep).chain(asked).collect()
    }

    /// The lines that were reached.
    pub(crate) fn lines(&self) -> Vec<Event> {
        let told = self.reached.iter().map(|(file, lines)| Event::LinesReached {
            script: self.script,
            file: file.clone(),
            lines: lines.iter().copied().collect(),
        });
        told.collect()
    }

    /// The calls that ran past the shims, each place once.
    pub(crate) fn untraced(&self, scripts: &mut Scripts, trace: &TraceFile) -> Vec<Event> {
        let mut seen = BTreeSet::new();
        let mut events = Vec::new();
        for (command, why) in trace.past.calls() {
            let source = place(command, scripts, trace).and_then(|place| place.location);
            let source = source.or_else(|| scripts.line_of(command, folder(command, trace)));
            if seen.insert((source.as_ref().map(ToString::to_string), why.clone())) {
                let argv = self.bare(&command.traced.words).argv;
                events.push(Event::UntracedCommand { script: self.script, argv, source, why: why.clone() });
            }
        }
        events
    }

    /// The temporary files that the script has left; `is_secret` asks whether a text holds a secret.
    pub(crate) fn files_left(
        &self,
        scripts: &mut Scripts,
        trace: &TraceFile,
        is_secret: impl Fn(&str) -> bool,
    ) -> Vec<Event> {
        let exposed = self.exposed.left(is_secret);
        let mut left = Vec::new();
        for (file, call) in self.temporary.left() {
            let source = place(call, scripts, trace).and_then(|place| place.location);
            let source = source.or_else(|| scripts.line_of(call, folder(call, trace)));
            left.push((file, source));
        }
        for file in &exposed {
            if !left.iter().any(|(known, _)| known == file) {
                left.push((file, self.written_at(file, scripts)));
            }
        }
        let told = left.into_iter().map(|(file, source)| Event::TemporaryFileLeft {
            script: self.script,
            file: scripts.readable(&file.to_string_lossy()),
            source,
            secret: exposed.iter().any(|other| other == file),
        });
        told.collect()
    }

    /// The first line that was reached and that sends output to `file`, or else the first that names it.
    fn written_at(&self, file: &Path, scripts: &mut Scripts) -> Option<Location> {
        let name = file.file_name()?.to_str()?;
        let mut named = None;
        for (script, lines) in &self.reached {
            let Some(text) = scripts.script_named(script) else { continue };
            for (line, written) in text.lines_naming(name) {
                let at = || Some(Location { file: script.clone(), line, column: None });
                match (written, lines.contains(&line)) {
                    (true, true) => return at(),
                    (false, true) if named.is_none() => named = at(),
                    _ => {}
                }
            }
        }
        named
    }

    fn is_new(&mut self, step: &ShellStep) -> bool {
        let (file, line) = step.source.as_ref().map_or((String::new(), 0), |at| (at.file.clone(), at.line));
        let what = if step.exit_status.is_none() { step.argv.join(" ") } else { step.argv[..1].join(" ") };
        let times = self.told.entry((file, line, what, step.exit_status)).or_default();
        *times += 1;
        self.count += 1;
        if step.argv.first().is_some_and(|word| leaves(word)) {
            return *times <= LEFT;
        }
        *times <= OFTEN && self.count <= MOST
    }

    fn reach(&mut self, command: &InShell, scripts: &Scripts, trace: &TraceFile) {
        let traced = &command.traced;
        if traced.file.is_empty() {
            return;
        }
        let name = self.files.entry(traced.file.clone()).or_insert_with(|| {
            let folder = trace.folder(traced.shell)?;
            scripts.file_name(&traced.file, folder)
        });
        if let Some(name) = name {
            self.reached.entry(name.clone()).or_default().insert(traced.line);
        }
    }

    fn printed(&self, command: &Arc<InShell>, scripts: &mut Scripts, trace: &TraceFile) -> Option<ShellStep> {
        let words = &command.traced.words;
        if !matches!(words.first().map(String::as_str), Some("echo" | "printf")) || words.len() < 2 {
            return None;
        }
        let source = place(command, scripts, trace).and_then(|place| scripts.said_at(&place, trace));
        Some(ShellStep { source, ..self.bare(&command.traced.words) })
    }

    /// A command that leaves the loop around it.
    fn left_loop(&self, command: &Arc<InShell>, scripts: &mut Scripts, trace: &TraceFile) -> Option<ShellStep> {
        let words = &command.traced.words;
        let at = words.first().filter(|word| leaves(word)).and_then(|_| place(command, scripts, trace)?.location)?;
        let script = scripts.script_named(&at.file)?;
        let is_in_loop = script.is_in_loop(&script.command(at.line, words)?);
        is_in_loop.then(|| ShellStep { source: Some(at), ..self.bare(words) })
    }

    fn bare(&self, words: &[String]) -> ShellStep {
        let shortened = |word: &String| match word.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &word[..end]),
            None => word.clone(),
        };
        ShellStep {
            script: self.script,
            after: self.after,
            argv: words.iter().map(shortened).collect(),
            source: None,
            exit_status: None,
            fate: None,
            last: false,
        }
    }

    fn step(
        &self,
        command: &Arc<InShell>,
        place: Option<&Place>,
        exit_status: Option<i32>,
        scripts: &mut Scripts,
        trace: &TraceFile,
        last: bool,
    ) -> ShellStep {
        let mut step = ShellStep { exit_status, last, ..self.bare(&command.traced.words) };
        step.source =
            place.map_or_else(|| scripts.line_of(command, folder(command, trace)), |place| place.location.clone());
        if exit_status != Some(0) {
            let folder = folder(command, trace);
            step.fate = place.and_then(|place| scripts.fate(place, trace, folder));
        }
        // A function that returns a failure has failed where it was called.
        if let (false, Some("return"), Some(call)) =
            (last, step.argv.first().map(String::as_str), command.traced.calls.first())
        {
            step.argv = vec![call.function.clone()];
            step.source = scripts.called_at(command, trace);
        }
        step
    }

    fn failures(&self, failed: &Failed, scripts: &mut Scripts, trace: &TraceFile) -> Vec<ShellStep> {
        let mut steps = Vec::new();
        for (command, status) in settled(failed, scripts, trace) {
            let words = &command.traced.words;
            if status == 0 || words.first().is_none_or(|word| is_structure(word)) || has_shim(&command, trace) {
                continue;
            }
            let place = place(&command, scripts, trace);
            let remembers = |place: &Place| {
                place.script.remembers_before(&place.site) || place.script.counts_failures_around(&place.site)
            };
            if words.first().is_some_and(|word| word == "return") && place.as_ref().is_some_and(remembers) {
                continue;
            }
            steps.push(self.step(&command, place.as_ref(), Some(status), scripts, trace, false));
        }
        steps
    }
}

/// Whether a shim tells of the command.
fn has_shim(command: &InShell, trace: &TraceFile) -> bool {
    trace.past.runs_tool(&command.traced.words) && !trace.past.is_past(command)
}

fn folder<'a>(command: &InShell, trace: &'a TraceFile) -> &'a Path {
    trace.folder(command.traced.shell).unwrap_or(Path::new("."))
}

fn place(command: &Arc<InShell>, scripts: &mut Scripts, trace: &TraceFile) -> Option<Place> {
    scripts.place(Arc::clone(command), trace, folder(command, trace), &command.traced.words)
}

/// Whether an entry is of a construct or an assignment, whose status is another command's.
fn is_structure(word: &str) -> bool {
    let name = word.split(['=', '+', '[']).next().unwrap_or_default();
    let assigns = word.contains('=') && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    assigns
        || matches!(word, "for" | "case" | "select" | "local" | "export" | "declare" | "readonly" | "typeset" | "eval")
}

/// Which commands it was that failed, and how.
fn settled(failed: &Failed, scripts: &mut Scripts, trace: &TraceFile) -> Vec<(Arc<InShell>, i32)> {
    let (next, pipe) = (&failed.next.traced, &failed.next.traced.pipe_before);
    let mut others: Vec<(&Arc<InShell>, Place)> =
        failed.others.iter().filter_map(|other| Some((other, place(other, scripts, trace)?))).collect();
    others.retain(|(_, place)| !place.script.is_apart(&place.site));
    let mut found = Vec::new();
    // A part of a pipe tells of what ran before the pipe.
    if failed.inherited && !others.is_empty() {
        let Some(own) = place(&failed.next, scripts, trace) else { return found };
        let around = own.script.pipes(&own.site);
        let together =
            |pipes: &[PipePart]| pipes.iter().any(|pipe| around.iter().any(|other| other.begins == pipe.begins));
        others.retain(|(_, place)| {
            !Arc::ptr_eq(&place.script, &own.script) || !together(&place.script.pipes(&place.site))
        });
    }
    // What was substituted into the next command came after the pipe that it tells of, and has its own status in `$?`.
    let substituted = |place: &Place| place.script.is_substituted_into(&place.site, next.line);
    let (inner, before): (Vec<_>, Vec<_>) =
        others.iter().partition(|(other, place)| other.traced.depth > next.depth && substituted(place));
    found.extend(last_of_pipe(&inner).map(|other| (Arc::clone(other), next.before)));
    if pipe.len() > 1 {
        let fitting =
            |place: &Place| place.script.pipes(&place.site).into_iter().find(|found| found.parts == pipe.len());
        let latest = before.iter().rev().find_map(|(_, place)| fitting(place)).map(|pipe| pipe.begins);
        for (other, place) in &before {
            if let Some(own) = fitting(place).filter(|own| Some(own.begins) == latest) {
                found.push((Arc::clone(other), pipe[own.part]));
            }
        }
        return found;
    }
    let Some(status) = pipe.first().copied() else { return found };
    match (before.last(), &failed.last) {
        (Some((other, place)), _) if place.script.is_in_subshell(&place.site) => {
            found.push((Arc::clone(other), status));
        }
        (None, Some(_)) if failed.inherited && !failed.others.is_empty() => {}
        (None, Some(last)) if !failed.told && !calls(last, &failed.next, failed.inherited) => match &failed.within {
            Some(within) if !is_ending(within) => found.push((Arc::clone(within), status)),
            _ => found.push((Arc::clone(last), status)),
        },
        _ => {}
    }
    found
}

/// The last of these commands, or, where that is in a pipe, the one at the end of that: its parts write in any order.
fn last_of_pipe<'a>(commands: &[&'a (&Arc<InShell>, Place)]) -> Option<&'a Arc<InShell>> {
    let innermost = |place: &Place| place.script.pipes(&place.site).first().copied();
    let (last, place) = commands.last()?;
    let end = innermost(place).and_then(|pipe| {
        let is_end = |other: &PipePart| other.begins == pipe.begins && other.part + 1 == other.parts;
        commands.iter().rev().find(|(_, place)| innermost(place).is_some_and(|other| is_end(&other)))
    });
    Some(end.map_or(last, |(other, _)| other))
}

/// Whether `last` is a call of a function, a `source` or an `eval` that `next` stands in.
fn calls(last: &InShell, next: &InShell, inherited: bool) -> bool {
    let (last, next) = (&last.traced, &next.traced);
    next.calls.len() > last.calls.len() || (!inherited && next.depth > last.depth)
}

fn is_ending(command: &InShell) -> bool {
    command.traced.words.first().is_some_and(|word| word == "exit" || word == "return")
}

impl Scripts {
    /// The line that bash says, where the text does not tell the command.
    fn line_of(&self, command: &InShell, folder: &Path) -> Option<Location> {
        let file = self.file_name(&command.traced.file, folder)?;
        Some(Location { file, line: command.traced.line, column: None })
    }

    /// Where something is said: where the function is called that prints what it is given.
    fn said_at(&mut self, place: &Place, trace: &TraceFile) -> Option<Location> {
        let mut location = place.location.clone();
        let mut text = place.script.text_of(&place.site).map(str::to_owned)?;
        let folder = folder(&place.command, trace).to_owned();
        for call in &place.command.traced.calls {
            if !["$*", "$@", "$1", "$2", "${1", "${@", "${*"].iter().any(|given| text.contains(given)) {
                break;
            }
            let (path, script) = self.called_script(call, trace.folder(place.command.traced.shell), &folder)?;
            let Some((line, outer)) = script.call_text(call.line, &call.function) else { break };
            location = Some(Location { file: path, line, column: None });
            outer.clone_into(&mut text);
        }
        location
    }

    /// Where the function is called that the command stands in.
    fn called_at(&mut self, command: &InShell, trace: &TraceFile) -> Option<Location> {
        let call = command.traced.calls.first()?;
        let folder = folder(command, trace).to_owned();
        let (file, script) = self.called_script(call, trace.folder(command.traced.shell), &folder)?;
        let line = script.call_text(call.line, &call.function).map_or(call.line, |(line, _)| line);
        Some(Location { file, line, column: None })
    }
}
