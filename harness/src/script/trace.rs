//! bash's own trace: what it says of each command, and reading it.
//!
//! A non-interactive bash reads the file that BASH_ENV names before its script (bash manual, "Bash
//! Startup Files"). Ours opens the trace file, prints where that shell starts, and turns on
//! `set -x` with a PS4 of machine-readable fields. bash takes no PS4 from the environment when it
//! runs as root, hence this way. BASH_XTRACEFD exists since bash 4.1; an older one is not traced.

/// Before each record; bash repeats it once for each level of indirection such as `$(…)` or `eval`.
const RECORD: char = '\u{1e}';
/// Between the fields of a record.
const FIELD: char = '\u{1f}';
/// Before the line a shell writes when it starts.
const START: char = '\u{1d}';

/// The descriptor of the trace: above what scripts choose, below the usual limit of 256 on macOS.
pub(super) const DESCRIPTOR: u8 = 250;

/// Makes bash write what [`entries`] reads.
pub(super) const PS4: &str = "PS4=$'\\x1e''${BASH_SOURCE[0]-}'$'\\x1f''$LINENO'$'\\x1f''$BASHPID'$'\\x1f''$$'$'\\x1f''$SHELLOPTS'\
         $'\\x1f''$BASH_SUBSHELL'$'\\x1f''$?'$'\\x1f''${PIPESTATUS[@]-}'\
         $'\\x1f''${BASH_LINENO[@]-}'$'\\x1f''${FUNCNAME[@]-}'$'\\x1f''${BASH_SOURCE[@]-}'$'\\x1f'";

/// The text of the BASH_ENV file for a trace at `path`; `own` is read where bash was told to trace.
pub(crate) fn startup(path: &str, own: &str) -> String {
    let quote = |path: &str| path.replace('\'', r"'\''");
    let (quoted, own) = (quote(path), quote(own));
    [
        "{ case $- in *x*) STAGEGATE_OWN=1; set +x ;; *) unset STAGEGATE_OWN ;; esac; } 2>/dev/null".to_owned(),
        "if [ \"${BASH_VERSINFO[0]}${BASH_VERSINFO[1]}\" -ge 41 ] 2>/dev/null; then".to_owned(),
        format!("exec {DESCRIPTOR}>>'{quoted}'"),
        format!(
            "printf '\\x1d%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\n' \"$$\" \"$PPID\" \"$-\" \"$0\" \"$PWD\" >&{DESCRIPTOR}"
        ),
        PS4.to_owned(),
        format!("BASH_XTRACEFD={DESCRIPTOR}"),
        format!("if [ -n \"${{STAGEGATE_OWN-}}\" ]; then unset STAGEGATE_OWN; . '{own}'; else set -x; fi"),
        "elif [ -n \"${STAGEGATE_OWN-}\" ]; then unset STAGEGATE_OWN; set -x".to_owned(),
        "fi\n".to_owned(),
    ]
    .join("\n")
}

/// One entry of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A shell started.
    Start(Start),
    /// A shell is about to execute a command.
    Command(Traced),
}

/// A shell as it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// Whether `set -e` was on from the beginning.
    pub(crate) errexit: bool,
    /// `$0`: the script, or the shell for `bash -c`.
    pub(crate) name: String,
    /// Its working directory.
    pub(crate) folder: String,
}

/// A shell is about to execute a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Traced {
    /// The file the command is written in, as bash names it; empty for `bash -c`.
    pub(crate) file: String,
    /// As bash counts, which for a command of several lines may be any of them.
    pub(crate) line: usize,
    /// The process that writes this: the shell, a subshell, or the command itself before it starts.
    pub(crate) pid: u32,
    /// The shell the process descends from.
    pub(crate) shell: u32,
    /// How many substitutions and the like it is within, plus one.
    pub(crate) depth: usize,
    /// Whether `set -e` is on.
    pub(crate) errexit: bool,
    /// Whether `set -o pipefail` is on.
    pub(crate) pipefail: bool,
    /// Whether `set -E` is on.
    pub(crate) errtrace: bool,
    /// How many subshells of the shell it is within. A command of a pipe is in none of its own.
    pub(crate) subshell: usize,
    /// The status of what the process ran before this.
    pub(crate) before: i32,
    /// The statuses of the pipe that it ran before this, of one command where there was no pipe.
    pub(crate) pipe_before: Vec<i32>,
    /// The calls that led here, the innermost first.
    pub(crate) calls: Vec<Call>,
    /// The expanded words.
    pub(crate) words: Vec<String>,
}

