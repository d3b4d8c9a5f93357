//! Prefixes that keep one run's spaces apart from another's.

use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, text};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "prefix",
        "a prefix that no space has",
        "Chooses a prefix that begins no space's name and calls it {prefix}.",
        choose,
    );
}

const FIRST: [&str; 12] =
    ["amber", "brisk", "calm", "dusty", "early", "fair", "grand", "humble", "ivory", "jolly", "keen", "lively"];
const SECOND: [&str; 12] =
    ["badger", "crane", "dove", "egret", "finch", "gull", "heron", "ibis", "jay", "kite", "lark", "martin"];

async fn choose(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let spaces: Vec<Value> = hub.get("/space", &[]).await.map_err(|error| hub_failure(&error))?;
    let taken: Vec<String> = spaces.iter().map(|space| text(space, "/Space/Slug")).collect();
    let seed = scenario.environment().await?.seed().clone();
    let pick = |words: &[&'static str], series: &str| {
        let last = u64::try_from(words.len() - 1).unwrap_or_default();
        words[usize::try_from(seed.number(series, 0..=last)).unwrap_or_default()]
    };
    for _ in 0..FIRST.len() * SECOND.len() * 4 {
        let prefix = format!("{}-{}", pick(&FIRST, "prefix first word"), pick(&SECOND, "prefix second word"));
        if !taken.iter().any(|slug| slug.starts_with(&prefix)) {
            scenario.set_variable("prefix", prefix);
            return Ok(());
        }
    }
    Err(Failure::environment("no prefix is free").actual(format!("there are {} spaces", taken.len())))
}
