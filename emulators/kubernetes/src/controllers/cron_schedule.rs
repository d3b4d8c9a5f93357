//! The schedule of a CronJob: when a Job was due and when the next one is.
//!
//! Syntax: `robfig/cron`'s `ParseStandard`. Missed times: `mostRecentScheduleTime` in
//! `pkg/controller/cronjob` of Kubernetes 1.34.

use std::time::Duration;

use cronexpr::Crontab;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use crate::store::object::{integer, parse_time, text};

/// When Jobs are due.
pub(super) struct Schedule {
    times: Times,
}

enum Times {
    Crontab(Box<Crontab>),
    /// `@every 1h30m`.
    Every(Duration),
}

/// The last time that is due, and whether more than a hundred were missed.
pub(super) struct Due {
    pub(super) at: Zoned,
    pub(super) many_missed: bool,
}

/// So many missed times are told of.
const MANY: i64 = 100;

impl Schedule {
    /// Reads `spec.schedule`; the error says what is wrong with it.
    pub(super) fn parse(text: &str, zone: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(every) = text.strip_prefix("@every ") {
            let every: jiff::SignedDuration =
                every.trim().parse().map_err(|error| format!("failed to parse duration {text}: {error}"))?;
            let every = Duration::try_from(every).unwrap_or_default();
            return Ok(Self { times: Times::Every(Duration::from_secs(every.as_secs().max(1))) });
        }
        let fields = match text {
            "@yearly" | "@annually" => "0 0 1 1 *".to_owned(),
            "@monthly" => "0 0 1 * *".to_owned(),
            "@weekly" => "0 0 * * 0".to_owned(),
            "@daily" | "@midnight" => "0 0 * * *".to_owned(),
            "@hourly" => "0 * * * *".to_owned(),
            _ => standard_fields(text)?,
        };
        let crontab = cronexpr::parse_crontab(&format!("{fields} {zone}")).map_err(|error| error.to_string())?;
        Ok(Self { times: Times::Crontab(Box::new(crontab)) })
    }

    /// The first time after `from`; none for a day that never comes.
    pub(super) fn next(&self, from: &Zoned) -> Option<Zoned> {
        match &self.times {
            Times::Crontab(crontab) => crontab.find_next(from.timestamp()).ok(),
            Times::Every(pause) => {
                let whole = Timestamp::from_second(from.timestamp().as_second()).ok()?;
                Some((whole + *pause).to_zoned(from.time_zone().clone()))
            }
        }
    }

    /// The last time that is due; none when the next one is still to come.
    pub(super) fn due(&self, cron: &Value, now: &Zoned) -> Result<Option<Due>, &'static str> {
        let Some(earliest) = earliest(cron, now) else { return Ok(None) };
        let Some(first) = self.next(&earliest).filter(|first| first <= now) else { return Ok(None) };
        let Some(second) = self.next(&first).filter(|second| second <= now) else {
            return Ok(Some(Due { at: first, many_missed: false }));
        };
        let seconds = |from: &Zoned, to: &Zoned| to.timestamp().as_second() - from.timestamp().as_second();
        let between = seconds(&first, &second);
        if between < 1 {
            return Err("time difference between two schedules is less than 1 second");
        }
        let missed = seconds(&first, now) / between + 1;
        // Not each missed time is looked at: there may be years of them.
        let skipped = Duration::from_secs(u64::try_from((missed - 2) * between).unwrap_or(0));
        let mut last = None;
        let mut next = self.next(&(&first + skipped));
        while let Some(at) = next.filter(|at| at <= now) {
            next = self.next(&at);
            last = Some(at);
        }
        Ok(last.map(|at| Due { at, many_missed: missed > MANY }))
    }
}

/// From when on times count: the last one that ran, or the creation, but none beyond the deadline.
fn earliest(cron: &Value, now: &Zoned) -> Option<Zoned> {
    let created = parse_time(text(cron, "/metadata/creationTimestamp"));
    let since = parse_time(text(cron, "/status/lastScheduleTime")).or(created)?.to_zoned(now.time_zone().clone());
    let deadline = integer(cron, "/spec/startingDeadlineSeconds").and_then(|n| u64::try_from(n).ok());
    Some(match deadline {
        Some(seconds) => since.max(now - Duration::from_secs(seconds)),
        None => since,
    })
}

/// The zone of a name; without one it is that of the controller manager, UTC.
pub(super) fn zone(name: &str) -> Result<TimeZone, jiff::Error> {
    if name.is_empty() { Ok(TimeZone::UTC) } else { TimeZone::get(name) }
}

/// The five fields without what cron has beyond `ParseStandard`, and with its `?` for `*`.
fn standard_fields(text: &str) -> Result<String, String> {
    let fields: Vec<_> = text.split_whitespace().map(|field| field.replace('?', "*")).collect();
    if fields.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    let beyond = |item: &&str| {
        let counted = item.starts_with(|first: char| first.is_ascii_digit()) && item.ends_with(['L', 'l', 'W', 'w']);
        item.contains('#') || item.eq_ignore_ascii_case("l") || counted
    };
    match fields.iter().flat_map(|field| field.split(',')).find(beyond) {
        Some(item) => Err(format!("failed to parse int from {item}: strconv.Atoi: parsing {item:?}: invalid syntax")),
        None => Ok(fields.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Zoned {
        text.parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC)
    }

    fn next(schedule: &str, from: &str) -> String {
        let schedule = Schedule::parse(schedule, "UTC").unwrap();
        schedule.next(&at(from)).unwrap().timestamp().to_string()
    }

    #[test]
    fn descriptors_and_fields_are_read() {
        assert_eq!(next("@hourly", "2026-01-05T09:00:00Z"), "2026-01-05T10:00:00Z");
        assert_eq!(next("@weekly", "2026-01-05T09:00:00Z"), "2026-01-11T00:00:00Z");
        assert_eq!(next("@every 1h30m", "2026-01-05T09:00:00Z"), "2026-01-05T10:30:00Z");
        assert_eq!(next("30 6-8/2 ? JAN MON,fri", "2026-01-05T09:00:00Z"), "2026-01-09T06:30:00Z");
    }

    #[test]
    fn what_robfig_does_not_know_is_refused() {
        for wrong in ["* * * *", "* * * * * *", "0 0 L * *", "0 0 15W * *", "0 0 * * 5#3", "0 0 * * 5L", "@reboot"] {
            assert!(Schedule::parse(wrong, "UTC").is_err(), "{wrong}");
        }
        assert!(Schedule::parse("0 0 1 JUL WED", "UTC").is_ok());
    }

    #[test]
    fn of_many_missed_times_the_last_is_due() {
        let schedule = Schedule::parse("*/10 * * * *", "UTC").unwrap();
        let cron = json!({"status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}});
        let due = schedule.due(&cron, &at("2026-01-05T09:13:00Z")).unwrap().unwrap();
        assert_eq!((due.at.timestamp().to_string().as_str(), due.many_missed), ("2026-01-05T09:10:00Z", true));
    }

    #[test]
    fn the_deadline_hides_what_was_missed() {
        let schedule = Schedule::parse("0 0 1 1 *", "UTC").unwrap();
        let mut cron = json!({"spec": {}, "status": {"lastScheduleTime": "2025-06-01T00:00:00Z"}});
        let now = at("2026-01-05T09:00:00Z");
        assert!(!schedule.due(&cron, &now).unwrap().unwrap().many_missed);
        cron["spec"]["startingDeadlineSeconds"] = json!(60);
        assert!(schedule.due(&cron, &now).unwrap().is_none());
    }
}
