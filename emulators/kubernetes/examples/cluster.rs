//! Serves a cluster and writes a kubeconfig for it.
//!
//! usage: cluster [--port N] [--speed N] [--kubeconfig PATH] [--catalogue PATH]

#![allow(clippy::print_stdout, reason = "an example tells where it listens")]

use std::error::Error;

use jiff::Timestamp;
use stagegate_kubernetes::{Catalogue, Cluster, Options};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut port = 0;
    let mut speed = 1.0;
    let mut kubeconfig = "kubeconfig".to_owned();
    let mut catalogue = Catalogue::built_in()?;
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--port" => port = value.parse()?,
            "--speed" => speed = value.parse()?,
            "--kubeconfig" => kubeconfig = value,
            "--catalogue" => catalogue = catalogue.with(Catalogue::parse(&std::fs::read_to_string(value)?)?),
            other => return Err(format!("unknown flag {other}").into()),
        }
    }
    let clock = Clock::start(Timestamp::now(), Pace::Times(speed));
    let simulation = Simulation::silent(clock, Seed::new(1));
    let cluster = Cluster::start(simulation, Options { port, catalogue, ..Options::default() }).await?;
    std::fs::write(&kubeconfig, cluster.kubeconfig(cluster.token()))?;
    println!("serving {} - export KUBECONFIG={kubeconfig}", cluster.url());
    std::future::pending::<()>().await;
    Ok(())
}
