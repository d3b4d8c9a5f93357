//! What commands changed.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};
use stagegate_reports::journal::{Effect, Event};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "effect",
            "{string} has changed {word} {string} in {string}",
            "A traced command that contains the first text set off a change of this kind, name and space or namespace.",
            has_changed,
        )
        .sentence(
            "effect",
            "{string} has changed nothing",
            "The script ran a command that contains the text, and none of them set off any change.",
            has_changed_nothing,
        );
}

/// The effects of the latest script's commands that contain `text`.
fn effects_of(scenario: &Scenario, text: &str) -> Result<Vec<Effect>, Failure> {
    let commands = &scenario.script()?.commands;
    let called: Vec<u64> =
        commands.iter().filter(|ran| ran.started.argv.join(" ").contains(text)).map(|ran| ran.started.number).collect();
    if called.is_empty() {
        return Err(Failure::assertion(format!("the script ran no command that contains `{text}`")));
    }
    let effects = scenario.scribe()?.records().into_iter().filter_map(|record| match record.event {
        Event::Effect(effect) if effect.command.is_some_and(|number| called.contains(&number)) => Some(effect),
        _ => None,
    });
    Ok(effects.collect())
}

fn line(effect: &Effect) -> String {
    let scope = effect.scope.as_ref().map(|scope| format!(" in {scope}")).unwrap_or_default();
    format!("{} {}{scope}: {}", effect.kind, effect.name, effect.summary)
}

async fn has_changed(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (command, kind, name, scope) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?, arguments.text(3)?);
    let effects = effects_of(scenario, command)?;
    if effects.iter().any(|effect| effect.kind == kind && effect.name == name && effect.scope.as_deref() == Some(scope))
    {
        return Ok(());
    }
    let actual =
        if effects.is_empty() { "nothing".to_owned() } else { effects.iter().map(line).collect::<Vec<_>>().join("\n") };
    Err(Failure::assertion(format!("`{command}` has not changed it"))
        .expected(format!("{kind} {name} in {scope}"))
        .actual(actual))
}

async fn has_changed_nothing(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let command = arguments.text(0)?;
    match effects_of(scenario, command)?.first() {
        None => Ok(()),
        Some(effect) => Err(Failure::assertion(format!("`{command}` has changed something")).actual(line(effect))),
    }
}
