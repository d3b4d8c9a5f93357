//! Parts, order and sizes of texts: `head`, `tail`, `sort`, `wc`.

use crate::input::{self, Input, Options, lines};
use crate::{FileError, Machine, Sink, Stream};

/// Lines or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Lines,
    Bytes,
}

/// How much of a text is shown.
struct Amount<'a> {
    unit: Unit,
    /// As it is written: `-1` and `+2` mean something else than their number.
    number: &'a str,
}

impl<'a> Amount<'a> {
    /// The last that is given; ten lines without.
    fn of(options: &Options<'a>) -> Self {
        let given = options.given.iter().rev().find_map(|(letter, number)| match letter {
            'n' => Some(Self { unit: Unit::Lines, number }),
            'c' => Some(Self { unit: Unit::Bytes, number }),
            _ => None,
        });
        given.unwrap_or(Self { unit: Unit::Lines, number: "10" })
    }
}

pub(crate) fn head(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let shown = |text: &str, unit: Unit, number: &str| {
        let (number, from_the_end) = match number.strip_prefix('-') {
            Some(number) => (number.parse::<usize>().ok()?, true),
            None => (number.parse::<usize>().ok()?, false),
        };
        let kept = |all: usize| if from_the_end { all.saturating_sub(number) } else { number };
        Some(match unit {
            Unit::Lines => lines(text).take(kept(lines(text).count())).collect(),
            Unit::Bytes => prefix(text, kept(text.len())).to_owned(),
        })
    };
    show(machine, "head", args, stdin, out, &shown)
}

pub(crate) fn tail(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let shown = |text: &str, unit: Unit, number: &str| {
        let skipped = |all: usize| match number.strip_prefix('+') {
            Some(number) => Some(number.parse::<usize>().ok()?.saturating_sub(1)),
            None => Some(all.saturating_sub(number.trim_start_matches('-').parse().ok()?)),
        };
        Some(match unit {
            Unit::Lines => lines(text).skip(skipped(lines(text).count())?).collect(),
            Unit::Bytes => text[prefix(text, skipped(text.len())?).len()..].to_owned(),
        })
    };
    show(machine, "tail", args, stdin, out, &shown)
}

/// The beginning of a text, of at most so many bytes and whole characters.
fn prefix(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn show(
    machine: &dyn Machine,
    program: &str,
    args: &[String],
    stdin: &str,
    out: Sink<'_>,
    shown: &dyn Fn(&str, Unit, &str) -> Option<String>,
) -> i32 {
    let options = match Options::read(program, args) {
        Ok(options) => options,
        Err(text) => {
            out(Stream::Stderr, &text);
            return 1;
        }
    };
    let Amount { unit, number } = Amount::of(&options);
    let inputs = input::of(machine, &options.rest, stdin, "standard input");
    let titled = options.has('v') || (options.rest.len() > 1 && !options.has('q'));
    let (mut status, mut blank) = (0, "");
    for Input { name, content } in inputs {
        let content = match content {
            Ok(content) => content,
            Err(error) => {
                out(Stream::Stderr, &unreadable(program, &name, &error));
                status = 1;
                continue;
            }
        };
        let Some(text) = shown(&content, unit, number) else {
            out(Stream::Stderr, &format!("{program}: invalid number '{number}'\n"));
            return 1;
        };
        if titled {
            out(Stream::Stdout, &format!("{blank}==> {name} <==\n"));
            blank = "\n";
        }
        out(Stream::Stdout, &text);
    }
    status
}

/// As busybox words it, whose `tail` opens files before it reads and whose `head` does not.
fn unreadable(program: &str, name: &str, error: &FileError) -> String {
    match (program, error) {
        ("head", FileError::IsFolder) => format!("head: {name}: Input/output error\n"),
        ("tail", FileError::IsFolder) => "tail: read error: Is a directory\n".to_owned(),
        ("tail", error) => format!("tail: can't open '{name}': {}\ntail: no files\n", error.text()),
        (program, error) => format!("{program}: {name}: {}\n", error.text()),
    }
}

/// In the order of bytes, as without a locale.
pub(crate) fn sort(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let options = match Options::read("sort", args) {
        Ok(options) => options,
        Err(text) => {
            out(Stream::Stderr, &text);
            return 2;
        }
    };
    let mut all = Vec::new();
    for Input { name, content } in input::of(machine, &options.rest, stdin, "-") {
        match content {
            Ok(content) => all.extend(content.lines().map(str::to_owned)),
            Err(error) => {
                out(Stream::Stderr, &format!("sort: {name}: {}\n", error.text()));
                return 2;
            }
        }
    }
    all.sort();
    if options.has('u') {
        all.dedup();
    }
    if options.has('r') {
        all.reverse();
    }
    for line in all {
        out(Stream::Stdout, &(line + "\n"));
    }
    0
}

/// Lines, words, characters and bytes; without a locale, as in containers, each byte is a character.
type Counts = [usize; 4];

pub(crate) fn wc(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let options = match Options::read("wc", args) {
        Ok(options) => options,
        Err(text) => {
            out(Stream::Stderr, &text);
            return 1;
        }
    };
    let mut asked = ['l', 'w', 'm', 'c'].map(|letter| options.has(letter));
    if asked == [false; 4] {
        asked = [true, true, false, true];
    }
    let narrow = options.rest.len() < 2 && asked.iter().filter(|asked| **asked).count() == 1;
    let row = |counts: Counts, name: &str| {
        let shown = counts.iter().zip(asked).filter(|(_, asked)| *asked).map(|(count, _)| count);
        let columns: Vec<_> =
            shown.map(|count| if narrow { count.to_string() } else { format!("{count:>9}") }).collect();
        let name = if options.rest.is_empty() { String::new() } else { format!(" {name}") };
        out(Stream::Stdout, &format!("{}{name}\n", columns.join(" ")));
    };
    let (mut total, mut status) = (Counts::default(), 0);
    for Input { name, content } in input::of(machine, &options.rest, stdin, "-") {
        let content = match content {
            Ok(content) => content,
            Err(error) => {
                out(Stream::Stderr, &format!("wc: {name}: {}\n", error.text()));
                status = 1;
                if error != FileError::IsFolder {
                    continue;
                }
                String::new()
            }
        };
        let words = content.split_ascii_whitespace().count();
        let counts = [content.matches('\n').count(), words, content.len(), content.len()];
        row(counts, &name);
        total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    if options.rest.len() > 1 {
        row(total, "total");
    }
    status
}
