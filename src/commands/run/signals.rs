//! SIGINT and SIGTERM: the first ends the run in good order, the second at once.

use tokio::signal::unix::{SignalKind, signal};

/// A signal that asks a run to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    Interrupt,
    Terminate,
}

impl Interruption {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    fn status(self) -> i32 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Waits for a signal. Where signals cannot be had, waits for ever.
pub(super) async fn first() -> Interruption {
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
        tracing::warn!("signals cannot be caught: an interrupted run will write no reports");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => Interruption::Interrupt,
        _ = terminate.recv() => Interruption::Terminate,
    }
}

/// From now on a signal ends the process at once, whatever is left to clean up.
pub(super) fn force_on_second() {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            let second = runtime.block_on(first());
            std::process::exit(second.status());
        }
    });
}
