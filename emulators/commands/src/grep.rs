//! `grep`: the options that scripts and runbooks use.

use regex::{Regex, RegexBuilder};

use crate::input::{self, Input, Options, lines};
use crate::{Machine, Sink, Stream};

/// The exit status of a mistake, and of a file that is not there.
const TROUBLE: i32 = 2;

pub(crate) fn run(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let read = Options::read("grep", args);
    let prepared = read.and_then(|mut options| {
        let mut patterns: Vec<&str> = options.values('e').collect();
        if patterns.is_empty() {
            if options.rest.is_empty() {
                return Err("grep: a pattern is needed\n".to_owned());
            }
            patterns.push(options.rest.remove(0));
        }
        let compiled = patterns.iter().flat_map(|pattern| pattern.split('\n'));
        let compiled: Vec<Regex> = compiled.map(|pattern| compile(pattern, &options)).collect::<Result<_, _>>()?;
        let most = match options.values('m').last() {
            None => usize::MAX,
            Some(number) => number.parse().map_err(|_| format!("grep: invalid number '{number}'\n"))?,
        };
        Ok((options, compiled, most))
    });
    match prepared {
        Ok((options, patterns, most)) => Search { options: &options, patterns, most }.run(machine, stdin, out),
        Err(text) => {
            out(Stream::Stderr, &text);
            TROUBLE
        }
    }
}

struct Search<'a> {
    options: &'a Options<'a>,
    patterns: Vec<Regex>,
    /// So many lines of a file at most.
    most: usize,
}

impl Search<'_> {
    fn run(&self, machine: &dyn Machine, stdin: &str, out: Sink<'_>) -> i32 {
        let named = self.options.has('H') || (self.options.rest.len() > 1 && !self.options.has('h'));
        let (mut found, mut missing) = (false, false);
        for Input { name, content } in input::of(machine, &self.options.rest, stdin, "(standard input)") {
            match content {
                Ok(text) => found |= self.file(&text, &name, named, out),
                Err(error) => {
                    missing = true;
                    if !self.options.has('s') {
                        out(Stream::Stderr, &format!("grep: {name}: {}\n", error.text()));
                    }
                }
            }
        }
        match (found, missing) {
            (true, _) if self.options.has('q') => 0,
            (_, true) => TROUBLE,
            (found, false) => i32::from(!found),
        }
    }

    /// Shows what is asked of one text; whether a line of it was selected.
    fn file(&self, text: &str, name: &str, named: bool, out: Sink<'_>) -> bool {
        let has = |letter| self.options.has(letter);
        let lines = lines(text).map(|line| line.strip_suffix('\n').unwrap_or(line)).enumerate();
        let matches = |line: &str| self.patterns.iter().any(|pattern| pattern.is_match(line));
        let selected: Vec<_> = lines.filter(|(_, line)| matches(line) != has('v')).take(self.most).collect();
        let prefix = if named { format!("{name}:") } else { String::new() };
        if has('q') {
        } else if has('l') {
            if !selected.is_empty() {
                out(Stream::Stdout, &format!("{name}\n"));
            }
        } else if has('c') {
            out(Stream::Stdout, &format!("{prefix}{}\n", selected.len()));
        } else {
            for (at, line) in &selected {
                let place = if has('n') { format!("{prefix}{}:", at + 1) } else { prefix.clone() };
                for shown in if has('o') { self.parts(line) } else { vec![*line] } {
                    out(Stream::Stdout, &format!("{place}{shown}\n"));
                }
            }
        }
        !selected.is_empty()
    }

    /// What of a line matches, none of it twice.
    fn parts<'l>(&self, line: &'l str) -> Vec<&'l str> {
        let (mut parts, mut at) = (Vec::new(), 0);
        if self.options.has('v') {
            return parts;
        }
        while let Some(part) = self
            .patterns
            .iter()
            .filter_map(|pattern| pattern.find_at(line, at))
            .min_by_key(|part| (part.start(), usize::MAX - part.end()))
        {
            if part.is_empty() {
                at += line[part.end()..].chars().next().map_or(1, char::len_utf8);
                if at > line.len() {
                    break;
                }
                continue;
            }
            parts.push(part.as_str());
            at = part.end();
        }
        parts
    }
}

fn compile(pattern: &str, options: &Options<'_>) -> Result<Regex, String> {
    let bad = || format!("grep: bad regex '{pattern}'\n");
    let translated = match (options.has('F'), options.has('E')) {
        (true, _) => regex::escape(pattern),
        (false, extended) => translate(pattern, extended)?,
    };
    let bounded = match (options.has('x'), options.has('w')) {
        (true, _) => format!("^(?:{translated})$"),
        (false, true) => format!(r"\b{{start-half}}(?:{translated})\b{{end-half}}"),
        (false, false) => translated,
    };
    RegexBuilder::new(&bounded).case_insensitive(options.has('i')).build().map_err(|_| bad())
}

/// A POSIX expression, basic or extended, in the words of the crate `regex`.
fn translate(pattern: &str, extended: bool) -> Result<String, String> {
    let mut text = String::new();
    // Whether an expression begins here: what repeats is a letter there, and `^` an anchor.
    let mut begins = true;
    let mut chars = pattern.chars().peekable();
    while let Some(letter) = chars.next() {
        let (letter, special) = match letter {
            '\\' => match chars.next() {
                None => return Err("grep: Trailing backslash\n".to_owned()),
                Some(digit) if digit.is_ascii_digit() => {
                    return Err("grep: stagegate's grep does not have back-references\n".to_owned());
                }
                Some(class @ ('w' | 'W' | 's' | 'S' | 'b' | 'B' | '<' | '>')) => {
                    text.extend(['\\', class]);
                    begins = false;
                    continue;
                }
                Some(letter) => (letter, !extended && "(){}|+?".contains(letter)),
            },
            letter if "(){}|+?".contains(letter) => (letter, extended),
            '*' => ('*', !begins),
            '^' => ('^', extended || begins),
            '$' if extended => ('$', true),
            '$' => {
                let rest: String = chars.clone().take(2).collect();
                ('$', rest.is_empty() || rest == "\\)" || rest == "\\|")
            }
            '.' => ('.', true),
            '[' => {
                text.push_str(&class(&mut chars).ok_or_else(|| format!("grep: bad regex '{pattern}'\n"))?);
                begins = false;
                continue;
            }
            letter => (letter, false),
        };
        if special {
            text.push(letter);
        } else {
            text.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
        }
        begins = special && "(|^".contains(letter);
    }
    Ok(text)
}

/// A bracket expression behind its `[`; none when it does not end.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut text = "[".to_owned();
    text.extend(chars.next_if_eq(&'^'));
    let mut first = true;
    loop {
        match chars.next()? {
            ']' if !first => break,
            '[' if chars.peek() == Some(&':') => {
                text.push('[');
                while let Some(letter) = chars.next() {
                    text.push(letter);
                    if letter == ':' && chars.peek() == Some(&']') {
                        text.extend(chars.next());
                        break;
                    }
                }
            }
            letter if "[]\\&~^".contains(letter) => text.extend(['\\', letter]),
            letter => text.push(letter),
        }
        first = false;
    }
    text.push(']');
    Some(text)
}
