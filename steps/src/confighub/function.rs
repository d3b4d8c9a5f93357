//! Functions on configuration data.

use serde_json::{Value, json};
use stagegate_harness::environment::HubError;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{change_set, client, hub_failure, refusal, space_id, text};
use crate::table::{Table, same_rows};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "function",
            "I run function {string} on unit {string} in space {string}",
            "Invokes a function with the arguments behind its name, such as `set-replicas 3`.",
            on_unit,
        )
        .sentence(
            "function",
            "I run function {string} on unit {string} in space {string}, with change description {string}",
            "As without, and the new revision has this description.",
            on_unit_with_description,
        )
        .sentence(
            "function",
            "I run function {string} on unit {string} in space {string} in change set {string}",
            "As without, as part of a change set of the unit's space.",
            on_unit_in_change_set,
        )
        .sentence(
            "function",
            "I try to run function {string} on unit {string} in space {string}",
            "Asks for it and remembers whether the hub refused.",
            try_on_unit,
        )
        .sentence(
            "function",
            "I run function {string} on the units of all spaces where {string} and the data has {string}",
            "Invokes a function on what a clause on units and one on their data select, with one request for all \
             spaces.",
            on_selected,
        )
        .sentence(
            "function",
            "I run these functions:",
            "Invokes a function for each row: | function | unit | space |.",
            each,
        )
        .sentence(
            "function",
            "the hub offers these functions:",
            "Each is listed with these required parameters, in this order: | function | parameters |.",
            are_offered,
        )
        .all_needing("function", Capability::Functions);
}

/// A call as people write it: the function's name and its arguments, `'…'` around those with blanks.
struct Call {
    name: String,
    arguments: Vec<String>,
}

impl Call {
    fn parse(text: &str) -> Result<Self, Failure> {
        let mut words = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (word, behind) = match rest.strip_prefix('\'') {
                Some(quoted) => quoted
                    .split_once('\'')
                    .ok_or_else(|| Failure::assertion(format!("a quote is not closed in `{text}`")))?,
                None => rest.split_once(' ').unwrap_or((rest, "")),
            };
            words.push(word.to_owned());
            rest = behind.trim_start();
        }
        if words.is_empty() {
            return Err(Failure::assertion("the function has no name"));
        }
        let name = words.remove(0);
        Ok(Self { name, arguments: words })
    }

    fn body(&self, description: &str) -> Value {
        let arguments: Vec<Value> = self.arguments.iter().map(|value| json!({ "Value": value })).collect();
        json!({
            "FunctionInvocations": [{ "FunctionName": self.name, "Arguments": arguments }],
            "CastStringArgsToScalars": true,
            "ChangeDescription": description,
        })
    }
}

async fn on_unit(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    invoke(scenario, arguments.text(0)?, arguments.text(1)?, arguments.text(2)?, "", None).await
}

async fn on_unit_with_description(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    invoke(scenario, arguments.text(0)?, arguments.text(1)?, arguments.text(2)?, arguments.text(3)?, None).await
}

async fn on_unit_in_change_set(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let set = change_set::id(&hub, arguments.text(2)?, arguments.text(3)?).await?;
    invoke(scenario, arguments.text(0)?, arguments.text(1)?, arguments.text(2)?, "", Some(&set)).await
}

async fn each(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    for row in Table::of(arguments, &["function", "unit", "space"], &[])?.rows() {
        invoke(scenario, row.get("function"), row.get("unit"), row.get("space"), "", None).await?;
    }
    Ok(())
}

async fn invoke(
    scenario: &mut Scenario,
    call: &str,
    unit: &str,
    space: &str,
    description: &str,
    change_set: Option<&str>,
) -> StepResult {
    let answered = ask(scenario, call, unit, space, description, change_set).await?;
    succeeded(&answered.map_err(|error| hub_failure(&error))?, call)
}

async fn ask(
    scenario: &mut Scenario,
    call: &str,
    unit: &str,
    space: &str,
    description: &str,
    change_set: Option<&str>,
) -> Result<Result<Vec<Value>, HubError>, Failure> {
    let hub = client(scenario).await?;
    let path = format!("/space/{}/function/invoke", space_id(&hub, space).await?);
    let clause = format!("Slug = '{unit}'");
    let mut query = vec![("where", clause.as_str())];
    query.extend(change_set.map(|id| ("change_set_id", id)));
    Ok(hub.post(&path, &query, &Call::parse(call)?.body(description)).await)
}

async fn try_on_unit(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let answered = ask(scenario, arguments.text(0)?, arguments.text(1)?, arguments.text(2)?, "", None).await?;
    // An invocation answers unit by unit: what is refused for the one unit is refused.
    let outcome = answered.and_then(|items| match error_of(&items) {
        Some((message, status)) => {
            let (method, target) = ("POST".to_owned(), "/function/invoke".to_owned());
            Err(HubError::Refused { method, target, status, message })
        }
        None => Ok(items),
    });
    refusal::remember(scenario, outcome)
}

fn error_of(items: &[Value]) -> Option<(String, u16)> {
    let error = items.iter().find_map(|item| item.get("Error").filter(|error| !error.is_null()))?;
    let status = text(error, "/Status").parse().unwrap_or(400);
    Some((text(error, "/Message"), status))
}

/// Whether the function ran on every unit, of which there is at least one.
fn succeeded(items: &[Value], call: &str) -> StepResult {
    let what = format!("function `{call}` did not succeed");
    if items.is_empty() {
        return Err(Failure::assertion(what).actual("there is no such unit"));
    }
    let failed = items.iter().find(|item| item["Success"] != true);
    match failed {
        None => Ok(()),
        Some(item) => Err(Failure::assertion(what).actual(text(item, "/Error/Message"))),
    }
}

async fn on_selected(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (call, clause, data) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let hub = client(scenario).await?;
    let query = [("where", clause), ("where_data", data), ("resource_type", "apps/v1/Deployment")];
    let answered = hub.post::<Vec<Value>>("/function/invoke", &query, &Call::parse(call)?.body("")).await;
    succeeded(&answered.map_err(|error| hub_failure(&error))?, call)
}

async fn are_offered(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let columns = ["function", "parameters"];
    let listed: Value = client(scenario).await?.get("/function", &[]).await.map_err(|error| hub_failure(&error))?;
    let mut expected = Vec::new();
    let mut found = Vec::new();
    for row in Table::of(arguments, &columns, &[])?.rows() {
        let name = row.get("function");
        let signature = listed.pointer(&format!("/Kubernetes~1YAML/{name}"));
        expected.push(row.cells(&columns));
        found.push(match signature {
            Some(signature) => vec![name.to_owned(), required(signature)],
            None => vec![name.to_owned(), "not listed".to_owned()],
        });
    }
    same_rows("functions that the hub offers, with their required parameters", &expected, &found)
}

fn required(signature: &Value) -> String {
    let parameters = signature["Parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|parameter| parameter["Required"] == true);
    required.map(|parameter| text(parameter, "/ParameterName")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn quotes_keep_blanks_together() {
        let call = Call::parse("set-annotation note 'two words' x").expect("a call");
        assert_eq!(call.name, "set-annotation");
        assert_eq!(call.arguments, ["note", "two words", "x"]);
    }

    #[test]
    fn a_call_has_a_name_and_closed_quotes() {
        assert!(Call::parse("  ").is_err());
        assert!(Call::parse("set-label a 'b").is_err());
    }
}
