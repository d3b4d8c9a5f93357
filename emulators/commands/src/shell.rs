//! `sh -c`: simple commands in a row, joined by `;`, `&&` and `||`, with quotes, variables and
//! redirections to nowhere. Anything else is refused by name.

use crate::{Machine, NOT_FOUND, Sink, Stream, basic, exists};

/// The exit status of a text that cannot be run.
const SYNTAX: i32 = 2;

/// How a command is joined to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joined {
    Always,
    IfSucceeded,
    IfFailed,
}

/// One simple command.
#[derive(Debug, PartialEq, Eq)]
struct Simple {
    joined: Joined,
    words: Vec<Word>,
}

/// A word: pieces of text and variables, which are not split again.
type Word = Vec<Piece>;

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
}

pub(crate) async fn run(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let text = match args {
        [option, text, ..] if option.starts_with('-') && option.contains('c') => text.as_str(),
        // Without a script the shell reads commands from its input.
        [] => stdin,
        [first, ..] => {
            out(Stream::Stderr, &format!("sh: can't open '{first}': No such file or directory\n"));
            return SYNTAX;
        }
    };
    let commands = match parse(text) {
        Ok(commands) => commands,
        Err(what) => {
            out(Stream::Stderr, &format!("sh: {what}\n"));
            return SYNTAX;
        }
    };
    let mut status = 0;
    for command in commands {
        let skip = match command.joined {
            Joined::Always => false,
            Joined::IfSucceeded => status != 0,
            Joined::IfFailed => status == 0,
        };
        if skip {
            continue;
        }
        let words: Vec<String> = command.words.iter().map(|word| expand(machine, word, status)).collect();
        match words.first().map(String::as_str) {
            None => status = 0,
            Some("exit") => return words.get(1).and_then(|code| code.parse().ok()).unwrap_or(status),
            Some("exec") => return simple(machine, &words[1..], stdin, out).await,
            Some(_) => status = simple(machine, &words, stdin, out).await,
        }
    }
    status
}

/// Whether every command of a text can be run.
pub(crate) fn runs(only: Option<&[String]>, text: &str) -> bool {
    let Ok(commands) = parse(text) else { return false };
    let first = |simple: &Simple| match simple.words.first().map(Vec::as_slice) {
        Some([Piece::Text(name)]) => ["exit", "exec", "["].contains(&name.as_str()) || exists(only, name),
        Some(_) => false,
        None => true,
    };
    commands.iter().all(first)
}

/// Runs one command with its redirections.
async fn simple(machine: &dyn Machine, words: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let (mut argv, mut no_stdout, mut no_stderr, mut merged, mut to_stderr) = (Vec::new(), false, false, false, false);
    for word in words {
        match word.as_str() {
            ">/dev/null" | "1>/dev/null" => no_stdout = true,
            "2>/dev/null" => no_stderr = true,
            "&>/dev/null" => (no_stdout, no_stderr) = (true, true),
            "2>&1" => merged = true,
            ">&2" | "1>&2" => to_stderr = true,
            _ => argv.push(word.clone()),
        }
    }
    let filtered = |stream: Stream, text: &str| match stream {
        Stream::Stdout if no_stdout => {}
        Stream::Stderr if no_stderr || (merged && no_stdout) => {}
        Stream::Stderr if merged => out(Stream::Stdout, text),
        Stream::Stdout if to_stderr => out(Stream::Stderr, text),
        stream => out(stream, text),
    };
    match argv.first().map(String::as_str) {
        None => 0,
        Some("[") if argv.last().is_some_and(|last| last == "]") => {
            argv.pop();
            basic::run(machine, "test", &argv[1..], &filtered)
        }
        Some(program) if !exists(machine.commands(), program) => {
            filtered(Stream::Stderr, &format!("sh: {program}: not found\n"));
            NOT_FOUND
        }
        Some(_) => crate::run(machine, &argv, stdin, &filtered).await,
    }
}

fn expand(machine: &dyn Machine, word: &Word, status: i32) -> String {
    let mut text = String::new();
    for piece in word {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Variable(name) if name == "?" => text.push_str(&status.to_string()),
            Piece::Variable(name) => text.push_str(machine.variables().get(name).map_or("", String::as_str)),
        }
    }
    text
}

/// The redirections there are.
const REDIRECTIONS: [&str; 7] = [">/dev/null", "1>/dev/null", "2>/dev/null", "&>/dev/null", "2>&1", ">&2", "1>&2"];

fn refused(what: &str) -> String {
    format!("stagegate's sh does not run {what}; it runs simple commands joined by ; && and ||")
}

