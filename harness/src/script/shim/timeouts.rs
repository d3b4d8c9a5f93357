//! A tool's own time limits, in wall time for a clock that runs faster.

use std::ffi::OsString;
use std::time::Duration;

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
        out.push(format!("--timeout={}", go(DEFAULT.div_f64(speed))).into());
    }
    out
}

fn divided(value: &str, speed: f64) -> Option<String> {
    let duration = parse(value).filter(|duration| !duration.is_zero())?;
    Some(go(duration.div_f64(speed)))
}

fn go(duration: Duration) -> String {
    format!("{}ms", duration.as_millis().max(1))
}

/// A Go duration without a sign (https://pkg.go.dev/time#ParseDuration), such as `1m30s` or `1.5h`.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        let behind = &rest[digits..];
        let unit = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        seconds += number
            * match &behind[..unit] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &behind[unit..];
    }
    Duration::try_from_secs_f64(seconds).ok()
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
        for value in ["0", "0s", "-1s", "soon", "10", ""] {
            assert_eq!(line(&format!("wait x --timeout={value}")), format!("wait x --timeout={value}"));
        }
    }
}
