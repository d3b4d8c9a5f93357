//! The text of a script as commands.

/// How a command is joined to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    Always,
    IfSucceeded,
    IfFailed,
    /// By `|`: what the one before printed is its input.
    Piped,
}

/// A command in a row of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Joint {
    pub(super) joined: Joined,
    /// A `!` stands before it.
    pub(super) negated: bool,
    pub(super) command: Command,
}

/// Commands in a row.
pub(super) type List = Vec<Joint>;

/// A test, and what is run when it holds.
pub(super) type Arm = (List, List);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Simple(Vec<Word>),
    /// `while`, or `until` when it goes on as long as the test fails.
    Loop {
        until: bool,
        test: List,
        body: List,
    },
    /// Tests with what follows when they hold, and what follows when none does.
    If {
        arms: Vec<Arm>,
        otherwise: List,
    },
}

/// A word: pieces of text and variables, which are not split again.
pub(super) type Word = Vec<Piece>;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Variable(String),
}

/// The redirections there are.
pub(super) const REDIRECTIONS: [&str; 7] =
    [">/dev/null", "1>/dev/null", "2>/dev/null", "&>/dev/null", "2>&1", ">&2", "1>&2"];

/// Words that stand between the parts of other commands.
const BETWEEN: [&str; 6] = ["then", "elif", "else", "fi", "do", "done"];

fn refused(what: &str) -> String {
    format!("stagegate's sh does not run {what}; it runs simple commands, if, while and until, joined by ; && || and |")
}

/// The commands of a text, or what of it is not run.
pub(super) fn parse(text: &str) -> Result<List, String> {
    let mut reader = Reader { rest: text };
    reader.list(&[]).map(|(list, _)| list)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Commands up to one of the words `ends`, which is given too, or to the end of the text when there are none.
    fn list(&mut self, ends: &[&'static str]) -> Result<(List, &'static str), String> {
        let mut list = List::new();
        let mut joined = Joined::Always;
        loop {
            self.skip(true);
            if self.rest.is_empty() {
                return if ends.is_empty() && joined == Joined::Always { Ok((list, "")) } else { Err(unexpected("")) };
            }
            let found = ends.iter().find(|end| self.keyword() == Some(**end));
            if let (Some(end), Joined::Always) = (found, joined) {
                self.rest = &self.rest[end.len()..];
                return Ok((list, end));
            }
            let negated = self.keyword() == Some("!");
            if negated {
                self.rest = &self.rest[1..];
                self.skip(false);
            }
            let command = self.command()?;
            list.push(Joint { joined, negated, command });
            joined = self.operator()?;
        }
    }

    fn command(&mut self) -> Result<Command, String> {
        match self.keyword() {
            Some(word @ ("while" | "until")) => {
                self.rest = &self.rest[word.len()..];
                let (test, _) = self.list(&["do"])?;
                let (body, _) = self.list(&["done"])?;
                Ok(Command::Loop { until: word == "until", test, body })
            }
            Some("if") => {
                self.rest = &self.rest["if".len()..];
                self.branches()
            }
            Some(word @ ("for" | "case" | "function" | "select")) => Err(refused(&format!("`{word}`"))),
            Some(word) if BETWEEN.contains(&word) => Err(unexpected(word)),
            _ => self.simple(),
        }
    }

    fn branches(&mut self) -> Result<Command, String> {
        let mut arms = Vec::new();
        loop {
            let (test, _) = self.list(&["then"])?;
            let (body, end) = self.list(&["elif", "else", "fi"])?;
            arms.push((test, body));
            match end {
                "elif" => {}
                "else" => {
                    let (otherwise, _) = self.list(&["fi"])?;
                    return Ok(Command::If { arms, otherwise });
                }
                _ => return Ok(Command::If { arms, otherwise: List::new() }),
            }
        }
    }

    fn simple(&mut self) -> Result<Command, String> {
        let mut words = Vec::new();
        loop {
            self.skip(false);
            let Some(first) = self.rest.chars().next() else { break };
            match first {
                ';' | '\n' | '|' | ')' => break,
                '&' if !self.rest.starts_with("&>") => break,
                '(' | '{' | '<' => return Err(refused(&format!("`{first}`"))),
                _ => {
                    let (word, after) = word(self.rest)?;
                    self.rest = after;
                    words.push(word);
                }
            }
        }
        if words.is_empty() {
            return Err(unexpected(self.rest.get(..operator_length(self.rest)).unwrap_or_default()));
        }
        Ok(Command::Simple(words))
    }

    /// What joins the next command, if there is one.
    fn operator(&mut self) -> Result<Joined, String> {
        self.skip(false);
        let rest = self.rest;
        let joined = match rest.chars().next() {
            None => return Ok(Joined::Always),
            Some(';' | '\n') => Joined::Always,
            Some('&') if rest.starts_with("&&") => Joined::IfSucceeded,
            Some('&') => return Err(refused("commands in the background")),
            Some('|') if rest.starts_with("||") => Joined::IfFailed,
            Some('|') if rest.starts_with("|&") => return Err(refused("`|&`")),
            Some('|') => Joined::Piped,
            // Behind `done` and `fi`.
            Some(first @ ('<' | '>')) => return Err(refused(&format!("the redirection `{first}` of a whole command"))),
            Some(_) => return Err(unexpected(rest.split_whitespace().next().unwrap_or_default())),
        };
        self.rest = &rest[operator_length(rest)..];
        Ok(joined)
    }

    /// Skips blanks and a comment, and with `lines` line ends too.
    fn skip(&mut self, lines: bool) {
        loop {
            let blanks: &[char] = if lines { &[' ', '\t', '\n', '\r'] } else { &[' ', '\t'] };
            self.rest = self.rest.trim_start_matches(blanks);
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    /// The word that comes next, when it is one without quotes.
    fn keyword(&self) -> Option<&'a str> {
        let end = self.rest.find([' ', '\t', '\n', ';', '&', '|']).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        (!word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '!')).then_some(word)
    }
}

fn operator_length(rest: &str) -> usize {
    if rest.starts_with("&&") || rest.starts_with("||") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) }
}

