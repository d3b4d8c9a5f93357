//! Passing a tool's output on while keeping a copy.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use stagegate_reports::journal::Output;

use super::super::excerpt::Excerpt;

/// How long the end of a tool's output may be away after the tool itself has ended. Something the
/// tool left behind may hold its output open for ever; a shell would not wait for that either.
const PATIENCE: Duration = Duration::from_millis(500);

/// A thread that copies one output of a tool to this process's own.
pub(super) struct Pump {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    done: std::sync::mpsc::Receiver<()>,
}

#[derive(Default)]
struct Shared {
    excerpt: Mutex<Excerpt>,
    /// Nobody reads what is passed on any more.
    broken: AtomicBool,
    writing: AtomicBool,
}

impl Pump {
    pub(super) fn start(from: impl Read + Send + 'static, to: impl Write + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let (finished, done) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                copy(from, to, &shared);
                // The receiver may have given up.
                let _gone = finished.send(());
            }
        });
        Self { shared, thread, done }
    }

    /// Waits for the end of the output; gives what was copied and whether its reader went away.
    pub(super) fn finish(self) -> (Output, bool) {
        while self.done.recv_timeout(PATIENCE).is_err() {
            // A slow reader is waited for as the tool would have been; a silent writer is not.
            if self.thread.is_finished() || !self.shared.writing.load(Ordering::Acquire) {
                break;
            }
        }
        let output = self.shared.excerpt.lock().unwrap_or_else(PoisonError::into_inner).output();
        (output, self.shared.broken.load(Ordering::Acquire))
    }
}

fn copy(mut from: impl Read, mut to: impl Write, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let chunk = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        shared.excerpt.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
        shared.writing.store(true, Ordering::Release);
        let written = to.write_all(chunk).and_then(|()| to.flush());
        shared.writing.store(false, Ordering::Release);
        if let Err(error) = written {
            // Dropping the reading end hands the broken pipe on to the tool.
            shared.broken.store(error.kind() == io::ErrorKind::BrokenPipe, Ordering::Release);
            return;
        }
    }
}
