//! Schedules of CronJobs, read as `ParseStandard` of `github.com/robfig/cron/v3` reads them.

use std::time::Duration;

use stagegate_simulation::go_duration;

/// When something is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CronSchedule {
    /// At the minutes of a crontab: five fields, each `*` or a list of numbers.
    Fields(String),
    /// At no time: a field allows no value.
    Never,
    /// `@every 1h30m`: whole seconds, at least one.
    Every(Duration),
}

/// The bounds of a field, and names for its values.
type Bounds = (u32, u32, &'static [&'static str]);

const FIELDS: [Bounds; 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Reads a schedule; the error says what is wrong with it.
pub(crate) fn parse(schedule: &str) -> Result<CronSchedule, String> {
    if let Some((_, fields)) = DESCRIPTORS.iter().find(|(name, _)| *name == schedule) {
        return Ok(CronSchedule::Fields((*fields).to_owned()));
    }
    if let Some(every) = schedule.strip_prefix("@every ") {
        let every =
            go_duration::parse(every).map_err(|error| format!("failed to parse duration {schedule}: {error}"))?;
        return Ok(CronSchedule::Every(Duration::from_secs(every.as_secs().max(1))));
    }
    if schedule.starts_with('@') {
        return Err(format!("unrecognized descriptor: {schedule}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let found = fields.len();
        return Err(format!("expected exactly {} fields, found {found}: [{}]", FIELDS.len(), fields.join(" ")));
    }
    let read = fields.iter().zip(FIELDS).map(|(text, bounds)| field(text, bounds));
    let read: Vec<Option<String>> = read.collect::<Result<_, _>>()?;
    let read: Option<Vec<String>> = read.into_iter().collect();
    Ok(read.map_or(CronSchedule::Never, |fields| CronSchedule::Fields(fields.join(" "))))
}

/// A field with its values written out; nothing where there are none.
fn field(text: &str, bounds: Bounds) -> Result<Option<String>, String> {
    let (mut allowed, mut starred) = (0_u64, false);
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (values, star) = range(part, bounds)?;
        allowed |= values;
        starred |= star;
    }
    if starred {
        return Ok(Some("*".to_owned()));
    }
    let values: Vec<_> = (bounds.0..=bounds.1).filter(|value| allowed & (1 << value) != 0).collect();
    let words: Vec<_> = values.iter().map(u32::to_string).collect();
    Ok((!words.is_empty()).then(|| words.join(",")))
}

/// The values of a range as bits, and whether it is `*`: then a day has to fit the other field for days too.
fn range(part: &str, (least, most, names): Bounds) -> Result<(u64, bool), String> {
    let value_of = |text: &str| {
        let at = names.iter().position(|name| *name == text.to_lowercase());
        at.and_then(|at| u64::try_from(at).ok()).map_or_else(|| number(text), |at| Ok(u64::from(least) + at))
    };
    let steps: Vec<&str> = part.split('/').collect();
    let ends: Vec<&str> = steps[0].split('-').collect();
    let all = matches!(ends[0], "*" | "?");
    let (start, mut end) = match ends.as_slice() {
        _ if all => (least.into(), most.into()),
        [only] => (value_of(only)?, value_of(only)?),
        [start, end] => (value_of(start)?, value_of(end)?),
        [start, ..] => return Err(value_of(start).err().unwrap_or_else(|| format!("too many hyphens: {part}"))),
        [] => (0, 0),
    };
    let step = match steps.as_slice() {
        [_] => 1,
        [_, step] => number(step)?,
        _ => return Err(format!("too many slashes: {part}")),
    };
    if steps.len() > 1 && ends.len() == 1 {
        end = most.into();
    }
    if start < least.into() {
        return Err(format!("beginning of range ({start}) below minimum ({least}): {part}"));
    }
    if end > most.into() {
        return Err(format!("end of range ({end}) above maximum ({most}): {part}"));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {part}"));
    }
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    if step == 0 {
        return Err(format!("step of range should be a positive number: {part}"));
    }
    Ok(((start..=end).step_by(step).fold(0, |bits, value| bits | 1 << value), all && step == 1))
}

/// A number as `strconv.Atoi` reads it.
fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = if is_number { "value out of range" } else { "invalid syntax" };
    match text.parse::<i64>() {
        Ok(negative @ ..0) => Err(format!("negative number ({negative}) not allowed: {text}")),
        Ok(number) => Ok(number.unsigned_abs()),
        Err(_) => Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: {wrong}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_kubernetes_reads_them() {
        for (schedule, fields) in [
            ("* * * * *", "* * * * *"),
            ("*/20 0-3 1,15 jan-mar Mon", "0,20,40 0,1,2,3 1,15 1,2,3 1"),
            ("@hourly", "0 * * * *"),
            ("0 0 ? * 5", "0 0 * * 5"),
            ("50/5,,+7 *-4 31 */1 *,3", "7,50,55 * 31 * *"),
            ("1-9/99 0 1 1 0", "1 0 1 1 0"),
        ] {
            assert_eq!(parse(schedule), Ok(CronSchedule::Fields(fields.to_owned())), "{schedule}");
        }
        assert_eq!(parse("@every 1h"), Ok(CronSchedule::Every(Duration::from_secs(3600))));
        assert_eq!(parse("@every 10ms"), Ok(CronSchedule::Every(Duration::from_secs(1))));
        assert_eq!(parse(", * * * *"), Ok(CronSchedule::Never));
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_the_library() {
        for (bad, expected) in [
            ("every day", "expected exactly 5 fields, found 2: [every day]"),
            (" @hourly", "expected exactly 5 fields, found 1: [@hourly]"),
            ("@reboot", "unrecognized descriptor: @reboot"),
            ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
            ("99 * * * *", "end of range (99) above maximum (59): 99"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("0 0 L * *", "failed to parse int from L: strconv.Atoi: parsing \"L\": invalid syntax"),
            ("0 0 * * 5#3", "failed to parse int from 5#3: strconv.Atoi: parsing \"5#3\": invalid syntax"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ] {
            assert_eq!(parse(bad), Err(expected.to_owned()), "{bad}");
        }
    }
}
