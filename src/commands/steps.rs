//! `stagegate steps`.

use crate::cli::StepsArgs;
use crate::error::{CliError, NOTHING};
use crate::output::{to_stderr, to_stdout};

/// Prints the vocabulary by topic.
pub(crate) fn run(arguments: &StepsArgs) -> Result<u8, CliError> {
    let vocabulary = stagegate_steps::vocabulary()?;
    let wanted = arguments.containing.as_deref().unwrap_or_default().to_lowercase();
    let fits = |text: &str| text.to_lowercase().contains(&wanted);
    let mut text = String::new();
    let mut topic = "";
    let mut sentences: Vec<_> = vocabulary.sentences().iter().collect();
    sentences.sort_by_key(|sentence| sentence.topic);
    for sentence in sentences {
        if !(fits(&sentence.expression) || fits(sentence.summary) || fits(sentence.topic)) {
            continue;
        }
        if sentence.topic != topic {
            let gap = if topic.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}\n", sentence.topic));
            topic = sentence.topic;
        }
        text.push_str(&format!("  {}\n      {}\n", sentence.expression, sentence.summary));
    }
    if text.is_empty() {
        to_stderr(&format!("no sentence contains `{wanted}`\n"));
        return Ok(NOTHING);
    }
    text.push_str(
        "\nA sentence may follow Given, When, Then, And or But. {string} is quoted text, {int} a whole number,\n\
         {word} one word, {duration} such as 30 s, 2 m or 250 ms.\n",
    );
    to_stdout(&text);
    Ok(0)
}
