//! Durations as Go's `time.ParseDuration` reads them and `time.Duration` writes them: `1h30m0s`, `1.5s`, `300ms`
//! (pkg.go.dev/time). Clients and the kubelet take and tell them so.

use std::time::Duration;

/// Nanoseconds of the units.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1000),
    ("\u{b5}s", 1000),
    ("\u{3bc}s", 1000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration; one below nothing counts as nothing. The error is Go's own message.
pub fn parse(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        // A second point ends the number, and has no unit before it.
        let point = rest[..number].match_indices('.').nth(1).map_or(number, |(at, _)| at);
        let (number, after) = rest.split_at(point);
        if !number.contains(|letter: char| letter.is_ascii_digit()) {
            return Err(invalid());
        }
        let unit = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (name, after) = after.split_at(unit);
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let Some((_, unit)) = UNITS.iter().find(|(one, _)| *one == name) else {
            return Err(format!("time: unknown unit {name:?} in duration {text:?}"));
        };
        let nanos = nanoseconds(number, *unit).and_then(|nanos| total.checked_add(nanos));
        total = nanos.filter(|nanos| *nanos <= i64::MAX.unsigned_abs()).ok_or_else(invalid)?;
        rest = after;
    }
    Ok(if text.starts_with('-') { Duration::ZERO } else { Duration::from_nanos(total) })
}

/// Writes a duration, to the nanosecond.
pub fn text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds > 0 {
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
        let rest = fraction(u64::from(duration.subsec_nanos()) + seconds % 60 * 1_000_000_000, 1_000_000_000);
        return match (hours, minutes) {
            (0, 0) => format!("{rest}s"),
            (0, _) => format!("{minutes}m{rest}s"),
            _ => format!("{hours}h{minutes}m{rest}s"),
        };
    }
    let nanos = u64::from(duration.subsec_nanos());
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}\u{b5}s", fraction(nanos, 1_000)),
        _ => format!("{}ms", fraction(nanos, 1_000_000)),
    }
}

/// How many of `unit` nanoseconds, with no more places than it needs.
fn fraction(nanos: u64, unit: u64) -> String {
    let places = unit.ilog10() as usize;
    let below = format!("{:0places$}", nanos % unit);
    let below = below.trim_end_matches('0');
    let point = if below.is_empty() { "" } else { "." };
    format!("{}{point}{below}", nanos / unit)
}

/// A number such as `1.5` of a unit, what is below a nanosecond cut off; nothing for one that is too large.
fn nanoseconds(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // The largest unit has thirteen digits; more of a fraction say nothing.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let digits: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let below = digits * u128::from(unit) / 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    whole.checked_mul(unit)?.checked_add(u64::try_from(below).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanos, expected) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1\u{b5}s"),
            (2_200_000, "2.2ms"),
            (600_000_000, "600ms"),
            (3_300_000_000, "3.3s"),
            (80_000_000_000, "1m20s"),
            (245_001_000_000, "4m5.001s"),
            (5_400_000_000_000, "1h30m0s"),
            (3_605_000_000_001, "1h0m5.000000001s"),
        ] {
            assert_eq!(text(Duration::from_nanos(nanos)), expected);
        }
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, seconds) in
            [("1h30m", 5400.0), ("1.5s", 1.5), (".5m", 30.0), ("300ms", 0.3), ("0", 0.0), ("-1h", 0.0)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for (text, error) in [
            ("", "time: invalid duration \"\""),
            ("x", "time: invalid duration \"x\""),
            (".s", "time: invalid duration \".s\""),
            ("90", "time: missing unit in duration \"90\""),
            ("1.2.3s", "time: missing unit in duration \"1.2.3s\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("9999999h", "time: invalid duration \"9999999h\""),
        ] {
            assert_eq!(parse(text), Err(error.to_owned()), "{text}");
        }
    }
}
