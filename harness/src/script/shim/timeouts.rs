//! A tool's own time limits, in wall time for a clock that runs faster.

use std::ffi::OsString;
use std::time::Duration;

use stagegate_simulation::go_duration;

/// How long `kubectl wait` waits when it is not told (its help says 30s).
const DEFAULT: Duration = Duration::from_secs(30);

/// The arguments of a waiting kubectl with each `--timeout` divided by `speed`.
///
/// `kubectl wait` without one gets its default, divided. What is no positive Go duration (`0`, a
/// negative one, nonsense) stays for kubectl to judge.
pub(super) fn scaled(arguments: Vec<OsString>, speed: f64) -> Vec<OsString> {
    let mut found = false;
    let mut value_follows = false;
    let mut out: Vec<OsString> = Vec::with_capacity(arguments.len() + 1);
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        let scaled = if std::mem::take(&mut value_follows) {
            divided(text, speed)
        } else if let Some(value) = text.strip_prefix("--timeout=") {
            found = true;
            divided(value, speed).map(|value| format!("--timeout={value}"))
        } else {
            value_follows = text == "--timeout";
            found |= value_follows;
            None
        };
        out.push(scaled.map_or(argument, OsString::from));
    }
    let waits = out.iter().find(|word| !word.to_string_lossy().starts_with('-')).is_some_and(|word| word == "wait");
    if waits && !found {
        out.push(format!("--timeout={}", in_milliseconds(DEFAULT.div_f64(speed))).into());
    }
    out
}

fn divided(value: &str, speed: f64) -> Option<String> {
    let duration = go_duration::parse(value).ok().filter(|duration| !duration.is_zero())?;
    Some(in_milliseconds(duration.div_f64(speed)))
}

fn in_milliseconds(duration: Duration) -> String {
    format!("{}ms", duration.as_millis().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let words = scaled(text.split(' ').map(OsString::from).collect(), 20.0);
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_spellings_are_divided() {
        assert_eq!(
            line("wait pod/x --for condition=Ready --timeout=60s"),
            "wait pod/x --for condition=Ready --timeout=3000ms"
        );
        assert_eq!(line("rollout status deploy/x --timeout 1m30s"), "rollout status deploy/x --timeout 4500ms");
    }

    #[test]
    fn wait_without_one_gets_its_default() {
        assert_eq!(line("wait pod/x --for delete"), "wait pod/x --for delete --timeout=1500ms");
        assert_eq!(line("rollout status deploy/x"), "rollout status deploy/x");
    }

    #[test]
    fn what_is_no_positive_duration_stays() {
        for value in ["0", "0s", "-1s", "soon", "10", "", "1d"] {
            assert_eq!(line(&format!("wait x --timeout={value}")), format!("wait x --timeout={value}"));
        }
    }
}
