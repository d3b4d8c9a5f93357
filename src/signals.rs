//! SIGINT, SIGTERM and SIGHUP: the first ends a command in good order, the second at once.

use tokio::signal::unix::{SignalKind, signal};

/// A signal that asks a run to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    Interrupt,
    Terminate,
    /// The terminal was closed.
    HangUp,
}

impl Interruption {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }

    /// The exit status of a process that the signal ended.
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::HangUp => 129,
        }
    }
}

/// Waits for a signal. From the call on, and not only once the future is polled, signals no longer end the
/// process. Where signals cannot be had, waits for ever.
pub(crate) fn first() -> impl Future<Output = Interruption> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let signals = kinds.map(signal);
    async {
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hang_up)] = signals else {
            tracing::warn!("signals cannot be caught: an interrupted command will leave no reports");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => Interruption::Interrupt,
            _ = terminate.recv() => Interruption::Terminate,
            _ = hang_up.recv() => Interruption::HangUp,
        }
    }
}

/// From now on a signal ends the process at once, whatever is left to clean up.
pub(crate) fn force_on_second() {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            let second = runtime.block_on(async { first().await });
            std::process::exit(second.status().into());
        }
    });
}
