//! From an entry of the trace to the place in the tutorial's text, and to what becomes of a status there.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::CommandFate;

use super::sh_record::InSh;
use super::trace::{Call, Traced};
use super::trace_file::{InShell, TraceFile};
use super::workspace::Layout;
use crate::shell::{Caller, Options, Script, Site};

/// Where a command was called.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) location: Option<Location>,
    pub(crate) script: Arc<Script>,
    pub(crate) site: Site,
    pub(crate) command: Arc<InShell>,
    /// What runs the text that it stands in.
    run_by: RunBy,
    /// Where a function runs it that was given it as arguments; `location` is where it was given, then.
    within: Option<Location>,
}

/// What runs the text that a command stands in.
#[derive(Clone)]
enum RunBy {
    /// The shell itself.
    Shell,
    /// An `eval` at this place.
    Eval(Box<Place>),
    /// A trap.
    Trap,
}

/// The most calls of functions within each other that are followed in a script that is not traced.
const DEEPEST: usize = 32;

/// The scripts of a workspace, parsed once each.
pub(crate) struct Scripts {
    layout: Layout,
    /// The command line that is being run; bash names it by an empty file name.
    line: Arc<Script>,
    parsed: HashMap<PathBuf, (Option<SystemTime>, Arc<Script>)>,
}

impl Scripts {
    pub(crate) fn new(layout: Layout, line: &str) -> Self {
        Self { layout, line: Arc::new(Script::parse(line)), parsed: HashMap::new() }
    }

    /// The place at which `command` stands, called from a process in folder `cwd`.
    pub(crate) fn place(
        &mut self,
        command: Arc<InShell>,
        trace: &TraceFile,
        cwd: &Path,
        argv: &[String],
    ) -> Option<Place> {
        let traced = &command.traced;
        let folder = trace.folder(traced.shell);
        if let (true, Some(caller)) = (traced.file.is_empty(), &command.caller)
            && let Some(text) = text_of_option(&caller.traced.words)
        {
            let script = Arc::new(Script::parse(text));
            let site = script.command(traced.line, argv)?;
            let caller = self.place(Arc::clone(caller), trace, cwd, &caller.traced.words);
            let location = caller.and_then(|caller| caller.location);
            return Some(Place { location, script, site, command, run_by: RunBy::Shell, within: None });
        }
        let path = self.path(&traced.file, folder, cwd);
        let script = self.script(path.as_deref())?;
        let Some(site) = script.command(traced.line, argv) else { return self.within_text(command, trace, cwd, argv) };
        let own = path.map(|path| Location { file: self.name(&path), line: site.line(), column: None });
        let is_given = argv.first().is_some_and(|name| script.is_given(&site, name));
        let (location, within) = match is_given.then(|| self.given_at(&command, folder, cwd)).flatten() {
            Some(given) => (Some(given), own),
            None => (own, None),
        };
        Some(Place { location, script, site, command, run_by: RunBy::Shell, within })
    }

    /// The place of the call at `line` of a script in sh, `file` of the checkout. No trace tells of it, so
    /// what a trace would say is taken from the text.
    pub(crate) fn place_in_sh(
        &mut self,
        (file, line): (&str, usize),
        trace: &TraceFile,
        argv: &[String],
    ) -> Option<Place> {
        let script = self.script_named(file)?;
        let site = script.command(line, argv)?;
        Some(place_of_site((file, script, site), trace, (argv, None)))
    }

    /// The place of the command of a script in sh that failed, with its words as written.
    pub(crate) fn place_of_failed(&mut self, at: &InSh, trace: &TraceFile) -> Option<(Place, Vec<String>)> {
        let script = self.script_named(&at.file)?;
        let (site, words) = script.simple_command_at(at.begins)?;
        Some((place_of_site((&at.file, script, site), trace, (&words, None)), words))
    }

    /// The place of a command of a script in sh that prints these words. What it printed tells which call of a
    /// function it stands in, in its file or in the script that is run `by` this name.
    pub(crate) fn place_of_printed(
        &mut self,
        (at, by): (&InSh, &str),
        trace: &TraceFile,
        words: &[String],
    ) -> Option<Place> {
        let script = self.script_named(&at.file)?;
        let (site, _) = script.simple_command_at(at.begins)?;
        let checkout = self.layout.checkout.clone();
        let main = self.path(by, None, &checkout).map(|path| self.name(&path)).filter(|main| *main != at.file);
        let main = main.and_then(|main| Some((self.script_named(&main)?, main)));
        Some(place_of_site((&at.file, script, site), trace, (words, Some(Said { text: words.join(" "), main }))))
    }

    /// Where the function that `command` stands in is called with the words that it runs.
    fn given_at(&mut self, command: &InShell, folder: Option<&Path>, cwd: &Path) -> Option<Location> {
        let mut given = None;
        for call in &command.traced.calls {
            let (file, script) = self.called_script(call, folder, cwd)?;
            let (line, text) = script.call_text(call.line, &call.function)?;
            given = Some(Location { file, line, column: None });
            if !["$@", "${@", "$*", "${*"].iter().any(|form| text.contains(form)) {
                break;
            }
        }
        given
    }

