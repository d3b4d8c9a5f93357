//! How environment time passes for the client's own waits.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Sleeping = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Sleeps for environment time on the client's behalf.
///
/// Without one the client sleeps by itself, `STAGEGATE_SPEED` times as fast as the wall.
#[derive(Clone, Default)]
pub struct Sleeper(Option<Arc<dyn Fn(Duration) -> Sleeping + Send + Sync>>);

impl Sleeper {
    /// A sleeper that calls `sleep` with the environment time to pass.
    pub fn new<F, S>(sleep: F) -> Self
    where
        F: Fn(Duration) -> S + Send + Sync + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        Self(Some(Arc::new(move |duration| Box::pin(sleep(duration)))))
    }
}

impl fmt::Debug for Sleeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sleeper").field(&self.0.is_some()).finish()
    }
}

/// Environment time as one call of the client sees it.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    started: Instant,
    /// Environment seconds per wall second.
    speed: f64,
    sleeper: Sleeper,
    /// What the sleeper slept: wall and environment time.
    slept: Arc<Mutex<(Duration, Duration)>>,
}

impl Pace {
    pub(crate) fn of(env: &BTreeMap<String, String>, sleeper: Sleeper) -> Self {
        let speed = env.get("STAGEGATE_SPEED").and_then(|speed| speed.parse().ok()).filter(|speed| *speed > 0.0);
        Self { started: Instant::now(), speed: speed.unwrap_or(1.0), sleeper, slept: Arc::default() }
    }

    /// Environment time since the client started.
    pub(crate) fn elapsed(&self) -> Duration {
        let (wall, environment) = *self.slept.lock().unwrap_or_else(PoisonError::into_inner);
        self.started.elapsed().saturating_sub(wall).mul_f64(self.speed) + environment
    }

    /// Sleeps for environment time.
    pub(crate) async fn sleep(&self, duration: Duration) {
        let Some(sleep) = &self.sleeper.0 else {
            return tokio::time::sleep(duration.div_f64(self.speed)).await;
        };
        let began = Instant::now();
        sleep(duration).await;
        let mut slept = self.slept.lock().unwrap_or_else(PoisonError::into_inner);
        slept.0 += began.elapsed();
        slept.1 += duration;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_sleeper_slept_counts_as_environment_time() {
        let pace = Pace::of(&BTreeMap::new(), Sleeper::new(|_| async {}));
        pace.sleep(Duration::from_secs(120)).await;
        let elapsed = pace.elapsed();
        assert!((Duration::from_secs(120)..Duration::from_secs(180)).contains(&elapsed), "{elapsed:?}");
    }
}
