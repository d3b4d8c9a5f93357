//! Serves a hub at wall pace until interrupted, with the files that log a client in and, if a third argument
//! names a JSON file with a directory, with its users and organizations.
//!
//! ```text
//! cargo run -p stagegate-confighub --example hub -- 8080 /tmp/home
//! HOME=/tmp/home CONFIGHUB_URL=http://127.0.0.1:8080 cub space list
//! ```
#![expect(clippy::print_stdout, reason = "it talks to the person who started it")]

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use stagegate_confighub::identity::Directory;
use stagegate_confighub::{Hub, Options};
use stagegate_simulation::{Change, Clock, Exchange, Injected, Observer, Pace, Seed, Simulation};

struct Printer;

impl Observer for Printer {
    fn exchange(&self, exchange: Exchange) {
        let error = exchange.error.map(|error| format!(" ({error})")).unwrap_or_default();
        println!("{} {} {}{error}", exchange.method, exchange.target, exchange.status);
    }

    fn change(&self, change: Change) {
        let scope = change.scope.map(|scope| format!("{scope}/")).unwrap_or_default();
        println!("    {:?} {} {scope}{}: {}", change.verb, change.kind, change.name, change.summary);
    }

    fn injected(&self, injected: Injected) {
        println!("    injected {}: {}", injected.target, injected.effect);
    }

    fn secret(&self, _: &str) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().ok_or("usage: hub PORT HOME")?.parse()?;
    let home = PathBuf::from(arguments.next().ok_or("usage: hub PORT HOME [DIRECTORY]")?);
    let directory: Directory = match arguments.next() {
        Some(path) => serde_json::from_str(&std::fs::read_to_string(path)?)?,
        None => Directory::default(),
    };
    let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
    let simulation = Simulation::new(clock, Seed::new(1), Arc::new(Printer));
    let hub = Hub::start(simulation, Options { port, directory, ..Options::default() }).await?;
    hub.session().write(&home)?;
    println!("export HOME={} CONFIGHUB_URL={} CONFIGHUB_WORKER_PORT={}", home.display(), hub.url(), hub.port());
    std::future::pending::<()>().await;
    Ok(())
}
