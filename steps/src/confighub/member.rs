//! Who is logged in.

use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "hub",
        "the hub knows who is logged in",
        "The hub answers and gives the user of the session, who is a member of an organization.",
        knows_who_is_logged_in,
    );
}

async fn knows_who_is_logged_in(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let me: Value = client(scenario).await?.get("/me", &[]).await.map_err(|error| hub_failure(&error))?;
    let missing = ["UserID", "OrganizationID"].into_iter().find(|field| {
        let id = me.get(field).and_then(Value::as_str).unwrap_or_default();
        id.is_empty() || id == "00000000-0000-0000-0000-000000000000"
    });
    match missing {
        None => Ok(()),
        Some(field) => {
            Err(Failure::assertion(format!("the hub does not say who is logged in: {field}")).actual(me.to_string()))
        }
    }
}
