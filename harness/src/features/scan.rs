//! A line scanner for Gherkin that finds what a parser would silently accept or report badly.
//!
//! The `gherkin` crate stays the judge of the grammar; this scan comes first because the crate reads
//! a mistyped step below a scenario's title as a description, accepts an outline without rows, keeps
//! a doc string's fence indentation and media type in its text, and reports errors a line off.

use std::collections::HashMap;

use stagegate_reports::diagnostic::{Diagnostic, Location};

use super::source::FeatureSource;
use crate::vocabulary::{DocString, Vocabulary};

/// What the scan found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// What is wrong, in the order of lines.
    pub(super) problems: Vec<Diagnostic>,
    /// Doc strings by the line of their step.
    pub(super) doc_strings: HashMap<usize, DocString>,
    /// The lines of the Examples rows (headers left out), in order, by the line of their outline.
    pub(super) rows: HashMap<usize, Vec<usize>>,
}

const STEP_KEYWORDS: [&str; 6] = ["Given ", "When ", "Then ", "And ", "But ", "* "];
const TITLES: [(&str, Part); 10] = [
    ("Feature:", Part::Feature),
    ("Rule:", Part::Rule),
    ("Background:", Part::Background),
    ("Scenario Outline:", Part::Outline),
    ("Scenario Template:", Part::Outline),
    ("Scenario:", Part::Scenario),
    ("Example:", Part::Scenario),
    ("Examples:", Part::Examples),
    ("Scenarios:", Part::Examples),
    ("Ability:", Part::Feature),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Feature,
    Rule,
    Background,
    Scenario,
    Outline,
    Examples,
}

struct OpenScenario {
    line: usize,
    indent: usize,
    outline: bool,
    steps: usize,
    rows: usize,
}

struct OpenFence<'t> {
    line: usize,
    marker: &'t str,
    indent: usize,
    step: Option<usize>,
    doc_string: DocString,
}

struct Scanner<'t> {
    source: &'t FeatureSource,
    vocabulary: &'t Vocabulary,
    scan: Scan,
    part: Option<Part>,
    feature: bool,
    scenario: Option<OpenScenario>,
    scenarios: usize,
    names: HashMap<String, usize>,
    step: Option<usize>,
    table_width: Option<usize>,
    header: Vec<String>,
}

/// Scans one feature file.
pub(super) fn scan(source: &FeatureSource, vocabulary: &Vocabulary) -> Scan {
    if let Some(problem) = unsupported_language(source) {
        return Scan { problems: vec![problem], ..Scan::default() };
    }
    let mut scanner = Scanner {
        source,
        vocabulary,
        scan: Scan::default(),
        part: None,
        feature: false,
        scenario: None,
        scenarios: 0,
        names: HashMap::new(),
        step: None,
        table_width: None,
        header: Vec::new(),
    };
    scanner.run();
    scanner.scan
}

impl<'t> Scanner<'t> {
    fn run(&mut self) {
        let mut fence: Option<OpenFence<'t>> = None;
        for (index, line) in self.source.text.lines().enumerate() {
            let number = index + 1;
            fence = match fence.take() {
                Some(open) => self.inside_fence(open, line),
                None => self.line(number, line),
            };
        }
        if let Some(open) = fence {
            let help = format!("add a line with {} after the text", open.marker);
            self.problem(open.line, open.indent, "doc string is not closed", Some(help));
        }
        self.close_scenario();
        if !self.feature {
            self.problem(1, 0, "there is no `Feature:` in this file", None);
        } else if self.scenarios == 0 {
            let help = "a feature without scenarios checks nothing; add one or remove the file".to_owned();
            self.problem(1, 0, "feature has no scenarios", Some(help));
        }
    }

