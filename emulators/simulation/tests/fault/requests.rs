//! What rules do to requests and answers.

use std::time::Duration;

use http::StatusCode;

use crate::bench::{Bench, subject};

fn seconds(bench: &Bench) -> u64 {
    bench.clock.elapsed().as_secs()
}

#[tokio::test]
async fn a_latency_takes_environment_time_and_holds_up_no_clock() {
    let bench = Bench::start().await;
    bench.add("effect: {latency: 2h}");
    let step = bench.clock.foreground();
    assert_eq!(bench.get("/do").await.expect("an answer").0, StatusCode::OK);
    assert_eq!(seconds(&bench), 7200);
    drop(step);
    assert_eq!(bench.injected(), ["1 GET /do: latency 2h"]);
    assert_eq!(bench.faults.list()[0].held, 0);
}

#[tokio::test]
async fn latencies_of_several_requests_run_side_by_side() {
    let bench = Bench::start().await;
    bench.add("effect: {latency: 10s}");
    let step = bench.clock.foreground();
    let (first, second) = tokio::join!(bench.get("/do"), bench.get("/other"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(seconds(&bench), 10);
    drop(step);
}

#[tokio::test]
async fn somebody_who_has_work_still_holds_the_clock_during_a_latency() {
    let bench = Bench::start().await;
    bench.add("effect: {latency: 10s}");
    let working = bench.clock.busy();
    let request = bench.get("/do");
    tokio::pin!(request);
    while bench.faults.list()[0].held == 0 {
        tokio::select! {
            biased;
            _ = &mut request => panic!("answered while somebody has work"),
            () = tokio::task::yield_now() => {}
        }
    }
    for _ in 0..1000 {
        tokio::select! {
            biased;
            _ = &mut request => panic!("answered while somebody has work"),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(seconds(&bench), 0);
    drop(working);
    assert!(request.await.is_ok());
    assert_eq!(seconds(&bench), 10);
}

#[tokio::test]
async fn removing_a_rule_lets_go_of_what_it_holds() {
    let bench = Bench::start().await;
    let late = bench.add("effect: {latency: 1h}");
    let request = bench.get("/do");
    let removal = async {
        let working = bench.clock.busy();
        while bench.faults.list()[0].held == 0 {
            tokio::task::yield_now().await;
        }
        let state = bench.faults.remove(late).expect("it was there");
        assert_eq!((state.seen, state.hits, state.held), (1, 1, 1));
        drop(working);
    };
    let (answer, ()) = tokio::join!(request, removal);
    assert!(answer.is_ok());
    assert_eq!(seconds(&bench), 0);
    assert!(bench.faults.is_empty());
    assert_eq!(bench.faults.removed().len(), 1);
}

#[tokio::test]
async fn an_error_has_the_apis_own_shape_and_no_effect() {
    let bench = Bench::start().await;
    bench.add("effect: {error: {status: 503, message: later}}");
    let (status, body) = bench.get("/do").await.expect("an answer");
    assert_eq!((status.as_u16(), body.as_str()), (503, "refused: later"));
    assert_eq!(bench.effects(), 0);
    assert_eq!(bench.statuses(), [503]);
}

#[tokio::test]
async fn a_rate_limit_names_its_rule_when_it_has_no_message() {
    let bench = Bench::start().await;
    bench.add("{label: busy hour, effect: {rate-limit: {retry-after: 1500ms}}}");
    let (status, body) = bench.get("/do").await.expect("an answer");
    assert_eq!((status.as_u16(), body.as_str()), (429, "refused: injected fault busy hour"));
}

#[tokio::test]
async fn a_connection_is_dropped_before_after_or_in_the_middle() {
    for (at, effects, status) in [("before", 0, 0), ("after", 1, 0), ("middle", 1, 200)] {
        let bench = Bench::start().await;
        bench.add(&format!("effect: {{drop: {at}}}"));
        let broken = bench.get("/do").await.expect_err("the connection is dropped");
        assert!(!broken.is_empty());
        assert_eq!(bench.effects(), effects, "{at}: {broken}");
        assert_eq!(bench.statuses(), [status], "{at}");
    }
}

#[tokio::test]
async fn a_half_open_connection_is_answered_never_and_ends_with_its_rule() {
    let bench = Bench::start().await;
    bench.add("{match: {for: 90s}, effect: half-open}");
    let given_up = bench.get_within("/do", Duration::from_secs(30)).await;
    assert!(given_up.is_none());
    assert_eq!(seconds(&bench), 30);
    let ended = bench.get("/do").await.expect_err("dropped with the rule");
    assert_eq!((seconds(&bench), bench.effects()), (90, 0), "{ended}");
    assert!(bench.get("/do").await.is_ok(), "the rule is over");
    assert_eq!(bench.faults.list()[0].held, 0);
}

#[tokio::test]
async fn a_request_outlasts_a_partition_and_takes_effect_after_it() {
    let bench = Bench::start().await;
    bench.add("{match: {for: 90s}, effect: partition}");
    assert!(bench.get_within("/do", Duration::from_secs(30)).await.is_none());
    assert_eq!((seconds(&bench), bench.effects()), (30, 0));
    assert_eq!(bench.get("/do").await.expect("an answer").0, 200);
    assert_eq!((seconds(&bench), bench.effects()), (90, 1));
    let id = bench.add("effect: partition");
    let (answered, ()) = tokio::join!(bench.get("/do"), async {
        bench.clock.sleep(Duration::from_secs(10)).await;
        bench.faults.remove(id);
    });
    assert_eq!((answered.expect("an answer").0.as_u16(), seconds(&bench)), (200, 100));
}

#[tokio::test]
async fn a_stream_outlasts_a_partition_that_is_short_enough() {
    for (lasting, outlasted) in [(139, true), (141, false)] {
        let bench = Bench::start().await;
        bench.add(&format!("{{match: {{path: /stream, after: 10s, for: {lasting}s}}, effect: partition}}"));
        let subject = subject("/stream");
        bench.faults.cut_off(&subject).await;
        assert_eq!(seconds(&bench), 10);
        assert_eq!(bench.faults.rejoined(&subject).await, outlasted, "{lasting} s");
        assert_eq!(seconds(&bench), 10 + lasting.min(140));
    }
}

#[tokio::test]
async fn answers_can_be_truncated_garbled_and_stale() {
    let bench = Bench::start().await;
    let whole = bench.get("/do").await.expect("an answer").1;
    let id = bench.add("effect: truncate");
    assert_eq!(bench.get("/do").await.expect("an answer").1.len(), whole.len() / 2);
    bench.faults.remove(id);
    let id = bench.add("effect: garble");
    let garbled = bench.get("/do").await.expect("an answer").1;
    assert!(garbled.len() == whole.len() && garbled.starts_with('\u{1a}') && garbled != whole);
    bench.faults.remove(id);
    let id = bench.add("effect: stale");
    let first = answer(&bench, "/do", "Bearer a").await;
    assert_eq!(answer(&bench, "/do", "Bearer a").await, first);
    assert_ne!(answer(&bench, "/other", "Bearer a").await, first);
    bench.faults.remove(id);
    assert_ne!(answer(&bench, "/do", "Bearer a").await, first);
}

async fn answer(bench: &Bench, path: &str, authorization: &str) -> String {
    bench.get_with(path, &[("authorization", authorization)]).await.expect("an answer").1
}

#[tokio::test]
async fn a_stale_answer_is_for_whom_it_was_given_to() {
    let bench = Bench::start().await;
    bench.add("effect: stale");
    let (of_a, of_b) = (answer(&bench, "/do", "Bearer a").await, answer(&bench, "/do", "Bearer b").await);
    assert_ne!(of_a, of_b, "another caller has an answer of its own");
    assert_eq!([answer(&bench, "/do", "Bearer a").await, answer(&bench, "/do", "Bearer b").await], [of_a, of_b]);
    let anonymous = bench.get("/do").await.expect("an answer").1;
    assert_ne!(bench.get("/do").await.expect("an answer").1, anonymous, "nobody in particular gets what is fresh");
}