    /// The place of a command in the text of an `eval` or a trap: that of the `eval` or `trap`.
    fn within_text(&mut self, command: Arc<InShell>, trace: &TraceFile, cwd: &Path, argv: &[String]) -> Option<Place> {
        if let Some(eval) = trace.eval_around(&command) {
            let script = Arc::new(Script::parse(&eval.traced.words[1..].join(" ")));
            if let Some(site) = script.command(1, argv) {
                let outer = self.place(Arc::clone(&eval), trace, cwd, &eval.traced.words)?;
                let location = outer.location.clone();
                return Some(Place {
                    location,
                    script,
                    site,
                    command,
                    run_by: RunBy::Eval(Box::new(outer)),
                    within: None,
                });
            }
        }
        for trap in trace.traps_of(&command) {
            let script = Arc::new(Script::parse(trap.traced.words.get(1).map_or("", String::as_str)));
            if let Some(site) = script.command(1, argv) {
                let location = self.place(Arc::clone(&trap), trace, cwd, &trap.traced.words).and_then(|at| at.location);
                return Some(Place { location, script, site, command, run_by: RunBy::Trap, within: None });
            }
        }
        None
    }

    /// What becomes of the status of the command at `place`. Where it becomes the status of a script,
    /// that is followed to the script's caller.
    pub(crate) fn fate(&mut self, place: &Place, trace: &TraceFile, cwd: &Path) -> Option<CommandFate> {
        let within = self.fate_within(place, trace, cwd)?;
        let within = match (&place.within, within) {
            (Some(at), CommandFate::Handled { by }) => CommandFate::Handled { by: format!("{by} at {at}") },
            (Some(at), CommandFate::Discarded { by }) => CommandFate::Discarded { by: format!("{by} at {at}") },
            (_, within) => within,
        };
        let (CommandFate::Propagated, Some(caller)) = (&within, &place.command.caller) else { return Some(within) };
        let Some(call) = self.place(Arc::clone(caller), trace, cwd, &caller.traced.words) else {
            return Some(within);
        };
        let at = call.location.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
        Some(match self.fate(&call, trace, cwd)? {
            CommandFate::Propagated => CommandFate::Propagated,
            // A caller further out is named already.
            CommandFate::Handled { by } if by.contains(" at ") => CommandFate::Handled { by },
            CommandFate::Discarded { by } if by.contains(" at ") => CommandFate::Discarded { by },
            CommandFate::Handled { by } => CommandFate::Handled { by: by + &at },
            CommandFate::Discarded { by } => CommandFate::Discarded { by: by + &at },
        })
    }

    /// What becomes of the status of the command at `place` within its script.
    fn fate_within(&mut self, place: &Place, trace: &TraceFile, cwd: &Path) -> Option<CommandFate> {
        let folder = trace.folder(place.command.traced.shell);
        let callers: Vec<(Arc<Script>, &Call)> = place
            .command
            .traced
            .calls
            .iter()
            .map_while(|call| {
                let path = self.path(&call.file, folder, cwd);
                Some((self.script(path.as_deref())?, call))
            })
            .collect();
        let callers: Vec<Caller<'_>> =
            callers.iter().map(|(script, call)| Caller { script, line: call.line, function: &call.function }).collect();
        let Traced { errexit, pipefail, errtrace, .. } = place.command.traced;
        let options = Options { errexit, pipefail, errtrace, errexit_outside: &place.command.errexit_outside };
        match &place.run_by {
            RunBy::Shell => place.script.fate(&place.site, options, &callers),
            RunBy::Eval(outer) => match place.script.fate(&place.site, options, &[])? {
                CommandFate::Propagated => self.fate_within(outer, trace, cwd),
                other => Some(other),
            },
            RunBy::Trap => Some(match place.script.fate(&place.site, options, &[])? {
                // The status of a script is not that of what its traps run.
                CommandFate::Propagated => CommandFate::Discarded { by: "a trap".to_owned() },
                other => other,
            }),
        }
    }

    /// The name of the file that bash calls `file` in a shell that started in `folder`, as a reader knows it.
    pub(crate) fn file_name(&self, file: &str, folder: &Path) -> Option<String> {
        let path = self.path(file, Some(folder), folder)?;
        Some(self.name(&path))
    }

    /// The script that a call stands in, with its name.
    pub(crate) fn called_script(
        &mut self,
        call: &Call,
        folder: Option<&Path>,
        cwd: &Path,
    ) -> Option<(String, Arc<Script>)> {
        let path = self.path(&call.file, folder, cwd)?;
        Some((self.name(&path), self.script(Some(&path))?))
    }

    /// The script that a reader knows as `name`, relative to the checkout.
    pub(crate) fn script_named(&mut self, name: &str) -> Option<Arc<Script>> {
        self.script(Some(&self.layout.checkout.join(name)))
    }

