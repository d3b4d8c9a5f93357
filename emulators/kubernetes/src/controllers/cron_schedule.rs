//! The schedule of a CronJob: when a Job was due and when the next one is.
//!
//! Syntax: see `kinds/cron_schedule.rs`. Missed times: `mostRecentScheduleTime` in
//! `pkg/controller/cronjob` of Kubernetes 1.34.

use std::time::Duration;

use cronexpr::Crontab;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use crate::kinds::cron_schedule::{self, CronSchedule};
use crate::store::object::{integer, parse_time, text};

/// When Jobs are due.
pub(crate) struct Schedule {
    times: Times,
}

enum Times {
    Crontab(Box<Crontab>),
    /// `@every 1h30m`.
    Every(Duration),
    Never,
}

/// The last time that is due, and whether more than a hundred were missed.
pub(crate) struct Due {
    pub(crate) at: Zoned,
    pub(crate) many_missed: bool,
}

/// So many missed times are told of.
const MANY: i64 = 100;

impl Schedule {
    /// Reads `spec.schedule`; the error says what is wrong with it.
    pub(crate) fn parse(text: &str, zone: &str) -> Result<Self, String> {
        Ok(Self {
            times: match cron_schedule::parse(text)? {
                CronSchedule::Every(pause) => Times::Every(pause),
                CronSchedule::Never => Times::Never,
                CronSchedule::Fields(fields) => {
                    let crontab = cronexpr::parse_crontab(&format!("{fields} {zone}"));
                    Times::Crontab(Box::new(crontab.map_err(|error| error.to_string())?))
                }
            },
        })
    }

    /// The first time after `from`; none for a day that never comes.
    pub(crate) fn next(&self, from: &Zoned) -> Option<Zoned> {
        match &self.times {
            Times::Crontab(crontab) => crontab.find_next(from.timestamp()).ok(),
            Times::Every(pause) => {
                let whole = Timestamp::from_second(from.timestamp().as_second()).ok()?;
                Some(whole.checked_add(*pause).ok()?.to_zoned(from.time_zone().clone()))
            }
            Times::Never => None,
        }
    }

    /// The last time that is due; none when the next one is still to come.
    pub(crate) fn due(&self, cron: &Value, now: &Zoned) -> Result<Option<Due>, &'static str> {
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
        let mut next = first.checked_add(skipped).ok().and_then(|from| self.next(&from));
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
    // A deadline from before all time hides nothing.
    let from = deadline.and_then(|seconds| now.checked_sub(Duration::from_secs(seconds)).ok());
    Some(from.map_or(since.clone(), |from| since.max(from)))
}

/// The zone of a name; without one it is that of the controller manager, UTC.
pub(crate) fn zone(name: &str) -> Result<TimeZone, jiff::Error> {
    if name.is_empty() { Ok(TimeZone::UTC) } else { TimeZone::get(name) }
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
    fn steps_are_no_stars_for_the_rule_of_days() {
        // Every second day of the month, and Fridays.
        assert_eq!(next("0 0 */2 * 5", "2026-01-01T09:00:00Z"), "2026-01-02T00:00:00Z");
        assert_eq!(next("0 0 */1 * 5", "2026-01-02T09:00:00Z"), "2026-01-09T00:00:00Z");
    }

    #[test]
    fn what_never_comes_and_what_is_far_away_do_no_harm() {
        let from = at("2026-01-05T09:00:00Z");
        for never in ["0 0 30 2 *", ", * * * *"] {
            assert!(Schedule::parse(never, "UTC").unwrap().next(&from).is_none(), "{never}");
        }
        let often = Schedule::parse("* * * * *", "UTC").unwrap();
        let created = json!({"creationTimestamp": "2026-01-05T08:59:00Z"});
        let cron = json!({"metadata": created, "spec": {"startingDeadlineSeconds": i64::MAX}});
        assert_eq!(often.due(&cron, &from).unwrap().unwrap().at, from);
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
