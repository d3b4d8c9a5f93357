//! Differences between two revisions of a unit's data.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use similar::{ChangeTag, TextDiff};

use super::revision::revision_numbered;
use crate::cub::Cub;
use crate::entity::UNIT;
use crate::failure::Failure;
use crate::model::{number, text};

const RESET: &str = "\u{1b}[0m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const LIGHT_BLUE: &str = "\u{1b}[94m";

/// Lines of context round a change in the unified format.
const CONTEXT: usize = 3;

pub(super) async fn diff(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (from, to) = revisions(cub)?;
    let from = resolve(cub, &from).await?;
    let to = resolve(cub, &to).await?;
    let name = cub.args[0].clone();
    let unit = text(&find(cub).await?, "UnitID").to_owned();
    let from_data = data(cub, &unit, from).await?;
    let to_data = data(cub, &unit, to).await?;
    // The client compares backwards: the later revision counts as the old text.
    let changes = lines(&to_data, &from_data);
    let shown = if cub.flags.on("unified") {
        let space = &cub.space.slug;
        unified(&changes, &format!("{space}/{name}/{from}"), &format!("{space}/{name}/{to}"), cub.flags.on("color"))
    } else {
        numbered(&changes)
    };
    cub.streams.print(&shown)
}

/// The revisions to compare, from flags or arguments.
fn revisions(cub: &Cub<'_, '_>) -> Result<(String, String), Failure> {
    let (from, to) = (cub.flags.text("from").to_owned(), cub.flags.text("to").to_owned());
    if from != "live" || to != "head" {
        if cub.args.len() > 1 {
            return Err(Failure::failed("cannot mix positional arguments with --from/--to flags"));
        }
        return Ok((from, to));
    }
    Ok(match &cub.args[1..] {
        [] => (from, to),
        [to] => (from, to.clone()),
        [from, to, ..] => (from.clone(), to.clone()),
    })
}

async fn find(cub: &mut Cub<'_, '_>) -> Result<serde_json::Value, Failure> {
    let name = cub.args[0].clone();
    let failed = |error| Failure::failed(format!("failed to get unit {name}: {error}"));
    cub.find(&UNIT, &name).await.map_err(failed)
}

async fn resolve(cub: &mut Cub<'_, '_>, revision: &str) -> Result<i64, Failure> {
    let resolved = match revision {
        "head" => number(&find(cub).await?, "HeadRevisionNum"),
        "live" => number(&find(cub).await?, "LiveRevisionNum"),
        written => written.parse().map_err(|_| Failure::failed(format!("invalid revision reference: {written}")))?,
    };
    if resolved == 0 {
        return Err(Failure::failed(format!("revision {revision} not found or is invalid")));
    }
    Ok(resolved)
}

async fn data(cub: &mut Cub<'_, '_>, unit: &str, revision: i64) -> Result<String, Failure> {
    let path = format!("{}/{unit}/revision", UNIT.path(&cub.space.id));
    let found = revision_numbered(cub, &path, unit, revision).await;
    let found = found.map_err(|error| Failure::failed(format!("failed to get revision {revision}: {error}")))?;
    let bytes = STANDARD.decode(text(&found, "Data"));
    let bytes =
        bytes.map_err(|error| Failure::failed(format!("failed to decode revision {revision} data: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A line, with its number in the text it comes from and in the old text as the client counts there.
struct Line {
    tag: ChangeTag,
    number: usize,
    /// Where the client's unified format says the line is: it counts one line more for each run of
    /// equal, added or removed lines before it.
    place: usize,
    text: String,
}

fn lines(old: &str, new: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(old, new);
    let (mut lines, mut last, mut old_runs, mut new_runs) = (Vec::new(), None, 0, 0);
    for change in diff.iter_all_changes() {
        let tag = change.tag();
        if let Some(ended) = last.filter(|last| *last != tag) {
            old_runs += usize::from(ended != ChangeTag::Insert);
            new_runs += usize::from(ended != ChangeTag::Delete);
        }
        last = Some(tag);
        let old = change.old_index().map(|index| index + 1);
        let new = change.new_index().map(|index| index + 1);
        let number = new.or(old).unwrap_or_default();
        let place = old.map(|line| line + old_runs).or(new.map(|line| line + new_runs)).unwrap_or_default();
        lines.push(Line { tag, number, place, text: change.value().trim_end_matches('\n').to_owned() });
    }
    lines
}

/// Every line with its number; coloured always.
fn numbered(lines: &[Line]) -> String {
    // The client counts one line more than there is when the text ends with a line end.
    let width = (lines.iter().map(|line| line.number).max().unwrap_or(0) + 1).to_string().len();
    let mut shown = String::new();
    for line in lines {
        let text = if line.text.is_empty() { " " } else { &line.text };
        let body = match line.tag {
            ChangeTag::Equal => format!("  {text}"),
            ChangeTag::Delete => format!("{RED}-{text}{RESET}"),
            ChangeTag::Insert => format!("{GREEN}+{text}{RESET}"),
        };
        let _infallible = writeln!(shown, "{LIGHT_BLUE}{:>width$}: {RESET}{body}", line.number);
    }
    shown
}

/// Changes with some lines round them; nothing when there are none.
fn unified(lines: &[Line], from: &str, to: &str, coloured: bool) -> String {
    let changed = |line: &Line| line.tag != ChangeTag::Equal;
    if !lines.iter().any(changed) {
        return String::new();
    }
    let near = |position: usize| {
        let range = position.saturating_sub(CONTEXT)..(position + CONTEXT + 1).min(lines.len());
        lines[range].iter().any(changed)
    };
    let mut shown = format!("--- {from}\n+++ {to}\n");
    let mut position = 0;
    while position < lines.len() {
        let end = (position..lines.len()).find(|at| !near(*at)).unwrap_or(lines.len());
        if end > position {
            shown.push_str(&hunk(&lines[position..end], coloured));
        }
        position = end + 1;
    }
    shown
}

fn hunk(lines: &[Line], coloured: bool) -> String {
    let of_old: Vec<_> = lines.iter().filter(|line| line.tag != ChangeTag::Insert).collect();
    let of_new: Vec<_> = lines.iter().filter(|line| line.tag == ChangeTag::Insert).collect();
    let start = |lines: &[&Line]| lines.first().map_or(0, |line| line.place);
    // The client counts only added lines for the new side.
    let mut shown = format!("@@ -{},{} +{},{} @@\n", start(&of_old), of_old.len(), start(&of_new), of_new.len());
    for line in lines {
        let (mark, colour) = match line.tag {
            ChangeTag::Equal => (' ', ""),
            ChangeTag::Delete => ('-', RED),
            ChangeTag::Insert => ('+', GREEN),
        };
        let (before, after) = if coloured && !colour.is_empty() { (colour, RESET) } else { ("", "") };
        let _infallible = writeln!(shown, "{before}{mark}{}{after}", line.text);
    }
    shown
}
