//! LIKE and POSIX regular expressions.

use proptest::prelude::*;
use stagegate_confighub::where_clause::{Operator, Pattern};

fn matches(expression: &str, text: &str) -> bool {
    Pattern::compile(Operator::Matches, expression)
        .unwrap_or_else(|error| panic!("{expression}: {error}"))
        .holds_for(text)
}

#[test]
fn regular_expressions_are_posix() {
    for (expression, text, expected) in [
        ("^app-[0-9]+$", "app-12", true),
        ("^app-[0-9]+$", "my-app-12", false),
        ("a.c", "a\nc", true),
        ("^b", "a\nb", false),
        ("a$", "a\nb", false),
        ("[[:alpha:]]{2}", "1ab", true),
        ("^[[:upper:][:digit:]]+$", "A1", true),
        ("[[]", "[", true),
        ("[]]", "]", true),
        ("^[^]]$", "]", false),
        ("^[a-]$", "-", true),
        ("^[-a]$", "-", true),
        ("^[a&&b]$", "&", true),
        ("^[a&&b]$", "b", true),
        ("^[+--]$", ",", true),
        ("^[[.a.]b]$", "a", true),
        ("[[:<:]]web[[:>:]]", "a web b", true),
        ("[[:<:]]web[[:>:]]", "cobweb", false),
        ("a{x", "a{x", true),
        ("^{}$", "{}", true),
        ("^a{2,3}?$", "aaa", true),
        ("^a{2}$", "aaa", false),
        ("^(?:ab|cd)+$", "abcd", true),
        ("(?i)WEB", "web", true),
        ("^(a|)$", "", true),
        ("ä", "ÄäÄ", true),
    ] {
        assert_eq!(matches(expression, text), expected, "{expression} on {text:?}");
    }
    assert!(Pattern::compile(Operator::MatchesIgnoringCase, "^Ä").unwrap().holds_for("äpfel"));
}

#[test]
fn what_no_engine_takes_or_takes_for_ever_is_refused() {
    for (expression, reason) in [
        ("(", "unclosed group"),
        (")", "unopened group"),
        ("*a", "repetition operator missing expression"),
        ("a**", "a repetition repeats nothing"),
        ("a{2}{3}", "a repetition repeats nothing"),
        ("a{300}", "invalid repetition count"),
        ("a{3,2}", "invalid repetition count"),
        ("a{1", "invalid repetition count"),
        ("[a", "brackets not closed"),
        ("[[:nosuch:]]", "unknown character class"),
        ("[a--c]", "invalid character class range"),
        ("(?=a)", "lookaround is not supported"),
        ("(?P<n>a)", "unsupported group, only (?: is"),
        ("(((a{255}){255}){255}){255}", "it takes more than 1048576 bytes when compiled"),
    ] {
        let error = Pattern::compile(Operator::Matches, expression).expect_err(expression).to_string();
        assert!(error.contains(reason), "{expression}: {error}");
    }
    // Exponential in backtracking engines.
    assert!(!matches("^(a|a)*b$", &"a".repeat(10_000)));
    assert!(!matches("^(a*)*b$", &"a".repeat(10_000)));
}

/// A regular expression of single characters, `.`, `*`, `^` and `$`, matched by trying.
fn tried(expression: &[char], text: &[char]) -> bool {
    match expression.strip_prefix(&['^']) {
        Some(rest) => here(rest, text),
        None => (0..=text.len()).any(|from| here(expression, &text[from..])),
    }
}

fn here(expression: &[char], text: &[char]) -> bool {
    let same = |wanted: char, text: &[char]| text.first().is_some_and(|first| wanted == '.' || wanted == *first);
    match expression {
        [] => true,
        ['$'] => text.is_empty(),
        [wanted, '*', rest @ ..] => {
            let run = (0..text.len()).take_while(|at| same(*wanted, &text[*at..])).count();
            (0..=run).any(|skip| here(rest, &text[skip..]))
        }
        [wanted, rest @ ..] => same(*wanted, text) && here(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn matching_is_what_trying_finds(expression in r"\^?([ab.]\*?){0,4}\$?", text in "[abc\n]{0,8}") {
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(matches(&expression, &text), tried(&characters(&expression), &characters(&text)));
    }

    #[test]
    fn any_expression_is_compiled_or_refused(expression in r"[ab\[\](){}?*+|^$.,:=&~0-9-]{0,12}", text in "[ab]{0,4}") {
        if let Ok(pattern) = Pattern::compile(Operator::Matches, &expression) {
            let negated = Pattern::compile(Operator::NotMatches, &expression).unwrap();
            prop_assert_ne!(pattern.holds_for(&text), negated.holds_for(&text));
        }
    }

    #[test]
    fn text_in_brackets_stands_for_its_characters(
        inside in prop::collection::vec(prop::sample::select("[&~^abc|({*.$".chars().collect::<Vec<_>>()), 1..6),
        bracket in any::<bool>(),
        dash in any::<bool>(),
        other in prop::sample::select("][&~^abcd-|({*.$".chars().collect::<Vec<_>>()),
    ) {
        let inside: String = inside.into_iter().collect();
        prop_assume!(bracket || !inside.starts_with('^'));
        prop_assume!(!inside.contains("[."));
        let (first, last) = (if bracket { "]" } else { "" }, if dash { "-" } else { "" });
        let expected = inside.contains(other) || (bracket && other == ']') || (dash && other == '-');
        let expression = format!("^[{first}{inside}{last}]$");
        prop_assert_eq!(matches(&expression, &other.to_string()), expected, "{}", expression);
    }
}
