//! The recordings: a command, what it printed, and the requests it made.

use serde::Deserialize;
use serde_json::Value;

use super::shared::shared;

#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) cmd: String,
    pub(crate) note: String,
    pub(crate) rc: u8,
    pub(crate) out: String,
    pub(crate) err: String,
    reqs: Vec<Value>,
}

/// A recorded request and its answer; bodies are cut after 1500 and 300 letters.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a Value,
    pub(crate) headers: &'a Value,
    pub(crate) body: &'a str,
    pub(crate) status: u16,
    pub(crate) answer: &'a str,
}

impl Run {
    pub(crate) fn exchanges(&self) -> Vec<Exchange<'_>> {
        let pairs = self.reqs.chunks_exact(2);
        pairs
            .map(|pair| Exchange {
                method: pair[0]["m"].as_str().unwrap(),
                path: pair[0]["p"].as_str().unwrap(),
                query: &pair[0]["q"],
                headers: &pair[0]["h"],
                body: pair[0]["body"].as_str().unwrap(),
                status: u16::try_from(pair[1]["status"].as_u64().unwrap()).unwrap(),
                answer: pair[1]["resp"].as_str().unwrap(),
            })
            .collect()
    }

    /// Standard input and the arguments behind `cub`.
    pub(crate) fn command_line(&self) -> (String, Vec<String>) {
        let (stdin, command) = match self.cmd.split_once(" | cub ") {
            Some((echo, command)) => {
                let text = words(echo.strip_prefix("echo ").expect("only echo is piped"));
                (text.join(" ") + "\n", command)
            }
            None => (String::new(), self.cmd.strip_prefix("cub ").expect("a cub command")),
        };
        (stdin, words(command))
    }
}

/// The list of functions as the server gave it.
pub(crate) fn functions() -> Value {
    let text = std::fs::read_to_string(shared().join("data/functions-2025-08.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The recordings, or `None` with a note where there are none.
pub(crate) fn load(test: &str) -> Option<Vec<Run>> {
    let shared = shared();
    let path = shared.join("data/recorded-cub-requests.json");
    let Ok(recorded) = std::fs::read_to_string(&path) else {
        println!("skipped: {test}: no shared data at {}", shared.display());
        return None;
    };
    Some(serde_json::from_str(&recorded).expect("the recordings are JSON"))
}

/// Splits a line as a shell does: blanks, single and double quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut open, mut quote) = (Vec::new(), String::new(), false, None);
    for letter in line.chars() {
        match (quote, letter) {
            (None, ' ') => {
                if std::mem::take(&mut open) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, '\'' | '"') => (quote, open) = (Some(letter), true),
            (Some(end), _) if end == letter => quote = None,
            _ => {
                open = true;
                word.push(letter);
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}
