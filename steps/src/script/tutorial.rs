//! Tutorials and their scripts.

use include_dir::{Dir, include_dir};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::script::Checkout;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::table::Table;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "tutorial",
            "the tutorial",
            "A copy of the checkout that was given with --tutorial, with a home and a session of its own.",
            given,
        )
        .demanding(Capability::Tutorial)
        .sentence(
            "tutorial",
            "the built-in tutorial {string}",
            "A copy of the small tutorial that comes with stagegate: `correct`, or a variant with one seeded defect.",
            built_in,
        )
        .sentence(
            "script",
            "I run {string}",
            "Runs a command line with bash in the copy of the tutorial, traced, its input empty.",
            run,
        )
        .sentence(
            "script",
            "I run:",
            "Runs the doc string with bash in the copy of the tutorial, traced, its input empty.",
            run_text,
        )
        .sentence(
            "script",
            "the prompt {string} is answered {string}",
            "What scripts get that run later and ask something with this text in it. Without an answer their input is \
             at its end, and there is a finding.",
            answer,
        )
        .sentence(
            "script",
            "prompts are answered:",
            "The same for each row of a table with the columns `prompt` and `answer`.",
            answer_table,
        )
        .sentence(
            "script",
            "I run the commands that it printed",
            "Runs each `cub` or `kubectl` command that the scripts so far told their reader to type; one that does \
             not work is a finding.",
            run_printed,
        )
        .sentence(
            "tutorial",
            "the file {string} gives the prefix",
            "The file's only line is a name for spaces, called {prefix} from now on.",
            gives_the_prefix,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} has the data of file {string}",
            "The unit's decoded data is this file of the tutorial, byte for byte.",
            has_the_data_of_file,
        );
}

async fn given(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let folder = scenario.settings()?.tutorial.clone();
    let folder = folder
        .ok_or_else(|| Failure::environment("no checkout of the tutorial was given").help("run with --tutorial DIR"))?;
    scenario.use_tutorial(Checkout::Folder(folder)).await
}

async fn built_in(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let files = files_of_variant(arguments.text(0)?)?;
    scenario.use_tutorial(Checkout::Files(files)).await
}

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../fixtures/tutorial");
const CORRECT: &str = "correct";

type Files = Vec<(std::path::PathBuf, String, bool)>;

/// The files of `correct`, those of the variant in place of their namesakes.
fn files_of_variant(name: &str) -> Result<Files, Failure> {
    let variant = BUILT_IN.get_dir(name).ok_or_else(|| {
        let known: Vec<String> = BUILT_IN.dirs().map(|folder| folder.path().display().to_string()).collect();
        Failure::assertion(format!("there is no built-in tutorial `{name}`"))
            .help(format!("there are: {}", known.join(", ")))
    })?;
    let mut files = Vec::new();
    if let Some(correct) = BUILT_IN.get_dir(CORRECT) {
        collect(correct, correct, &mut files);
    }
    let mut changed = Vec::new();
    collect(variant, variant, &mut changed);
    files.retain(|(path, ..)| !changed.iter().any(|(other, ..)| other == path));
    files.extend(changed);
    Ok(files)
}

fn collect(top: &Dir<'_>, folder: &Dir<'_>, files: &mut Files) {
    for file in folder.files() {
        let (Ok(path), Some(text)) = (file.path().strip_prefix(top.path()), file.contents_utf8()) else { continue };
        files.push((path.to_owned(), text.to_owned(), text.starts_with("#!")));
    }
    for inner in folder.dirs() {
        collect(top, inner, files);
    }
}

async fn run(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    scenario.run_script(arguments.text(0)?).await
}

async fn run_text(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    scenario.run_script(&arguments.doc_string()?.text).await
}

async fn answer(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    scenario.declare_answer(arguments.text(0)?, arguments.text(1)?);
    Ok(())
}

async fn answer_table(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    for row in Table::of(arguments, &["prompt", "answer"], &[])?.rows() {
        scenario.declare_answer(row.get("prompt"), row.get("answer"));
    }
    Ok(())
}

async fn run_printed(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    scenario.script()?;
    if scenario.run_printed_commands().await?.is_empty() {
        return Err(Failure::assertion("the scripts have printed no command for their reader to type"));
    }
    Ok(())
}

async fn gives_the_prefix(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let text = scenario.workspace_file(path).await?;
    let prefix = text.trim();
    let is_name = !prefix.is_empty()
        && prefix.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !prefix.starts_with('-');
    if !is_name {
        return Err(Failure::assertion(format!("the file `{path}` holds no prefix"))
            .expected("one line such as warm-cub")
            .actual(text.lines().take(5).collect::<Vec<_>>().join("\n")));
    }
    scenario.set_variable("prefix", prefix);
    Ok(())
}

async fn has_the_data_of_file(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let expected = scenario.workspace_file(arguments.text(2)?).await?;
    crate::confighub::unit::expect_data(scenario, arguments, &expected).await
}
