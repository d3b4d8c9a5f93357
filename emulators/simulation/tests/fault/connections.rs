//! A server that is down.

use std::time::Duration;

use crate::bench::Bench;

#[tokio::test]
async fn a_server_is_down_for_a_while_and_back_on_its_port() {
    for refusal in ["refuse", "reset"] {
        let bench = Bench::start().await;
        assert!(bench.get("/do").await.is_ok());
        bench.add(&format!("{{match: {{after: 10s, for: 30s}}, effect: {{down: {refusal}}}}}"));
        assert!(bench.get("/do").await.is_ok(), "its time has not come");
        bench.clock.sleep(Duration::from_secs(11)).await;
        let broken = bench.get("/do").await.expect_err("it is down");
        assert!(!broken.is_empty());
        assert_eq!(
            bench.injected(),
            [format!("1 listener: down, connections {refusal}{}", if refusal == "reset" { "" } else { "d" })]
        );
        bench.clock.sleep(Duration::from_secs(30)).await;
        assert!(bench.get("/do").await.is_ok(), "it listens again");
    }
}

#[tokio::test]
async fn removing_the_rule_ends_an_outage() {
    let bench = Bench::start().await;
    let guard = bench.faults.inject(stagegate_simulation::FaultRule::new(stagegate_simulation::Effect::Down(
        stagegate_simulation::Refusal::Refuse,
    )));
    let guard = guard.expect("a good rule");
    while bench.get("/do").await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(guard.state().expect("it is there").hits, 1);
    drop(guard);
    while bench.get("/do").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(bench.faults.is_empty());
}
