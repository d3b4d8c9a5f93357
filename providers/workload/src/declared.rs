//! The behaviour that an entry of the catalogue declares, carried out.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use stagegate_kubernetes::Image;
use tokio::signal::unix::{SignalKind, signal};

use crate::{ADDRESS_VARIABLE, Variables, listener, memory, service_links};

/// 128 and the number of the signal, as of a process that it ended.
const SIGTERM_STATUS: i32 = 143;

/// Closing connections takes a moment.
const CLOSING: Duration = Duration::from_millis(500);

/// Lives until the entry's crash or SIGTERM; gives the exit status.
pub(crate) async fn run(entry: Image, variables: &Variables) -> i32 {
    tokio::select! {
        biased;
        status = live(&entry, variables) => status,
        status = terminated(), if !entry.ignores_sigterm => status,
    }
}

async fn live(entry: &Image, variables: &Variables) -> i32 {
    tokio::time::sleep(entry.start_up).await;
    let _held_until_the_end = memory::take(entry.memory);
    let address = variables.get(ADDRESS_VARIABLE).and_then(|text| text.parse().ok());
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let own = service_links::without(variables);
    for one in &entry.listen {
        let declared = one.env.as_ref().and_then(|name| own.get(name)).and_then(|value| value.parse().ok());
        let socket = SocketAddr::new(address, declared.unwrap_or(one.port));
        if let Err(error) = listener::open(one.clone(), socket).await {
            log(&format!("cannot listen on {socket}: {error}"));
            return 1;
        }
    }
    entry.log.iter().for_each(|line| log(line));
    let Some(crash) = &entry.crash else { return std::future::pending().await };
    tokio::time::sleep(crash.after).await;
    if !crash.log.is_empty() {
        log(&crash.log);
    }
    crash.exit_code
}

/// Done a moment after SIGTERM. Whoever does not wait for this has no handler, and as the first process of a container
/// does not even notice.
async fn terminated() -> i32 {
    match signal(SignalKind::terminate()) {
        Ok(mut sigterm) => {
            sigterm.recv().await;
            tokio::time::sleep(CLOSING).await;
            SIGTERM_STATUS
        }
        Err(error) => {
            log(&format!("SIGTERM cannot be handled: {error}"));
            std::future::pending().await
        }
    }
}

/// Prints a line of the container's log.
pub(crate) fn log(line: &str) {
    let mut out = std::io::stdout().lock();
    let _nobody_reads_it = writeln!(out, "{line}").and_then(|()| out.flush());
}
