//! `timeout`, `date` and `watch`, which go by the environment's clock.
//!
//! They are not recorded: what `timeout` and `watch` run is, and all stand in bash's trace.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::seconds;
use super::protocol::Action;
use super::workspace::Tools;

/// Their names.
pub(crate) const NAMES: [&str; 3] = ["timeout", "date", "watch"];

/// What the shim called with `argv` is to do at `now`, with the clock `speed` times as fast as the
/// wall, when it is one of these tools.
pub(crate) fn action(tools: &Tools, argv: &[String], now: Timestamp, speed: f64) -> Option<Action> {
    let (name, arguments) = argv.split_first()?;
    match name.as_str() {
        "timeout" => Some(match (tools.timeout.clone()?, duration_operand(arguments)) {
            (program, Some((operand, after))) => Action::Timeout { program, operand, after },
            // Help, usage errors and no limit at all are the real one's.
            (program, None) => Action::Become { program, before: Vec::new(), changed: None },
        }),
        "date" => {
            let before = if tells_now(arguments) { at(now) } else { Vec::new() };
            Some(Action::Become { program: tools.date.clone()?, before, changed: None })
        }
        "watch" => {
            let program = tools.watch.clone()?;
            Some(match interval(arguments) {
                Interval::Default => {
                    Action::Become { program, before: vec![scaled_interval(2.0, speed)], changed: None }
                }
                Interval::Given { at, option, seconds } => {
                    let changed = Some((at, format!("{option}{}", in_wall_time(seconds, speed))));
                    Action::Become { program, before: Vec::new(), changed }
                }
                Interval::Unknown => Action::Become { program, before: Vec::new(), changed: None },
            })
        }
        _ => None,
    }
}

/// How often `watch` is to run its command.
#[derive(Debug, PartialEq)]
enum Interval {
    /// Every two seconds (procps manual, "watch").
    Default,
    /// Argument `at` says it: `option` and the seconds.
    Given { at: usize, option: &'static str, seconds: f64 },
    /// What it was given is no interval; it will say so itself.
    Unknown,
}

fn interval(arguments: &[String]) -> Interval {
    let given = |at: usize, option, text: &str| {
        let seconds = text.replace(',', ".").parse().ok().filter(|seconds| *seconds > 0.0);
        seconds.map_or(Interval::Unknown, |seconds| Interval::Given { at, option, seconds })
    };
    for (at, word) in arguments.iter().enumerate() {
        if word == "-n" || word == "--interval" {
            return arguments.get(at + 1).map_or(Interval::Unknown, |text| given(at + 1, "", text));
        } else if let Some(text) = word.strip_prefix("--interval=") {
            return given(at, "--interval=", text);
        } else if let Some(text) = word.strip_prefix("-n") {
            return given(at, "-n", text);
        } else if !word.starts_with('-') || word == "--" {
            break;
        }
    }
    Interval::Default
}

fn scaled_interval(seconds: f64, speed: f64) -> String {
    format!("-n{}", in_wall_time(seconds, speed))
}

/// Wall seconds for a clock that is so much faster. `watch` knows none shorter than a tenth of one.
fn in_wall_time(seconds: f64, speed: f64) -> String {
    let seconds = (seconds / speed.max(1.0)).max(seconds.min(0.1));
    format!("{seconds:.3}")
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
    fn the_interval_of_watch_is_found_before_its_command() {
        let found = |text| interval(&words(text));
        assert_eq!(found("-n 5 date"), Interval::Given { at: 1, option: "", seconds: 5.0 });
        assert_eq!(found("-d -n0.5 date"), Interval::Given { at: 1, option: "-n", seconds: 0.5 });
        assert_eq!(found("--interval=3 date"), Interval::Given { at: 0, option: "--interval=", seconds: 3.0 });
        assert_eq!(found("head -n 5 file"), Interval::Default);
        assert_eq!(found("-n soon date"), Interval::Unknown);
        assert_eq!(in_wall_time(20.0, 10.0), "2.000");
        assert_eq!(in_wall_time(0.5, 10.0), "0.100");
        assert_eq!(in_wall_time(5.0, 0.5), "5.000");
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
