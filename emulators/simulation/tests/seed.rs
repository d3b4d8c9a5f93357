//! The same seed gives the same values, whatever the order in which series are asked.

use std::time::Duration;

use stagegate_simulation::{Seed, command_of_token, token_for_command};

#[test]
fn series_do_not_disturb_each_other() {
    let (a, b) = (Seed::new(7), Seed::new(7));
    let first = (a.uuid("Unit"), a.suffix("pod", 5), a.uuid("Unit"));
    let disturbed = (b.uuid("Unit"), b.number("other", 0..=9), b.suffix("pod", 5), b.uuid("Unit"));
    assert_eq!(first, (disturbed.0, disturbed.2, disturbed.3));
    assert_ne!(first.0, first.2);
}

#[test]
fn another_seed_gives_other_values() {
    assert_ne!(Seed::new(1).uuid("Unit"), Seed::new(2).uuid("Unit"));
    assert_ne!(Seed::new(1).child("a").uuid("Unit"), Seed::new(1).child("b").uuid("Unit"));
    assert_eq!(Seed::new(1).child("a").uuid("Unit"), Seed::new(1).child("a").uuid("Unit"));
}

#[test]
fn durations_stay_within_their_range() {
    let seed = Seed::new(3);
    let range = Duration::from_secs(12)..=Duration::from_secs(15);
    assert!((0..1000).all(|_| range.contains(&seed.duration("registration", range.clone()))));
}

#[test]
fn a_token_carries_a_command_and_gives_it_back() {
    assert_eq!(command_of_token(&token_for_command("abc", 42)), ("abc", Some(42)));
    assert_eq!(command_of_token("abc"), ("abc", None));
    assert_eq!(command_of_token("abc~command~x"), ("abc~command~x", None));
}
