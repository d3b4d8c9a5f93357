//! Rules as text.

use stagegate_simulation::{FaultRule, parse_fault_rules};

const ALL: &str = r#"
- label: slow start
  match: {system: confighub, operation: "Create*", method: POST, path: /api/**, principal: operator, user-agent: cub*, actor: command, command: 3, first: 3, after: 1m, for: 1h 30m}
  effect: {latency: {min: 1s, max: 3s}}
- effect: {latency: 250ms}
- match: {nth: 2, probability: 0.5}
  effect: {error: {status: 503, message: try again}}
- effect: {rate-limit: {retry-after: 5s}}
- effect: {drop: before}
- effect: {drop: after}
- effect: {drop: middle}
- effect: half-open
- effect: partition
- effect: {down: refuse}
- effect: {down: reset}
- effect: {quota: {entity-type: Space, limit: 3}}
- effect: stream-cut
- effect: withhold-heartbeats
- effect: {registration-delay: 13s}
- effect: truncate
- effect: garble
- effect: stale
"#;

#[test]
fn every_effect_can_be_written_and_read_again() {
    let rules = parse_fault_rules(ALL).expect("good rules");
    assert_eq!(rules.len(), 18);
    let json = serde_json::to_string(&rules).expect("JSON");
    assert_eq!(parse_fault_rules(&json).expect("JSON is YAML"), rules);
    let again: Vec<FaultRule> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(again, rules);
    assert_eq!(parse_fault_rules("# nothing\n").expect("an empty file"), []);
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let mut told = String::new();
    for text in [
        "- effect: {latency: soon}",
        "- effect: explode",
        "- match: {nth: 1}",
        "- effect: half-open\n  match:\n    operatoin: CreateSpace",
        "- effect: half-open\n  match: {nth: 0}",
        "- effect: half-open\n  match: {probability: 2}",
        "- effect: half-open\n  match: {actor: robot}",
        "- effect: {error: {status: 200}}",
        "- effect: {latency: {min: 3s, max: 1s}}",
        "- effect: {latency: -3s}",
        "- effect: {down: refuse}\n  match: {first: 1}",
        "- effect: partition\n  match: {first: 1}",
        "- effect: partition\n  match: {system: kubernetes}",
        "- effect: {clock-skew: 2h}\n  match: {system: confighub}",
        "effect: [",
        "just words",
    ] {
        let error = parse_fault_rules(text).expect_err(text);
        told.push_str(&format!("{text}\n    {error}\n    help: {}\n", error.help));
    }
    insta::assert_snapshot!(told);
}
