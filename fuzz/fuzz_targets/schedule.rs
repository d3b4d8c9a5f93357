//! Schedules of CronJobs: the schedule, then seconds since the epoch, then a CronJob. What validation takes the
//! controller can read; what is due is not to come, what comes next is.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagegate_kubernetes::fuzzing::schedule;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (Some(text), now, cron_job) = (lines.next(), lines.next(), lines.next()) else { return };
    // The clock of an environment begins in this century.
    let now = now.and_then(|now| now.parse::<u32>().ok()).unwrap_or(1_800_000_000);
    let Ok(now) = Timestamp::from_second(i64::from(now)) else { return };
    let created = json!({"metadata": {"creationTimestamp": "2026-01-05T09:00:00Z"}});
    let cron_job = cron_job.and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or(created);
    let found = schedule(text, &cron_job, now);
    if found.refused.is_none() {
        assert_eq!(found.unreadable, None, "validation takes {text:?}");
    }
    assert!(found.due.is_none_or(|due| due <= now), "{found:?}");
    assert!(found.next.is_none_or(|next| next > now), "{found:?}");
});
