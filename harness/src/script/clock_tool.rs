//! `timeout` and `date`, which go by the environment's clock.
//!
//! They are not recorded: what `timeout` runs is, and both stand in bash's trace.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::seconds;
use super::protocol::Action;
use super::workspace::Tools;

/// Their names.
pub(crate) const NAMES: [&str; 2] = ["timeout", "date"];

/// What the shim called with `argv` is to do at `now`, when it is one of these tools.
pub(crate) fn action(tools: &Tools, argv: &[String], now: Timestamp) -> Option<Action> {
    let (name, arguments) = argv.split_first()?;
    match (name.as_str(), &tools.timeout, &tools.date) {
        ("timeout", Some(program), _) => Some(match duration_operand(arguments) {
            Some((operand, after)) => Action::Timeout { program: program.clone(), operand, after },
            // Help, usage errors and no limit at all are the real one's.
            None => Action::Become { program: program.clone(), before: Vec::new() },
        }),
        ("date", _, Some(program)) => {
            let before = if tells_now(arguments) { at(now) } else { Vec::new() };
            Some(Action::Become { program: program.clone(), before })
        }
        _ => None,
    }
}

/// Which argument of `timeout` says how long, and how long that is (coreutils manual, "timeout").
fn duration_operand(arguments: &[String]) -> Option<(usize, Duration)> {
    let mut at = 0;
    loop {
        let word = arguments.get(at)?.as_str();
        at += 1;
        match word {
            "--" => break,
            "--foreground" | "--preserve-status" | "--verbose" => {}
            "--signal" | "--kill-after" => at += 1,
            _ if word.starts_with("--signal=") || word.starts_with("--kill-after=") => {}
            _ if word.starts_with("--") => return None,
            _ if word.starts_with('-') && word.len() > 1 => {
                // A value follows `s` and `k`, in the same word or the next.
                if word.find(['s', 'k']) == Some(word.len() - 1) {
                    at += 1;
                }
            }
            _ => {
                at -= 1;
                break;
            }
        }
    }
    let after = Duration::try_from_secs_f64(seconds(arguments.get(at)?)?).ok()?;
    // A command must follow, and 0 is no limit.
    (!after.is_zero() && arguments.len() > at + 1).then_some((at, after))
}

/// Whether `date` is asked for the present time: it is given no other and sets none.
fn tells_now(arguments: &[String]) -> bool {
    arguments.iter().all(|word| {
        matches!(word.as_str(), "-u" | "--utc" | "--universal" | "-R" | "--rfc-email")
            || ["+", "-I", "--iso-8601", "--rfc-3339="].iter().any(|form| word.starts_with(form))
    })
}

/// The arguments that have `date` tell of `now` instead.
fn at(now: Timestamp) -> Vec<String> {
    if cfg!(target_os = "linux") {
        vec!["-d".to_owned(), format!("@{}.{:09}", now.as_second(), now.subsec_nanosecond())]
    } else {
        vec!["-r".to_owned(), now.as_second().to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_duration_is_found_behind_options() {
        let found = |text| duration_operand(&words(text)).map(|(at, after)| (at, after.as_millis()));
        assert_eq!(found("60 kubectl get"), Some((0, 60_000)));
        assert_eq!(found("-k 5 1m cub"), Some((2, 60_000)));
        assert_eq!(found("-sKILL --foreground 0.5 x"), Some((2, 500)));
        assert_eq!(found("-vs INT -- 1h x"), Some((3, 3_600_000)));
        assert_eq!(found("--signal TERM --kill-after=3 2 x"), Some((3, 2000)));
        for other in ["", "--help", "60", "0 x", "soon x", "--unknown 5 x", "-s"] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_present_time_is_replaced() {
        for now in ["", "+%s", "-u +%FT%TZ", "-Iseconds", "-R", "--rfc-3339=ns"] {
            assert!(tells_now(&words(now)), "{now}");
        }
        for other in ["-d yesterday", "--date=@5 +%s", "-r file", "-s 2020-01-01", "-j -f %s 5", "01020304", "--help"] {
            assert!(!tells_now(&words(other)), "{other}");
        }
    }
}