fn unexpected(what: &str) -> String {
    if what.is_empty() {
        "syntax error: unexpected end of file".to_owned()
    } else {
        format!("syntax error: unexpected \"{}\"", what.trim_end_matches('\n'))
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

    fn simple(joined: Joined, words: &[&str]) -> Joint {
        Joint { joined, negated: false, command: Command::Simple(literal(words)) }
    }

    #[test]
    fn loops_and_branches_hold_lists() {
        let text =
            "until nc -z db 5432 # up?\ndo echo waiting; sleep 2\ndone && if ! test -e a; then false; else true; fi";
        let parsed = parse(text).expect("commands");
        let expected = [
            Joint {
                joined: Joined::Always,
                negated: false,
                command: Command::Loop {
                    until: true,
                    test: vec![simple(Joined::Always, &["nc", "-z", "db", "5432"])],
                    body: vec![simple(Joined::Always, &["echo", "waiting"]), simple(Joined::Always, &["sleep", "2"])],
                },
            },
            Joint {
                joined: Joined::IfSucceeded,
                negated: false,
                command: Command::If {
                    arms: vec![(
                        vec![Joint { negated: true, ..simple(Joined::Always, &["test", "-e", "a"]) }],
                        vec![simple(Joined::Always, &["false"])],
                    )],
                    otherwise: vec![simple(Joined::Always, &["true"])],
                },
            },
        ];
        assert_eq!(parsed, expected);
        assert_eq!(
            parse("echo done; echo if"),
            Ok(vec![simple(Joined::Always, &["echo", "done"]), simple(Joined::Always, &["echo", "if"]),])
        );
    }

    #[test]
    fn commands_are_split_at_operators_outside_of_quotes() {
        let parsed = parse("echo 'a; b' \"c && d\" && true; false || exit 3").expect("commands");
        let expected = [
            simple(Joined::Always, &["echo", "a; b", "c && d"]),
            simple(Joined::IfSucceeded, &["true"]),
            simple(Joined::Always, &["false"]),
            simple(Joined::IfFailed, &["exit", "3"]),
        ];
        assert_eq!(parsed, expected);
    }

    #[test]
    fn a_pipe_may_be_followed_by_a_line_end() {
        let parsed = parse("echo a |\n\ncat # all of it\n").expect("commands");
        let joined: Vec<_> = parsed.iter().map(|one| one.joined).collect();
        assert_eq!(joined, [Joined::Always, Joined::Piped]);
    }

    #[test]
    fn variables_are_found_outside_of_single_quotes() {
        let parsed = parse("echo \"$A-${B}\" '$C' $?").expect("commands");
        let Command::Simple(words) = &parsed[0].command else { panic!("{parsed:?}") };
        let variables: Vec<_> = words
            .iter()
            .flatten()
            .filter_map(|piece| if let Piece::Variable(name) = piece { Some(name.as_str()) } else { None })
            .collect();
        assert_eq!(variables, ["A", "B", "?"]);
    }

    #[test]
    fn what_is_not_run_is_named() {
        for (text, word) in [
            ("cat a |& cat", "`|&`"),
            ("sleep 1 &", "background"),
            ("echo $(date)", "substitutions"),
            ("echo `date`", "substitutions"),
            ("for x in 1; do true; done", "`for`"),
            ("echo a > /tmp/b", "redirection"),
            ("echo ${A:-b}", "expansions"),
            ("echo 'a", "unterminated"),
            ("| cat", "unexpected \"|\""),
            ("true && || false", "unexpected \"||\""),
            ("echo a |", "unexpected end of file"),
            ("while true; do sleep 1", "unexpected end of file"),
            ("if true; fi", "unexpected \"fi\""),
            ("done", "unexpected \"done\""),
            ("until false; do true; done >/dev/null", "redirection"),
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains(word), "{text}: {refused}");
        }
    }
}
