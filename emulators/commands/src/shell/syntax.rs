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

/// One simple command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) joined: Joined,
    pub(super) words: Vec<Word>,
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

fn refused(what: &str) -> String {
    format!("stagegate's sh does not run {what}; it runs simple commands joined by ; && || and |")
}

/// The commands of a text, or what of it is not run.
pub(super) fn parse(text: &str) -> Result<Vec<Simple>, String> {
    let mut commands = Vec::new();
    let mut current = Simple { joined: Joined::Always, words: Vec::new() };
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(first) = rest.chars().next() else { break };
        let (joined, length) = match first {
            // Between an operator and its command a line may end.
            '\n' if current.words.is_empty() => {
                rest = &rest[1..];
                continue;
            }
            ';' | '\n' => (Joined::Always, 1),
            '&' if rest.starts_with("&&") => (Joined::IfSucceeded, 2),
            '|' if rest.starts_with("||") => (Joined::IfFailed, 2),
            '|' if rest.starts_with("|&") => return Err(refused("`|&`")),
            '|' => (Joined::Piped, 1),
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
        if current.words.is_empty() {
            return Err(format!("syntax error: unexpected \"{}\"", &rest[..length]));
        }
        rest = &rest[length..];
        commands.push(std::mem::replace(&mut current, Simple { joined, words: Vec::new() }));
    }
    if current.joined != Joined::Always && current.words.is_empty() {
        return Err("syntax error: unexpected end of file".to_owned());
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
    fn a_pipe_may_be_followed_by_a_line_end() {
        let parsed = parse("echo a |\n\ncat # all of it\n").expect("commands");
        let joined: Vec<_> = parsed.iter().filter(|one| !one.words.is_empty()).map(|one| one.joined).collect();
        assert_eq!(joined, [Joined::Always, Joined::Piped]);
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
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains(word), "{text}: {refused}");
        }
    }
}
