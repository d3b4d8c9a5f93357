//! Lateral merges: what one unit changed, taken over by another that is not its clone.

use serde_json::{Value, json};
use stagegate_harness::failure::StepResult;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, text, unit};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "merge",
        "I merge what unit {string} in space {string} changed since its revision {int} into unit {string} in space \
         {string}, with change description {string}",
        "The second unit takes over these changes, except where it has changes of its own.",
        merge,
    );
}

async fn merge(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let source = unit(&hub, arguments.text(1)?, arguments.text(0)?).await?;
    let target = unit(&hub, arguments.text(4)?, arguments.text(3)?).await?;
    let (id, base) = (text(&source, "/Unit/UnitID"), arguments.int(2)?.to_string());
    let query = [("merge_source", id.as_str()), ("merge_base", base.as_str()), ("merge_end", "HeadRevisionNum")];
    let path = format!("/space/{}/unit/{}", text(&target, "/Unit/SpaceID"), text(&target, "/Unit/UnitID"));
    let body = json!({ "LastChangeDescription": arguments.text(5)? });
    let _merged: Value = hub.patch(&path, &query, &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}
