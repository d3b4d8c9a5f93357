//! The harness's end of the shims: numbers each command, finds its place, writes it into the
//! journal and tells the shim what to do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use stagegate_reports::journal::{Attachment, CommandFate, CommandFinished, CommandStarted, Event, Output};
use stagegate_simulation::Clock;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::answer::{Sleep, decide};
use super::clock_tool;
use super::prompt::Answers;
use super::protocol::{ASK, Action, Answer, Call, End, Given, Noted, Report, Said, Woken, line};
use super::running::Ran;
use super::sh_places;
use super::sh_record::Record;
use super::tempo::Tempo;
use super::trace_file::TraceFile;
use super::trace_location::{Place, Scripts};
use super::trace_past::Past;
use super::trace_steps::Steps;
use super::workspace::{Layout, Tools};
use crate::journal::Scribe;

/// How long, in wall time, `timeout` is given to end what it runs.
const ENDING: Duration = Duration::from_millis(200);

/// Serves the shims of one script.
pub(crate) struct Control {
    pub(crate) scribe: Scribe,
    pub(crate) clock: Clock,
    pub(crate) tools: Tools,
    pub(crate) layout: Layout,
    pub(crate) speed: f64,
    tempo: Tempo,
    /// The script's own number.
    pub(crate) script: u64,
    places: Mutex<Places>,
    ran: Mutex<BTreeMap<u64, Ran>>,
}

struct Places {
    trace: TraceFile,
    scripts: Scripts,
    steps: Steps,
    sh: Record,
}

impl Places {
    /// What the trace tells since the last time of what the script did itself.
    fn steps(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(steps) = self.trace.steps() {
            events.extend(steps.iter().flat_map(|step| self.steps.tell(step, &mut self.scripts, &self.trace)));
        }
        let told = self.sh.next();
        events.extend(told.iter().filter_map(|told| self.steps.tell_in_sh(told, &mut self.scripts, &self.trace)));
        events
    }
}