/// A call of a shell function, or a `source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The function's name, or `source`.
    pub(crate) function: String,
    /// The file it is called from, as bash names it.
    pub(crate) file: String,
    /// The line it is called from.
    pub(crate) line: usize,
}

impl Traced {
    /// What this command makes of `set -e`, when it is the `set` that switches it.
    pub(crate) fn sets_errexit(&self) -> Option<bool> {
        let (name, options) = self.words.split_first()?;
        let mut switched = None;
        let mut named = None;
        for option in options.iter().take_while(|option| *option != "--" && name == "set") {
            let on = option.starts_with('-');
            match named.take() {
                Some(on) if option == "errexit" => switched = Some(on),
                _ if !on && !option.starts_with('+') => {}
                _ if option.contains('e') => switched = Some(on),
                _ => {}
            }
            named = option.ends_with('o').then_some(on);
        }
        switched
    }
}

/// The entries of a piece of trace that ends at the end of a line.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut pieces: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        // An argument may hold a newline, which bash writes as it is.
        match pieces.last_mut() {
            Some(piece) if !line.starts_with([RECORD, START]) => piece.push_str(line),
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces.iter().filter_map(|piece| entry(piece.strip_suffix('\n').unwrap_or(piece))).collect()
}

fn entry(piece: &str) -> Option<Entry> {
    if let Some(start) = piece.strip_prefix(START) {
        let mut fields = start.splitn(5, FIELD);
        let mut field = || fields.next();
        return Some(Entry::Start(Start {
            pid: field()?.parse().ok()?,
            parent: field()?.parse().ok()?,
            errexit: field()?.contains('e'),
            name: field()?.to_owned(),
            folder: field()?.to_owned(),
        }));
    }
    let depth = piece.chars().take_while(|c| *c == RECORD).count();
    let mut fields = piece.trim_start_matches(RECORD).splitn(12, FIELD);
    let mut field = || fields.next();
    let file = field()?.to_owned();
    let line = field()?.parse().ok()?;
    let (pid, shell) = (field()?.parse().ok()?, field()?.parse().ok()?);
    let options = field()?;
    let on = |name| options.split(':').any(|option| option == name);
    let (subshell, before) = (field()?.parse().ok()?, field()?.parse().ok()?);
    let pipe_before = field()?.split(' ').filter_map(|status| status.parse().ok()).collect();
    let (lines, functions, files) = (field()?, field()?, field()?);
    Some(Entry::Command(Traced {
        line,
        pid,
        shell,
        depth,
        errexit: on("errexit"),
        pipefail: on("pipefail"),
        errtrace: on("errtrace"),
        subshell,
        before,
        pipe_before,
        calls: calls(&file, lines, functions, files),
        words: words(field()?),
        file,
    }))
}

/// BASH_LINENO, FUNCNAME and BASH_SOURCE, innermost first: function n is written in source n and was
/// called from source n+1 at line n. The last function is `main`.
///
/// The names of the sources are joined by blanks; with a blank in one of them the calls are unknown
/// unless all of them are in the innermost file.
fn calls(file: &str, lines: &str, functions: &str, files: &str) -> Vec<Call> {
    let lines: Vec<usize> = lines.split(' ').filter_map(|line| line.parse().ok()).collect();
    let functions: Vec<&str> = functions.split(' ').filter(|name| !name.is_empty()).collect();
    let depth = functions.len();
    let same_file = || files == vec![file; depth].join(" ");
    let files: Vec<&str> = match files.split(' ').collect::<Vec<_>>() {
        split if split.len() == depth => split,
        _ if depth > 0 && same_file() => vec![file; depth],
        _ => return Vec::new(),
    };
    let called = functions.iter().zip(&lines).zip(files.iter().skip(1));
    called
        .map(|((function, line), file)| Call {
            function: (*function).to_owned(),
            file: (*file).to_owned(),
            line: *line,
        })
        .collect()
}

