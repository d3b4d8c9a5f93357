//! What each tool's shim is told to do.

use std::time::Duration;

use super::protocol::Action;
use super::tempo::speed_awaiting_events;
use super::workspace::{Cub, Tools};

/// What the shim is to do, and for how long the harness sleeps on its behalf first.
pub(crate) struct Decision {
    pub(crate) action: Action,
    pub(crate) sleep: Option<Sleep>,
    /// Whether the command mostly waits for something to happen in the cluster.
    pub(crate) awaits_events: bool,
}

/// How long a `sleep` is to last, in environment time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sleep {
    For(Duration),
    Forever,
}

/// What the shim called with `argv` is to do as command `number` of the run, with the clock `speed` times as fast as the
/// wall. `call` counts those like it, which only the stand-in client wants to know.
pub(crate) fn decide(
    tools: &Tools,
    argv: &[String],
    (number, call): (u64, impl FnOnce() -> u64),
    speed: f64,
) -> Decision {
    let awaits_events = awaits_events(argv);
    let run = |program: &std::path::Path, mark_kubeconfig| Action::Run {
        program: program.to_owned(),
        mark_kubeconfig,
        timeouts: awaits_events.then(|| speed_awaiting_events(speed)),
        environment: vec![("STAGEGATE_COMMAND".to_owned(), number.to_string())],
    };
    let name = argv.first().map(String::as_str).unwrap_or_default();
    if let ("kind", Some((kind, clusters))) = (name, &tools.kind) {
        return Decision { action: kind.action(argv, clusters.clone()), sleep: None, awaits_events: false };
    }
    if let Some((_, program)) = tools.recorded.iter().find(|(recorded, _)| *recorded == name) {
        let action =
            Action::Run { program: program.clone(), mark_kubeconfig: false, timeouts: None, environment: Vec::new() };
        return Decision { action, sleep: None, awaits_events: false };
    }
    let action = match (name, &tools.kubectl, &tools.cub) {
        ("kubectl", Some(kubectl), _) => run(kubectl, tools.mark_kubeconfig),
        ("cub", _, Cub::Real(cub)) => run(cub, false),
        ("cub", _, Cub::BuiltIn(era)) => Action::Cub {
            environment: vec![
                ("STAGEGATE_COMMAND".to_owned(), number.to_string()),
                ("STAGEGATE_CALL".to_owned(), call().to_string()),
                ("STAGEGATE_SPEED".to_owned(), speed.to_string()),
                ("STAGEGATE_CUB_CONTRACT".to_owned(), era.name().to_owned()),
            ],
        },
        _ => match sleep_of(&argv[1.min(argv.len())..]) {
            Some(sleep) => return Decision { action: Action::Sleep, sleep: Some(sleep), awaits_events: false },
            // Help, version and usage errors are the real one's to print.
            None => run(&tools.sleep, false),
        },
    };
    Decision { action, sleep: None, awaits_events }
}

/// `kubectl wait` and `kubectl rollout status` do nothing but wait for the cluster.
fn awaits_events(argv: &[String]) -> bool {
    let mut words = argv.iter().map(String::as_str).filter(|word| !word.starts_with('-'));
    matches!(
        (words.next(), words.next(), words.next()),
        (Some("kubectl"), Some("wait"), _) | (Some("kubectl"), Some("rollout"), Some("status"))
    )
}

/// The sum of the operands of `sleep` as GNU coreutils reads them: decimal numbers with an optional
/// suffix s, m, h or d, or infinity; `None` for anything else.
fn sleep_of(operands: &[String]) -> Option<Sleep> {
    let operands = operands.strip_prefix(&["--".to_owned()]).unwrap_or(operands);
    if operands.is_empty() {
        return None;
    }
    let seconds = operands.iter().map(|operand| seconds(operand)).sum::<Option<f64>>()?;
    Some(Duration::try_from_secs_f64(seconds).map_or(Sleep::Forever, Sleep::For))
}

/// A decimal number with an optional unit, as coreutils read durations.
pub(crate) fn seconds(operand: &str) -> Option<f64> {
    let (number, unit) = match operand.as_bytes().last()? {
        b's' => (&operand[..operand.len() - 1], 1.0),
        b'm' => (&operand[..operand.len() - 1], 60.0),
        b'h' => (&operand[..operand.len() - 1], 3600.0),
        b'd' => (&operand[..operand.len() - 1], 86400.0),
        _ => (operand, 1.0),
    };
    let number: f64 = number.parse().ok()?;
    (number >= 0.0).then_some(number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleep(operands: &[&str]) -> Option<Sleep> {
        sleep_of(&operands.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn durations_are_read_as_coreutils_reads_them() {
        let millis = |n| Some(Sleep::For(Duration::from_millis(n)));
        assert_eq!(sleep(&["1"]), millis(1000));
        assert_eq!(sleep(&["0.25"]), millis(250));
        assert_eq!(sleep(&["2m"]), millis(120_000));
        assert_eq!(sleep(&["1h", "30s"]), millis(3_630_000));
        assert_eq!(sleep(&["--", "1d"]), millis(86_400_000));
        assert_eq!(sleep(&["infinity"]), Some(Sleep::Forever));
    }

    #[test]
    fn anything_else_is_left_to_the_real_one() {
        for operands in [&[] as &[&str], &["--help"], &["ten"], &["-1"], &["1x"], &["1", ""], &["s"], &["NaN"]] {
            assert_eq!(sleep(operands), None, "{operands:?}");
        }
    }
}
