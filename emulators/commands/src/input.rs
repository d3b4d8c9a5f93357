//! What commands that read texts share: their files or their standard input, and their options.

use crate::{FileError, Machine};

/// A text to read, and the name under which it is told.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) content: Result<String, FileError>,
}

/// The files that are named, where `-` is the standard input; that alone when none is named.
pub(crate) fn of(machine: &dyn Machine, files: &[&str], stdin: &str, stdin_name: &str) -> Vec<Input> {
    let standard = |name: &str| Input { name: name.to_owned(), content: Ok(stdin.to_owned()) };
    if files.is_empty() {
        return vec![standard(stdin_name)];
    }
    let input = |file: &&str| match *file {
        "-" => standard(stdin_name),
        path => Input { name: path.to_owned(), content: machine.read(path) },
    };
    files.iter().map(input).collect()
}

/// The lines of a text, each with its line end.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n')
}

/// The letters that are options of a program: those alone, and those with a value.
fn letters(program: &str) -> (&'static str, &'static str) {
    match program {
        "grep" => ("ivcnqoxwEFhHsl", "em"),
        "head" | "tail" => ("qv", "nc"),
        "sort" => ("ru", ""),
        "wc" => ("lwmc", ""),
        _ => ("", ""),
    }
}

/// Whether a command line of one of these programs reads the standard input.
pub(crate) fn is_standard(program: &str, args: &[String]) -> bool {
    let Ok(options) = Options::read(program, args) else { return false };
    let patterns = usize::from(program == "grep" && !options.has('e'));
    options.rest.len() <= patterns || options.rest[patterns..].contains(&"-")
}

/// A command line that is read as `getopt` reads it.
pub(crate) struct Options<'a> {
    /// Letters in order, with the value of those that take one.
    pub(crate) given: Vec<(char, &'a str)>,
    /// What is no option.
    pub(crate) rest: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// The options that the program has; another one is the error, or a missing value.
    pub(crate) fn read(program: &str, args: &'a [String]) -> Result<Self, String> {
        let (flags, valued) = letters(program);
        let mut options = Self { given: Vec::new(), rest: Vec::new() };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            let cluster = match arg {
                "--" => {
                    options.rest.extend(args);
                    break;
                }
                "-" => "",
                arg => arg.strip_prefix('-').unwrap_or_default(),
            };
            if cluster.is_empty() {
                options.rest.push(arg);
                continue;
            }
            // `head -5` is `head -n 5`.
            if valued.contains('n') && cluster.parse::<usize>().is_ok() {
                options.given.push(('n', cluster));
                continue;
            }
            for (at, letter) in cluster.char_indices() {
                if flags.contains(letter) {
                    options.given.push((letter, ""));
                } else if valued.contains(letter) {
                    let value = &cluster[at + letter.len_utf8()..];
                    let value = if value.is_empty() { args.next() } else { Some(value) };
                    let value =
                        value.ok_or_else(|| format!("{program}: option requires an argument -- '{letter}'\n"))?;
                    options.given.push((letter, value));
                    break;
                } else {
                    return Err(format!("{program}: stagegate's {program} does not have the option {arg}\n"));
                }
            }
        }
        Ok(options)
    }

    pub(crate) fn has(&self, letter: char) -> bool {
        self.given.iter().any(|(given, _)| *given == letter)
    }

    pub(crate) fn values(&self, letter: char) -> impl Iterator<Item = &'a str> {
        self.given.iter().filter(move |(given, _)| *given == letter).map(|(_, value)| *value)
    }
}