/// The words of a traced command, quoted as bash quotes them (`a 'b c' $'d\n'`).
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => word.get_or_insert_default().extend(rest.by_ref().take_while(|c| *c != '\'')),
            '\\' => word.get_or_insert_default().extend(rest.next()),
            '$' if rest.as_str().starts_with('\'') => {
                rest.next();
                escaped(&mut rest, word.get_or_insert_default());
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The rest of `$'…'` (bash manual, "ANSI-C Quoting"), as far as bash itself writes it.
fn escaped(rest: &mut std::str::Chars<'_>, word: &mut String) {
    let mut bytes = Vec::new();
    while let Some(c) = rest.next() {
        match c {
            '\'' => break,
            '\\' => escape(rest, &mut bytes),
            _ => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    word.push_str(&String::from_utf8_lossy(&bytes));
}

fn escape(rest: &mut std::str::Chars<'_>, bytes: &mut Vec<u8>) {
    let Some(c) = rest.next() else { return };
    match c {
        'a' => bytes.push(7),
        'b' => bytes.push(8),
        'E' | 'e' => bytes.push(27),
        'f' => bytes.push(12),
        'n' => bytes.push(b'\n'),
        'r' => bytes.push(b'\r'),
        't' => bytes.push(b'\t'),
        'v' => bytes.push(11),
        '0'..='7' => {
            let more: String = rest.as_str().chars().take(2).take_while(|c| ('0'..='7').contains(c)).collect();
            (0..more.len()).for_each(|_| _ = rest.next());
            bytes.extend(u8::from_str_radix(&format!("{c}{more}"), 8));
        }
        _ => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(fields: &[&str]) -> String {
        format!("{RECORD}{}\n", fields.join(&FIELD.to_string()))
    }

    #[test]
    fn a_record_gives_place_options_calls_and_words() {
        let text = record(&[
            "./lib.sh",
            "7",
            "12",
            "10",
            "braceexpand:errexit:pipefail",
            "0",
            "2",
            "0 2",
            "3 9 0",
            "f source main",
            "./lib.sh ./lib.sh ./run.sh",
            "kubectl get 'a b' $'c\\td' 'it'\\''s' ''",
        ]);
        let [Entry::Command(traced)] = &entries(&text)[..] else { panic!("one command") };
        assert_eq!((traced.file.as_str(), traced.line, traced.pid, traced.shell), ("./lib.sh", 7, 12, 10));
        assert_eq!((traced.errexit, traced.pipefail, traced.errtrace, traced.depth), (true, true, false, 1));
        assert_eq!((traced.before, &traced.pipe_before[..]), (2, &[0, 2][..]));
        assert_eq!(traced.words, ["kubectl", "get", "a b", "c\td", "it's", ""]);
        let call =
            |function: &str, file: &str, line| Call { function: function.to_owned(), file: file.to_owned(), line };
        assert_eq!(traced.calls, [call("f", "./lib.sh", 3), call("source", "./run.sh", 9)]);
    }

    #[test]
    fn an_argument_may_hold_the_end_of_a_line() {
        let text = record(&["a", "1", "2", "2", "", "0", "0", "0", "0", "", "a", "echo 'one\ntwo'"])
            + &record(&["a", "2", "2", "2", "", "0", "0", "0", "0", "", "a", "true"]);
        let words: Vec<_> = entries(&text)
            .into_iter()
            .map(|entry| match entry {
                Entry::Command(traced) => traced.words,
                Entry::Start(_) => Vec::new(),
            })
            .collect();
        assert_eq!(words, [vec!["echo".to_owned(), "one\ntwo".to_owned()], vec!["true".to_owned()]]);
    }

    #[test]
    fn a_blank_in_a_files_name_is_no_matter_while_there_is_one_file() {
        let text =
            record(&["./a b.sh", "1", "2", "2", "", "0", "0", "0", "4 0", "f main", "./a b.sh ./a b.sh", "true"]);
        let [Entry::Command(traced)] = &entries(&text)[..] else { panic!("one command") };
        assert_eq!(traced.calls, [Call { function: "f".to_owned(), file: "./a b.sh".to_owned(), line: 4 }]);
    }

    #[test]
    fn set_is_told_from_its_options() {
        let sets = |words: &str| {
            let text = record(&["a", "1", "2", "2", "", "0", "0", "0", "0", "", "a", words]);
            let Some(Entry::Command(traced)) = entries(&text).pop() else { panic!("one command") };
            traced.sets_errexit()
        };
        assert_eq!(sets("set -e"), Some(true));
        assert_eq!(sets("set -euo pipefail"), Some(true));
        assert_eq!(sets("set +e"), Some(false));
        assert_eq!(sets("set -o errexit"), Some(true));
        assert_eq!(sets("set +o errexit"), Some(false));
        assert_eq!(sets("set -u"), None);
        assert_eq!(sets("set -o pipefail"), None);
        assert_eq!(sets("set -- -e"), None);
        assert_eq!(sets("sed -e x"), None);
    }

    proptest! {
        #[test]
        fn any_trace_can_be_read(text in "[\\x1d\\x1e\\x1f\n a-c0-9'\\\\$:]{0,200}") {
            let _any = entries(&text);
        }
    }
}
