//! What a container printed.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use stagegate_simulation::{Clock, Receiver, Sender};

/// One line with the time it was printed.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}

#[derive(Default)]
struct Buffer {
    lines: Vec<Line>,
    /// What was printed behind the last line end.
    partial: String,
    followers: Vec<Sender<Line>>,
    closed: bool,
}

/// Takes the lines that one run of a container prints. Clones write to the same log.
#[derive(Clone)]
pub struct LogSink {
    clock: Clock,
    buffer: Arc<Mutex<Buffer>>,
}

impl LogSink {
    /// An empty log on the environment's clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, buffer: Arc::default() }
    }

    /// Appends one line, without its line end.
    pub fn write_line(&self, text: &str) {
        let line = Line { at: self.clock.now(), text: text.to_owned() };
        let mut buffer = self.lock();
        buffer.followers.retain(|follower| follower.send(line.clone()));
        buffer.lines.push(line);
    }

    /// Appends text, which may hold several lines or a part of one.
    pub(crate) fn write(&self, text: &str) {
        let whole = std::mem::take(&mut self.lock().partial) + text;
        let mut rest = whole.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            self.write_line(line);
            rest = after;
        }
        rest.clone_into(&mut self.lock().partial);
    }

    /// The lines so far, and what has no line end yet.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let buffer = self.lock();
        let mut lines = buffer.lines.clone();
        if !buffer.partial.is_empty() {
            lines.push(Line { at: self.clock.now(), text: buffer.partial.clone() });
        }
        lines
    }

    /// The lines so far, and those to come until the container ends.
    pub(crate) fn follow(&self) -> (Vec<Line>, Receiver<Line>) {
        let (sender, receiver) = self.clock.channel();
        let mut buffer = self.lock();
        if !buffer.closed {
            buffer.followers.push(sender);
        }
        (buffer.lines.clone(), receiver)
    }

    /// The container ended: followers see the end of the log.
    pub(crate) fn close(&self) {
        let partial = std::mem::take(&mut self.lock().partial);
        if !partial.is_empty() {
            self.write_line(&partial);
        }
        let mut buffer = self.lock();
        buffer.closed = true;
        buffer.followers.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for LogSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogSink({} lines)", self.lock().lines.len())
    }
}
