//! Durations for people.

/// A duration in the unit that suits it: `0.4 ms`, `31 ms`, `40.2 s`, `5 min 3 s`, `2 h 5 min`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative, infinite and huge durations saturate, which is what a reader needs of nonsense"
)]
pub(crate) fn humane(milliseconds: f64) -> String {
    let seconds = milliseconds / 1000.0;
    match milliseconds {
        _ if milliseconds.is_nan() || milliseconds < 0.05 => "0 ms".to_owned(),
        _ if milliseconds < 9.95 => format!("{milliseconds:.1} ms"),
        _ if milliseconds < 99.5 => format!("{milliseconds:.0} ms"),
        _ if seconds < 9.995 => format!("{seconds:.2} s"),
        _ if seconds < 59.95 => format!("{seconds:.1} s"),
        _ => {
            let whole = seconds.round() as u64;
            let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
            if hours > 0 { format!("{hours} h {minutes} min") } else { format!("{minutes} min {seconds} s") }
        }
    }
}

/// Environment time with the wall time beside it, `40.2 s (0.31 s wall)`; wall time alone where there was no
/// environment.
pub(crate) fn with_wall(environment_ms: f64, wall_ms: f64) -> String {
    if environment_ms > 0.0 {
        format!("{} ({} wall)", humane(environment_ms), humane(wall_ms))
    } else {
        format!("{} wall", humane(wall_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_its_unit() {
        let cases = [
            (0.0, "0 ms"),
            (0.42, "0.4 ms"),
            (31.4, "31 ms"),
            (310.0, "0.31 s"),
            (40_200.0, "40.2 s"),
            (303_000.0, "5 min 3 s"),
            (59_960.0, "1 min 0 s"),
            (7_500_000.0, "2 h 5 min"),
            (f64::NAN, "0 ms"),
        ];
        for (milliseconds, text) in cases {
            assert_eq!(humane(milliseconds), text);
        }
        assert_eq!(with_wall(40_200.0, 310.0), "40.2 s (0.31 s wall)");
    }
}
