//! Which of the requests that fit a rule meets.

use crate::bench::Bench;

/// The answers to so many requests, `x` for a refusal.
async fn pattern(bench: &Bench, requests: usize) -> String {
    let mut pattern = String::new();
    for _ in 0..requests {
        let (status, _) = bench.get("/do").await.expect("an answer");
        pattern.push(if status.is_success() { '.' } else { 'x' });
    }
    pattern
}

#[tokio::test]
async fn the_nth_the_first_few_and_a_time() {
    for (matching, expected) in
        [("nth: 3", "..x..."), ("first: 2", "xx...."), ("for: 1h", "xxxxxx"), ("after: 1h", "......")]
    {
        let bench = Bench::start().await;
        bench.add(&format!("{{match: {{{matching}}}, effect: {{error: {{status: 500}}}}}}"));
        assert_eq!(pattern(&bench, 6).await, expected, "{matching}");
    }
}

#[tokio::test]
async fn a_probability_is_drawn_from_the_seed() {
    let mut patterns = Vec::new();
    for seed in [1, 1, 2] {
        let bench = Bench::with_seed(seed).await;
        bench.add("{match: {probability: 0.5}, effect: {error: {status: 500}}}");
        patterns.push(pattern(&bench, 40).await);
        let hits = bench.faults.list()[0].hits;
        assert!((10..30).contains(&hits), "{hits}");
    }
    assert_eq!(patterns[0], patterns[1]);
    assert_ne!(patterns[0], patterns[2]);
}

#[tokio::test]
async fn whom_a_rule_meets() {
    for (matching, met) in [
        ("operation: do", true),
        ("operation: oth*", false),
        ("method: get", true),
        ("method: POST", false),
        ("path: /*", true),
        ("path: /nowhere", false),
        ("principal: anna", true),
        ("principal: bert", false),
        ("user-agent: cub*", true),
        ("user-agent: kubectl*", false),
        ("actor: step", true),
        ("actor: worker", false),
        ("command: 7", true),
        ("command: 8", false),
        ("system: confighub", true),
        ("system: kubernetes", false),
    ] {
        let bench = Bench::start().await;
        bench.add(&format!("{{match: {{{matching}}}, effect: {{error: {{status: 500}}}}}}"));
        let headers = [("authorization", "Bearer anna"), ("user-agent", "cub/1"), ("stagegate-command", "7")];
        let (status, _) = bench.get_with("/do", &headers).await.expect("an answer");
        assert_eq!(status.is_server_error(), met, "{matching}");
        assert_eq!(bench.faults.list()[0].seen, u64::from(met));
    }
}

#[tokio::test]
async fn a_final_rule_hides_those_behind_it() {
    let bench = Bench::start().await;
    bench.add("{label: a, effect: {latency: 1s}}");
    bench.add("{label: b, effect: {error: {status: 500}}}");
    bench.add("{label: b, effect: {error: {status: 502}}}");
    assert_eq!(bench.get("/do").await.expect("an answer").0.as_u16(), 500);
    let hits: Vec<u64> = bench.faults.list().iter().map(|state| state.hits).collect();
    assert_eq!(hits, [1, 1, 0]);
    assert_eq!(bench.faults.remove_labelled("b").len(), 2);
    assert_eq!(bench.faults.clear().len(), 1);
    assert!(bench.faults.is_empty());
    assert!(bench.get("/do").await.expect("an answer").0.is_success());
}
