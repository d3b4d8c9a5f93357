//! The emulator and a real control plane as one interface.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use stagegate_kubernetes::{Catalogue, Cluster, Options};
use stagegate_simulation::{Busy, Clock, Pace, Seed, Simulation};

/// A cluster to do the work on.
pub(crate) trait Side {
    /// How the figures call it.
    fn name(&self) -> &'static str;
    /// Where its API is, without a trailing slash.
    fn url(&self) -> &str;
    /// The bearer token, if one is needed.
    fn token(&self) -> Option<&str>;
    /// Held while a request is in flight.
    fn busy(&self) -> Option<Busy>;
    /// Lets its time pass.
    fn pass(&self, time: Duration) -> impl Future<Output = ()>;
    /// Its time since the start.
    fn elapsed(&self) -> Duration;
}

/// An emulator on a jumping clock.
pub(crate) struct Emulated {
    cluster: Cluster,
    clock: Clock,
    url: String,
}

impl Emulated {
    /// Starts one and waits until its default namespace is whole.
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let clock = Clock::start(Timestamp::now(), Pace::Jump);
        let simulation = Simulation::silent(clock.clone(), Seed::new(1));
        let options = Options { catalogue: Catalogue::built_in()?, ..Options::default() };
        let cluster = Cluster::start(simulation, options).await?;
        while cluster.object("serviceaccounts", "default", "default").is_none() {
            tokio::task::yield_now().await;
        }
        let url = cluster.url();
        Ok(Self { cluster, clock, url })
    }
}

impl Side for Emulated {
    fn name(&self) -> &'static str {
        "emulator"
    }
    fn url(&self) -> &str {
        &self.url
    }
    fn token(&self) -> Option<&str> {
        Some(self.cluster.token())
    }
    fn busy(&self) -> Option<Busy> {
        Some(self.clock.busy())
    }
    async fn pass(&self, time: Duration) {
        self.clock.sleep(time).await;
    }
    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

/// A control plane that runs already, behind `kubectl proxy`, which has the credentials.
pub(crate) struct Real {
    proxy: Child,
    url: String,
    begun: std::time::Instant,
}

impl Real {
    /// That of `STAGEGATE_BENCH_KUBECONFIG`.
    pub(crate) fn of_environment() -> Result<Option<Self>, Box<dyn Error>> {
        let Some(kubeconfig) = std::env::var_os("STAGEGATE_BENCH_KUBECONFIG") else { return Ok(None) };
        let mut proxy = Command::new("kubectl")
            .args(["proxy", "--port=0"])
            .env("KUBECONFIG", kubeconfig)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.trim_end().rsplit(' ').next().unwrap_or_default();
        let url = format!("http://{address}");
        Ok(Some(Self { proxy, url, begun: std::time::Instant::now() }))
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.proxy.kill();
        let _status = self.proxy.wait();
    }
}

impl Side for Real {
    fn name(&self) -> &'static str {
        "real"
    }
    fn url(&self) -> &str {
        &self.url
    }
    fn token(&self) -> Option<&str> {
        None
    }
    fn busy(&self) -> Option<Busy> {
        None
    }
    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time / 10).await;
    }
    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// Resident memory of this process in megabytes (Linux; 0 elsewhere).
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