    /// The script that bash calls `file` in a shell that started in `folder`.
    pub(crate) fn script_of(&mut self, file: &str, folder: &Path) -> Option<Arc<Script>> {
        let path = self.path(file, Some(folder), folder);
        self.script(path.as_deref())
    }

    /// The file bash means by `name`: it counts from where the shell started, or from where it is now.
    fn path(&self, name: &str, folder: Option<&Path>, cwd: &Path) -> Option<PathBuf> {
        if name.is_empty() {
            return None;
        }
        let folders = [folder, Some(cwd), Some(self.layout.checkout.as_path())];
        folders.into_iter().flatten().map(|folder| plain(&folder.join(name))).find(|path| path.is_file())
    }

    fn script(&mut self, path: Option<&Path>) -> Option<Arc<Script>> {
        let Some(path) = path else { return Some(Arc::clone(&self.line)) };
        let modified = fs::metadata(path).and_then(|data| data.modified()).ok();
        if let Some((then, script)) = self.parsed.get(path)
            && *then == modified
        {
            return Some(Arc::clone(script));
        }
        // Without what tells its statuses, where that was added.
        let untold = path.strip_prefix(&self.layout.checkout).ok().map(|file| self.layout.untold.join(file));
        let text = untold.and_then(|untold| fs::read(untold).ok()).map_or_else(|| fs::read(path), Ok).ok()?;
        let script = Arc::new(Script::parse(&String::from_utf8_lossy(&text)));
        self.parsed.insert(path.to_owned(), (modified, Arc::clone(&script)));
        Some(script)
    }

    /// The copy of the checkout.
    pub(crate) fn checkout(&self) -> &Path {
        &self.layout.checkout
    }

    /// A text with paths as a reader knows them.
    pub(crate) fn readable(&self, text: &str) -> String {
        self.layout.readable(text)
    }

    /// The path as a reader knows it: relative to the checkout where it is in there.
    fn name(&self, path: &Path) -> String {
        match path.strip_prefix(&self.layout.checkout) {
            Ok(inside) => inside.to_string_lossy().into_owned(),
            Err(_) => self.layout.readable(&path.to_string_lossy()),
        }
    }
}

/// What a command in sh printed, and the script that read its own one into itself.
struct Said {
    text: String,
    main: Option<(Arc<Script>, String)>,
}

impl Said {
    /// The call of `function` that gives the most of what was printed, in `own` or the script that reads it: its line
    /// and where that is.
    fn call_of(&self, function: &str, own: (&Arc<Script>, &String)) -> Option<(usize, Arc<Script>, String)> {
        let main = self.main.as_ref().map(|(script, name)| (script, name)).filter(|(_, name)| *name != own.1);
        let calls = [own].into_iter().chain(main).flat_map(|(script, name)| {
            let calls = script.calls_saying(function, &self.text).into_iter();
            calls.map(move |(given, line)| (given, (line, script, name)))
        });
        let calls: Vec<_> = calls.collect();
        let most = calls.iter().map(|(given, _)| *given).max()?;
        let mut best = calls.into_iter().filter(|(given, _)| *given == most);
        let (_, (line, script, name)) = best.next()?;
        best.next().is_none().then(|| (line, Arc::clone(script), name.clone()))
    }
}

/// The place of a command of the script `file` in sh.
fn place_of_site(
    (file, script, site): (&str, Arc<Script>, Site),
    trace: &TraceFile,
    (argv, said): (&[String], Option<Said>),
) -> Place {
    let line = site.line();
    let calls = calls_around((file, &script, &site), said.as_ref());
    let traced = Traced {
        file: file.to_owned(),
        line,
        errexit: script.sets_errexit_before(&site),
        calls,
        words: argv.to_vec(),
        ..Traced::default()
    };
    let caller = trace.starter(file);
    let command = Arc::new(InShell { index: 0, traced, errexit_outside: Vec::new(), caller });
    let location = Some(Location { file: file.to_owned(), line, column: None });
    Place { location, script, site, command, run_by: RunBy::Shell, within: None }
}

/// The calls of functions that led to a command of the script `file` in sh, as far as the text tells, the innermost first.
fn calls_around((file, script, site): (&str, &Arc<Script>, &Site), said: Option<&Said>) -> Vec<Call> {
    let mut calls = Vec::new();
    let (mut file, mut script, mut site) = (file.to_owned(), Arc::clone(script), site.clone());
    while calls.len() < DEEPEST
        && let Some(function) = script.function_around(&site)
    {
        let found = match said {
            Some(said) => said.call_of(&function, (&script, &file)),
            None => script.only_call_of(&function).map(|line| (line, Arc::clone(&script), file.clone())),
        };
        let Some((line, calling, name)) = found else { break };
        let Some(outer) = calling.command(line, std::slice::from_ref(&function)) else { break };
        (script, file) = (calling, name);
        calls.push(Call { function, file: file.clone(), line });
        site = outer;
    }
    calls
}

/// The text that a shell is given with `-c`.
fn text_of_option(words: &[String]) -> Option<&str> {
    let at = words.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    words.get(at + 1).map(String::as_str)
}

/// `path` without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
    }
    plain
}
