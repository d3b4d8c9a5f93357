//! What scripts ask their reader, and the answers that were declared.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use stagegate_reports::journal::Event;

use super::protocol::Given;
use super::trace_file::{InShell, TraceFile};
use super::trace_location::{Place, Scripts};
use crate::shell::Input;

/// What to answer to prompts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(Vec<(String, String)>);

impl Answers {
    /// `answer` is for every prompt that contains `prompt`; an empty one is for those without a word.
    pub fn declare(&mut self, prompt: &str, answer: &str) {
        self.0.push((prompt.trim().to_owned(), answer.to_owned()));
    }

    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These answers, and `others` for the prompts that these are not for.
    #[must_use]
    pub fn or(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().cloned());
        self
    }

    /// The answer to `asked`: the one whose prompt says most of it, the first of those.
    fn to(&self, asked: &str) -> Option<&str> {
        let fits = |prompt: &str| if prompt.is_empty() { asked.trim().is_empty() } else { asked.contains(prompt) };
        let fitting = self.0.iter().rev().filter(|(prompt, _)| fits(prompt));
        fitting.max_by_key(|(prompt, _)| prompt.len()).map(|(_, answer)| answer.as_str())
    }
}

/// The questions of one script.
pub(crate) struct Prompts {
    answers: Answers,
    /// What was said last: a question may be printed before it is read.
    said: String,
    replies: VecDeque<Given>,
    /// The script's input is at its end.
    ended: bool,
    /// The script has no terminal any more.
    hung_up: bool,
}

impl Prompts {
    pub(crate) fn new(answers: Answers) -> Self {
        let ended = answers.is_empty();
        Self { answers, said: String::new(), replies: VecDeque::new(), ended, hung_up: ended }
    }

    /// What the script is to be given next.
    pub(crate) fn reply(&mut self) -> Option<Given> {
        self.replies.pop_front()
    }

    /// Takes in the next entry of the trace; gives the event when it asks something.
    pub(crate) fn take_in(
        &mut self,
        (script, command): (u64, &Arc<InShell>),
        scripts: &mut Scripts,
        trace: &TraceFile,
    ) -> Option<Event> {
        let words = &command.traced.words;
        let (name, rest) = words.split_first()?;
        if matches!(name.as_str(), "echo" | "printf") {
            self.say(rest.iter().rfind(|word| !word.starts_with('-')).map_or("", String::as_str));
            return None;
        }
        if !matches!(name.as_str(), "read" | "builtin" | "command" | "select") {
            return None;
        }
        let folder = trace.folder(command.traced.shell).unwrap_or(Path::new("."));
        let place = scripts.place(Arc::clone(command), trace, folder, words);
        self.read(script, place, (words, Some(command)), scripts, trace)
    }

    /// Notes what was said before something is read.
    pub(crate) fn say(&mut self, said: &str) {
        said.clone_into(&mut self.said);
    }

    /// Takes in that `words`, at `place` and traced as `command` where bash traces, read something.
    pub(crate) fn read(
        &mut self,
        script: u64,
        place: Option<Place>,
        (words, command): (&[String], Option<&Arc<InShell>>),
        scripts: &mut Scripts,
        trace: &TraceFile,
    ) -> Option<Event> {
        let (name, rest) = words.split_first()?;
        let options = match name.as_str() {
            "read" => Options::of(rest)?,
            "builtin" | "command" if rest.first().is_some_and(|word| word == "read") => Options::of(&rest[1..])?,
            "select" => Options { prompt: Some(words.join(" ")), ..Options::default() },
            _ => return None,
        };
        let command = command.cloned().or_else(|| place.as_ref().map(|place| Arc::clone(&place.command)))?;
        let input = input(&command, place.as_ref(), scripts, trace);
        if input == Input::Elsewhere {
            return None;
        }
        let text = options.prompt.clone().unwrap_or_else(|| std::mem::take(&mut self.said));
        let ended = if input == Input::Terminal { &mut self.hung_up } else { &mut self.ended };
        let answer = self.answers.to(&text).filter(|_| !*ended).map(|answer| options.typed(answer));
        let answered = answer.is_some();
        let reply = match (answer, input) {
            (Some(answer), Input::Terminal) => Some(Given::Typed(answer)),
            (Some(answer), _) => Some(Given::Text(answer)),
            (None, Input::Terminal) => (!std::mem::replace(ended, true)).then_some(Given::HungUp),
            (None, _) => (!std::mem::replace(ended, true)).then_some(Given::End),
        };
        self.replies.extend(reply);
        let source = place.and_then(|place| place.location);
        Some(Event::Prompt { script, text: text.trim().to_owned(), source, answered })
    }
}