/// Why a shim could not be served; it ends by itself then.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("the connection broke: {0}")]
    Connection(#[from] std::io::Error),
    #[error("the shim sent what is no message: {0}")]
    Message(#[from] serde_json::Error),
    #[error("the shim ended before its command did")]
    Gone,
    #[error("the shim asked for a pause within a pause")]
    Impatient,
}

impl Control {
    pub(crate) fn new(
        (scribe, clock): (Scribe, Clock),
        (tools, layout): (Tools, Layout),
        (script, command_line): (u64, &str),
        (speed, answers): (f64, Answers),
    ) -> Self {
        let past = Past::of(layout.shims.clone(), tools.recorded());
        let trace = TraceFile::new(layout.trace.clone(), past);
        let scripts = Scripts::new(layout.clone(), command_line);
        let (steps, sh) = (Steps::of(script, answers, layout.tmp.clone()), Record::new(layout.sh_record.clone()));
        let places = Mutex::new(Places { trace, scripts, steps, sh });
        let tempo = Tempo::new(clock.clone(), speed, layout.control.to_string_lossy().into_owned());
        Self { scribe, clock, tools, layout, speed, tempo, script, places, ran: Mutex::default() }
    }

    /// The commands that ended so far, in the order they started.
    pub(crate) fn ran(&self) -> Vec<Ran> {
        self.lock_ran().values().cloned().collect()
    }

    fn lock_ran(&self) -> MutexGuard<'_, BTreeMap<u64, Ran>> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one shim to its end.
    pub(crate) async fn serve(&self, stream: UnixStream) {
        let (reader, writer) = stream.into_split();
        let mut shim = Shim { lines: BufReader::new(reader).lines(), writer };
        match shim.receive::<Call>().await {
            Ok(call) if call.argv.first().is_some_and(|name| name == ASK) => {
                self.asked(&mut shim, &call.argv[1..]).await;
            }
            Ok(call) => match clock_tool::action(&self.tools, &call.argv, self.clock.now(), self.speed) {
                Some(action) => self.keep_time(&mut shim, action).await,
                None => self.command(&mut shim, call).await,
            },
            Err(error) => tracing::warn!(%error, "a shim did not say what it was called for"),
        }
    }

    /// Notes what a script in sh is about to ask.
    async fn asked(&self, shim: &mut Shim, words: &[String]) {
        self.tell_steps();
        let event = {
            let Places { trace, scripts, steps, .. } = &mut *self.places();
            steps.asked_in_sh(words, scripts, trace)
        };
        if let Some(event) = event {
            self.scribe.write(event);
        }
        if let Err(error) = shim.send(&Noted).await {
            tracing::debug!(%error, "a script in sh no longer asks");
        }
    }

    /// Serves a tool that goes by the clock.
    async fn keep_time(&self, shim: &mut Shim, action: Action) {
        let told = async {
            shim.send(&Answer { number: 0, action }).await?;
            let Said::Pause(duration) = shim.receive().await? else { return Ok(()) };
            let _limit = self.tempo.limit(duration);
            tokio::select! {
                // It ended in time.
                _gone = shim.receive::<Said>() => return Ok(()),
                ((), _still) = self.clock.attended(self.clock.sleep(duration)) => {
                    self.tempo.disturb();
                    shim.send(&Woken).await?;
                    // Time must not jump on before it has ended what it runs.
                    let _gone = tokio::time::timeout(ENDING, shim.receive::<Said>()).await;
                }
            }
            Ok::<(), ServeError>(())
        };
        if let Err(error) = told.await {
            tracing::debug!(%error, "a tool that goes by the clock ended early");
        }
    }

    async fn command(&self, shim: &mut Shim, call: Call) {
        let _running = self.tempo.run();
        let number = self.scribe.next_command_number();
        let place = self.place(&call, number);
        let started = CommandStarted {
            number,
            argv: call.argv.iter().map(|word| self.layout.readable(word)).collect(),
            cwd: self.folder(&call.cwd),
            source: place.as_ref().and_then(|place| place.location.clone()),
            parent: Some(self.script),
        };
        self.scribe.write(Event::CommandStarted(started.clone()));
        let (at, wall) = (self.clock.now(), Instant::now());
        let report = self.carry_out(shim, &call, number).await.unwrap_or_else(|error| {
            tracing::debug!(%error, number, "a shim ended early");
            // Only a signal that no program can catch ends a shim without a word.
            Report { end: End::Signal(Signal::KILL.as_raw()), stdout: Output::default(), stderr: Output::default() }
        });
        let finished = CommandFinished {
            number,
            exit_status: report.end.status(),
            signal: report.end.signal(),
            duration_ms: self.clock.since(at).as_secs_f64() * 1000.0,
            wall_ms: wall.elapsed().as_secs_f64() * 1000.0,
            stdout: self.layout.readable_output(&report.stdout),
            stderr: self.layout.readable_output(&report.stderr),
            fate: place.and_then(|place| self.fate(&place, &call.cwd)),
        };
        self.scribe.write(Event::CommandFinished(finished.clone()));
        self.lock_ran().insert(number, Ran { started, finished });
        if let Err(error) = shim.send(&Noted).await {
            tracing::debug!(%error, number, "a shim is gone");
        }
    }

    async fn carry_out(&self, shim: &mut Shim, call: &Call, number: u64) -> Result<Report, ServeError> {
        let decision = decide(&self.tools, &call.argv, (number, || self.scribe.next_call(&call.argv)), self.speed);
        shim.send(&Answer { number, action: decision.action }).await?;
        let _awaiting = decision.awaits_events.then(|| self.tempo.await_events());
        let mut sleep = decision.sleep;
        loop {
            if let Some(sleep) = sleep.take() {
                tokio::select! {
                    // A signal may end the sleep early.
                    said = shim.receive() => return Self::report(said?),
                    () = self.tempo.sleep(sleep) => {}
                }
                shim.send(&Woken).await?;
            }
            match shim.receive().await? {
                Said::Pause(duration) => sleep = Some(Sleep::For(duration)),
                Said::Report(report) => return Ok(report),
            }
        }
    }

    fn report(said: Said) -> Result<Report, ServeError> {
        match said {
            Said::Report(report) => Ok(report),
            Said::Pause(_) => Err(ServeError::Impatient),
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the script is to be given for what it asks meanwhile.
    pub(crate) fn replies(&self) -> Vec<Given> {
        self.tell_steps();
        let places = &mut self.places();
        std::iter::from_fn(|| places.steps.reply()).collect()
    }

    /// Writes down what the script did itself since the last time.
    fn tell_steps(&self) {
        let steps = self.places().steps();
        for step in steps {
            self.scribe.write(step);
        }
    }

    /// Writes down what the script did itself to its end, with the status it ended with.
    pub(crate) fn tell_end(&self, status: Option<i32>) {
        self.tell_steps();
        let mut places = self.places();
        let Places { trace, scripts, steps, .. } = &mut *places;
        let last = status.and_then(|status| trace.last_step(status));
        let last = last.map(|last| steps.tell(&last, scripts, trace)).unwrap_or_default();
        let mut remarks = steps.untraced(scripts, trace);
        // One that was killed had no chance to clean up.
        if status.is_some() {
            remarks.extend(steps.files_left(scripts, trace, |text| self.scribe.holds_secret(text)));
        }
        remarks.extend(steps.lines());
        let cut = trace.is_cut();
        drop(places);
        if cut {
            self.scribe.write(Event::Attachment(Attachment {
                name: "the script did more than its trace is read for".to_owned(),
                media_type: "text/plain".to_owned(),
                text: "What it did without a traced command after that is not told, and such commands have no place.\n"
                    .to_owned(),
            }));
        }
        for event in last.into_iter().chain(remarks) {
            self.scribe.write(event);
        }
    }

    /// The place of the call that is command `number`. What the script did before it is written down first.
    fn place(&self, call: &Call, number: u64) -> Option<Place> {
        self.tell_steps();
        let Places { trace, scripts, steps, .. } = &mut *self.places();
        steps.began(number);
        if let Some((file, line)) = call.at.as_deref().and_then(sh_places::read)
            && let Some(place) = scripts.place_in_sh((file, line), trace, &call.argv)
        {
            return Some(place);
        }
        let traced = trace.command(call.pid, call.ppid, &call.argv)?;
        scripts.place(traced, trace, &call.cwd, &call.argv)
    }

    fn fate(&self, place: &Place, cwd: &Path) -> Option<CommandFate> {
        let Places { trace, scripts, .. } = &mut *self.places();
        scripts.fate(place, trace, cwd)
    }

    /// A working directory as a reader knows it.
    fn folder(&self, cwd: &Path) -> String {
        self.layout.readable(&cwd.to_string_lossy())
    }
}

/// The connection to a shim.
struct Shim {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Shim {
    async fn send<T: serde::Serialize>(&mut self, message: &T) -> Result<(), ServeError> {
        Ok(self.writer.write_all(&line(message)?).await?)
    }

    async fn receive<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, ServeError> {
        let line = self.lines.next_line().await?.ok_or(ServeError::Gone)?;
        Ok(serde_json::from_str(&line)?)
    }
}