    /// Reads a line outside of doc strings; gives the doc string that it opens.
    fn line(&mut self, number: usize, line: &'t str) -> Option<OpenFence<'t>> {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if text.is_empty() {
            return None;
        }
        if text.starts_with('#') {
            return None;
        }
        if let Some(marker) = ["\"\"\"", "```"].into_iter().find(|marker| text.starts_with(marker)) {
            return Some(self.open_fence(number, indent, marker, text));
        }
        if text.starts_with('|') {
            self.table_row(number, indent, text);
            return None;
        }
        self.table_width = None;
        if text.starts_with('@') {
            return None;
        }
        if let Some((title, part)) = TITLES.into_iter().find(|(title, _)| text.starts_with(title)) {
            self.title(number, indent, part, text[title.len()..].trim());
        } else if let Some(keyword) = STEP_KEYWORDS.into_iter().find(|keyword| text.starts_with(keyword)) {
            self.step(number, indent, text[keyword.len()..].trim());
        } else {
            self.free_text(number, indent, text);
        }
        None
    }

    fn open_fence(&mut self, number: usize, indent: usize, marker: &'t str, text: &str) -> OpenFence<'t> {
        if self.step.is_none() {
            self.problem(number, indent, "doc string belongs to no step", None);
        }
        let media_type = text[marker.len()..].trim();
        let media_type = (!media_type.is_empty()).then(|| media_type.to_owned());
        let doc_string = DocString { media_type, text: String::new() };
        OpenFence { line: number, marker, indent, step: self.step, doc_string }
    }

    fn inside_fence(&mut self, mut open: OpenFence<'t>, line: &str) -> Option<OpenFence<'t>> {
        if line.trim() == open.marker {
            if let Some(step) = open.step {
                // The line break before the closing fence belongs to the fence.
                open.doc_string.text.pop();
                self.scan.doc_strings.insert(step, open.doc_string);
            }
            return None;
        }
        let dedented = line.char_indices().take_while(|(at, c)| *at < open.indent && c.is_whitespace()).count();
        open.doc_string.text.extend([&line[dedented..], "\n"]);
        Some(open)
    }

    fn title(&mut self, number: usize, indent: usize, part: Part, name: &str) {
        self.part = Some(part);
        self.feature |= part == Part::Feature;
        self.step = None;
        match part {
            Part::Scenario | Part::Outline => {
                self.close_scenario();
                self.scenarios += 1;
                self.scenario =
                    Some(OpenScenario { line: number, indent, outline: part == Part::Outline, steps: 0, rows: 0 });
                if name.is_empty() {
                    self.problem(number, indent, "scenario has no name", None);
                } else if let Some(first) = self.names.insert(name.to_owned(), number) {
                    let help = format!("the first one is on line {first}; give each scenario its own name");
                    self.problem(number, indent, "two scenarios have the same name", Some(help));
                }
            }
            Part::Examples => {
                self.header.clear();
                if let Some(scenario) = &mut self.scenario {
                    // `Scenario:` with Examples is an outline too.
                    scenario.outline = true;
                } else {
                    self.problem(number, indent, "`Examples:` belongs to no scenario", None);
                }
            }
            Part::Feature | Part::Rule | Part::Background => self.close_scenario(),
        }
    }

    fn close_scenario(&mut self) {
        let Some(scenario) = self.scenario.take() else { return };
        if scenario.steps == 0 {
            let help = "a scenario without steps checks nothing".to_owned();
            self.problem(scenario.line, scenario.indent, "scenario has no steps", Some(help));
        } else if scenario.outline && scenario.rows == 0 {
            let help = "add an `Examples:` table with at least one row below the header".to_owned();
            self.problem(scenario.line, scenario.indent, "scenario outline has no Examples rows", Some(help));
        }
    }

    fn step(&mut self, number: usize, indent: usize, text: &str) {
        self.step = Some(number);
        match (&mut self.scenario, self.part) {
            (Some(scenario), Some(Part::Scenario | Part::Outline)) => scenario.steps += 1,
            (_, Some(Part::Background)) => {}
            _ => self.problem(number, indent, "step belongs to no scenario", None),
        }
        if text.is_empty() {
            self.problem(number, indent, "step has no text", None);
        }
    }

    fn free_text(&mut self, number: usize, indent: usize, text: &str) {
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let nearest = nearest_keyword(first);
        let described = self.step.is_none() && self.part.is_some() && self.part != Some(Part::Examples);
        // Below a title any text is a description, so only what would be a step is suspicious there.
        if described && !self.vocabulary.knows(rest.trim()) && !looks_like_title(text) {
            return;
        }
        let help = nearest.map_or_else(
            || "a step begins with Given, When, Then, And, But or *".to_owned(),
            |keyword| format!("did you mean `{keyword}`?"),
        );
        self.problem(number, indent, &format!("`{first}` is not a keyword"), Some(help));
    }

    fn table_row(&mut self, number: usize, indent: usize, text: &str) {
        let cells = cells(text);
        let Some(cells) = cells else {
            let help = "end the row with `|`".to_owned();
            self.problem(number, indent, "table row is not closed", Some(help));
            return;
        };
        let first_row = self.table_width.is_none();
        match self.table_width {
            Some(width) if width != cells.len() => {
                let cells = crate::plural(cells.len(), "cell");
                let what = format!("table row has {cells}, the rows above have {width}");
                self.problem(number, indent, &what, Some("give every row the same number of cells".to_owned()));
            }
            Some(_) => {}
            None => self.table_width = Some(cells.len()),
        }
        match (self.part, &mut self.scenario) {
            (Some(Part::Examples), Some(_)) if first_row => self.header = cells,
            (Some(Part::Examples), Some(scenario)) => {
                scenario.rows += 1;
                self.scan.rows.entry(scenario.line).or_default().push(number);
            }
            _ if self.step.is_none() => self.problem(number, indent, "table belongs to no step", None),
            _ => {}
        }
    }

    fn problem(&mut self, line: usize, indent: usize, what: &str, help: Option<String>) {
        self.scan.problems.push(Diagnostic {
            what: what.to_owned(),
            at: Some(Location { file: self.source.path.clone(), line, column: Some(indent + 1) }),
            source_line: self.source.text.lines().nth(line - 1).map(str::to_owned),
            help,
            ..Diagnostic::default()
        });
    }
}

/// Keywords of other languages are not known here, so nothing else of such a file can be judged.
fn unsupported_language(source: &FeatureSource) -> Option<Diagnostic> {
    let language_of = |line: &str| {
        let comment = line.trim().strip_prefix('#')?;
        Some(comment.trim().strip_prefix("language:")?.trim().to_owned())
    };
    let mut lines = source.text.lines().enumerate();
    let (index, line, language) =
        lines.find_map(|(index, line)| language_of(line).map(|language| (index, line, language)))?;
    (language != "en").then(|| Diagnostic {
        what: format!("feature language `{language}` is not supported"),
        at: Some(Location { file: source.path.clone(), line: index + 1, column: Some(1) }),
        source_line: Some(line.to_owned()),
        help: Some("write the feature with English keywords".to_owned()),
        ..Diagnostic::default()
    })
}

/// The cells of a row, or `None` when the row does not end with `|`.
fn cells(text: &str) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut escaped = false;
    for c in text.chars().skip(1) {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, '|') => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            (_, c) => {
                escaped = false;
                cell.push(c);
            }
        }
    }
    cell.trim().is_empty().then_some(cells)
}

fn nearest_keyword(word: &str) -> Option<&'static str> {
    STEP_KEYWORDS
        .iter()
        .map(|keyword| keyword.trim())
        .chain(TITLES.iter().map(|(title, _)| title.trim()))
        .map(|keyword| (strsim::damerau_levenshtein(&word.to_lowercase(), &keyword.to_lowercase()), keyword))
        .filter(|(distance, keyword)| *distance <= 2 && *distance < keyword.len())
        .min()
        .map(|(_, keyword)| keyword)
}

/// Whether a line looks like a mistyped `Scenario:` and the like.
fn looks_like_title(text: &str) -> bool {
    let Some((title, _)) = text.split_once(':') else { return false };
    let title = format!("{}:", title.to_lowercase());
    TITLES.iter().any(|(known, _)| strsim::damerau_levenshtein(&title, &known.to_lowercase()) <= 2)
}