/// Where a `read` reads from: its own text, the calls it stands in and what started its shell tell.
fn input(command: &InShell, place: Option<&Place>, scripts: &mut Scripts, trace: &TraceFile) -> Input {
    let Some(place) = place else { return Input::Elsewhere };
    let own = place.script.input(&place.site);
    if own != Input::Outer {
        return own;
    }
    let folder = trace.folder(command.traced.shell).unwrap_or(Path::new(".")).to_owned();
    for call in &command.traced.calls {
        let script = scripts.script_of(&call.file, &folder);
        match script.map_or(Input::Outer, |script| script.input_of_call(call.line, &call.function)) {
            Input::Outer => {}
            other => return other,
        }
    }
    let Some(caller) = &command.caller else { return Input::Outer };
    let outer = scripts.place(Arc::clone(caller), trace, &folder, &caller.traced.words);
    match outer {
        Some(_) => input(caller, outer.as_ref(), scripts, trace),
        None => Input::Outer,
    }
}

/// The options of `read` that matter here (bash manual, "Bash Builtins").
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    prompt: Option<String>,
    /// How many characters it takes at most.
    characters: Option<usize>,
    /// What ends the answer.
    delimiter: Option<String>,
}

impl Options {
    /// `None` when it reads from another descriptor, or only asks whether there is input.
    fn of(words: &[String]) -> Option<Self> {
        let mut options = Self::default();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let Some(mut letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty() && *letters != "-")
            else {
                break;
            };
            while let Some(letter) = letters.chars().next() {
                letters = &letters[letter.len_utf8()..];
                if !"adinNptu".contains(letter) {
                    continue;
                }
                let value = if letters.is_empty() { words.next().unwrap_or_default() } else { letters };
                match letter {
                    'p' => options.prompt = Some(value.to_owned()),
                    'n' | 'N' => options.characters = value.parse().ok(),
                    'd' => options.delimiter = Some(value.chars().next().unwrap_or('\0').to_string()),
                    'u' if value != "0" => return None,
                    't' if value == "0" => return None,
                    _ => {}
                }
                break;
            }
        }
        Some(options)
    }

    /// What someone types who answers `answer`.
    fn typed(&self, answer: &str) -> String {
        match self.characters {
            // It takes no more than these, and no end of line.
            Some(most) if answer.chars().count() >= most => answer.chars().take(most).collect(),
            _ => format!("{answer}{}", self.delimiter.as_deref().unwrap_or("\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Option<Options> {
        Options::of(&text.split('|').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn prompts_are_found_among_the_options_of_read() {
        let prompt = |text| options(text).and_then(|options| options.prompt);
        assert_eq!(prompt("-p|Go on? |x"), Some("Go on? ".to_owned()));
        assert_eq!(prompt("-rp|Go on? |x"), Some("Go on? ".to_owned()));
        assert_eq!(prompt("-n|1|-r|-pGo?"), Some("Go?".to_owned()));
        assert_eq!(prompt("-r|x"), None);
        assert_eq!(options("-u|3|x"), None);
        assert_eq!(options("-t|0|x"), None);
        assert_eq!(options("-rsn1|-p|Go?|x").map(|options| options.characters), Some(Some(1)));
    }

    #[test]
    fn what_is_typed_ends_where_read_ends() {
        let typed = |text, answer| options(text).unwrap().typed(answer);
        assert_eq!(typed("-p|Go?|x", "yes"), "yes\n");
        assert_eq!(typed("-n|1", "yes"), "y");
        assert_eq!(typed("-n|3", "y"), "y\n");
        assert_eq!(typed("-d|;|x", "yes"), "yes;");
        assert_eq!(typed("-r|x", ""), "\n");
    }

    #[test]
    fn the_answer_that_says_most_of_the_prompt_counts() {
        let mut answers = Answers::default();
        answers.declare("Delete", "n");
        answers.declare("Delete b", "y");
        answers.declare("Delete", "never");
        answers.declare("", "silent");
        assert_eq!(answers.to("Delete a? "), Some("n"));
        assert_eq!(answers.to("Delete b? "), Some("y"));
        assert_eq!(answers.to("Go on?"), None);
        assert_eq!(answers.to(" "), Some("silent"));
    }
}