/// The commands of a text, or what of it is not run.
fn parse(text: &str) -> Result<Vec<Simple>, String> {
    let mut commands = Vec::new();
    let mut current = Simple { joined: Joined::Always, words: Vec::new() };
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(first) = rest.chars().next() else { break };
        let (joined, length) = match first {
            ';' | '\n' => (Joined::Always, 1),
            '&' if rest.starts_with("&&") => (Joined::IfSucceeded, 2),
            '|' if rest.starts_with("||") => (Joined::IfFailed, 2),
            '|' => return Err(refused("pipelines")),
            '&' if !rest.starts_with("&>") => return Err(refused("commands in the background")),
            '(' | '{' | '<' => return Err(refused(&format!("`{first}`"))),
            '#' => {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
                continue;
            }
            _ => {
                let (word, after) = word(rest)?;
                rest = after;
                current.words.push(word);
                continue;
            }
        };
        rest = &rest[length..];
        commands.push(std::mem::replace(&mut current, Simple { joined, words: Vec::new() }));
    }
    commands.push(current);
    let keyword = |simple: &Simple| match simple.words.first().map(Vec::as_slice) {
        Some([Piece::Text(text)]) if ["if", "for", "while", "until", "case", "function"].contains(&text.as_str()) => {
            Some(text.clone())
        }
        _ => None,
    };
    match commands.iter().find_map(keyword) {
        Some(keyword) => Err(refused(&format!("`{keyword}`"))),
        None => Ok(commands),
    }
}

/// The word at the beginning of `text`, and what follows it.
fn word(text: &str) -> Result<(Word, &str), String> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let (mut single, mut double) = (false, false);
    let mut chars = text.char_indices().peekable();
    let mut end = text.len();
    while let Some((at, letter)) = chars.next() {
        match letter {
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            '\\' if !single => literal.extend(chars.next().map(|(_, next)| next)),
            '`' if !single => return Err(refused("command substitutions")),
            '$' if !single => {
                if text[at..].starts_with("$(") {
                    return Err(refused("command substitutions"));
                }
                let (name, length) = variable(&text[at + 1..])?;
                if name.is_empty() {
                    literal.push('$');
                    continue;
                }
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
                pieces.push(Piece::Variable(name));
                for _ in 0..length {
                    chars.next();
                }
            }
            '&' if !single && !double && (literal.ends_with('>') || text[at..].starts_with("&>")) => literal.push('&'),
            '>' if !single && !double => {
                literal.push('>');
                // `> FILE` and `>FILE` are the same.
                while chars.next_if(|(_, next)| *next == ' ').is_some() {}
            }
            ' ' | '\t' | '\n' | ';' | '|' | '&' if !single && !double => {
                end = at;
                break;
            }
            letter => literal.push(letter),
        }
    }
    if single || double {
        return Err("syntax error: unterminated quoted string".to_owned());
    }
    if literal.contains('>') && !REDIRECTIONS.contains(&literal.as_str()) {
        return Err(refused(&format!("the redirection `{literal}`")));
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Ok((pieces, &text[end..]))
}

/// The name of a variable behind a `$`, and how many characters it takes.
fn variable(text: &str) -> Result<(String, usize), String> {
    if text.starts_with('?') {
        return Ok(("?".to_owned(), 1));
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if let Some(braced) = text.strip_prefix('{') {
        let name: String = braced.chars().take_while(|letter| is_name(*letter)).collect();
        if !braced[name.len()..].starts_with('}') {
            return Err(refused("expansions other than $NAME and ${NAME}"));
        }
        let length = name.len() + 2;
        return Ok((name, length));
    }
    let name: String = text.chars().take_while(|letter| is_name(*letter)).collect();
    let length = name.len();
    Ok((name, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(words: &[&str]) -> Vec<Word> {
        words.iter().map(|word| vec![Piece::Text((*word).to_owned())]).collect()
    }

    #[test]
    fn commands_are_split_at_operators_outside_of_quotes() {
        let parsed = parse("echo 'a; b' \"c && d\" && true; false || exit 3").expect("commands");
        let expected = [
            Simple { joined: Joined::Always, words: literal(&["echo", "a; b", "c && d"]) },
            Simple { joined: Joined::IfSucceeded, words: literal(&["true"]) },
            Simple { joined: Joined::Always, words: literal(&["false"]) },
            Simple { joined: Joined::IfFailed, words: literal(&["exit", "3"]) },
        ];
        assert_eq!(parsed, expected);
    }

    #[test]
    fn variables_are_found_outside_of_single_quotes() {
        let parsed = parse("echo \"$A-${B}\" '$C' $?").expect("commands");
        let variables: Vec<_> = parsed[0]
            .words
            .iter()
            .flatten()
            .filter_map(|piece| if let Piece::Variable(name) = piece { Some(name.as_str()) } else { None })
            .collect();
        assert_eq!(variables, ["A", "B", "?"]);
    }

    #[test]
    fn what_is_not_run_is_named() {
        for (text, word) in [
            ("cat a | grep b", "pipelines"),
            ("sleep 1 &", "background"),
            ("echo $(date)", "substitutions"),
            ("echo `date`", "substitutions"),
            ("for x in 1; do true; done", "`for`"),
            ("echo a > /tmp/b", "redirection"),
            ("echo ${A:-b}", "expansions"),
            ("echo 'a", "unterminated"),
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains(word), "{text}: {refused}");
        }
    }
}
