//! The known differences between the emulator and a real cluster.

use std::fmt::Write;
use std::path::Path;

use libtest_mimic::Failed;
use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    case: String,
    step: Option<String>,
    lines: String,
    reason: String,
}

/// The content of `differences.yaml`.
pub(crate) struct Differences(Vec<(Difference, Regex)>);

impl Differences {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("differences.yaml");
        let all: Vec<Difference> = serde_saphyr::from_str(&text).expect("a list of differences");
        let compiled = all.into_iter().map(|one| {
            assert!(!one.reason.trim().is_empty(), "a difference of {} has no reason", one.case);
            let lines = Regex::new(&one.lines).expect("a regular expression");
            (one, lines)
        });
        Self(compiled.collect())
    }

    /// Every entry is about a session there is.
    pub(crate) fn name_only(&self, cases: &[String]) -> Result<(), Failed> {
        match self.0.iter().find(|(one, _)| !cases.contains(&one.case)) {
            Some((one, _)) => Err(format!("differences.yaml names `{}`, which is no case", one.case).into()),
            None => Ok(()),
        }
    }

    /// Both texts without the lines that are known to differ.
    pub(crate) fn without_known(&self, case: &str, real: &str, emulated: &str) -> Result<(String, String), Failed> {
        let (mut real, mut emulated) = (real.to_owned(), emulated.to_owned());
        for (difference, lines) in self.0.iter().filter(|(one, _)| one.case == case) {
            let (less_real, less_emulated) = (strip(&real, difference, lines), strip(&emulated, difference, lines));
            if removed(&real, &less_real) == removed(&emulated, &less_emulated) {
                return Err(format!("`{}` of differences.yaml makes no difference any more", difference.lines).into());
            }
            (real, emulated) = (less_real, less_emulated);
        }
        Ok((real, emulated))
    }
}

/// `text` without the lines of the difference's step that it is about.
fn strip(text: &str, difference: &Difference, lines: &Regex) -> String {
    let mut step = String::new();
    let mut kept = String::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("$ ").or_else(|| line.strip_prefix("> ")) {
            head.clone_into(&mut step);
        } else if difference.step.as_ref().is_none_or(|only| *only == step) && lines.is_match(line) {
            continue;
        }
        writeln!(kept, "{line}").unwrap();
    }
    kept
}

/// The lines of `before` that are not in `after`, which is `before` with lines left out.
fn removed<'a>(before: &'a str, after: &str) -> Vec<&'a str> {
    let mut after = after.lines().peekable();
    before.lines().filter(|line| after.next_if(|kept| kept == line).is_none()).collect()
}
