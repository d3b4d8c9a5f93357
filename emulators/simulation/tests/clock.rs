//! The clock's promises: it jumps when nothing is going on and only then, and never goes back.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use stagegate_simulation::{Clock, Pace};

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test]
async fn an_hour_passes_at_once_when_nothing_is_going_on() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let wall = Instant::now();
    clock.sleep(secs(3600)).await;
    assert_eq!(clock.elapsed(), secs(3600));
    assert!(wall.elapsed() < secs(60), "an hour took {:?}", wall.elapsed());
}

#[tokio::test]
async fn timers_fire_in_order_and_each_task_runs_before_the_next_one() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let (sender, mut receiver) = clock.channel();
    for n in [3_u64, 1, 2] {
        let (clock, sender) = (clock.clone(), sender.clone());
        tokio::spawn(async move {
            clock.sleep(secs(n)).await;
            sender.send((n, clock.elapsed()));
        });
    }
    drop(sender);
    let mut seen = Vec::new();
    while let Some(arrival) = receiver.recv().await {
        seen.push(arrival);
    }
    assert_eq!(seen, [(1, secs(1)), (2, secs(2)), (3, secs(3))]);
}

#[tokio::test]
async fn stands_still_while_something_is_busy() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let busy = clock.busy();
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep(secs(5)).await }
    });
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
    assert!(!sleeper.is_finished());
    drop(busy);
    sleeper.await.expect("the sleeper ends");
    assert_eq!(clock.elapsed(), secs(5));
}

#[tokio::test]
async fn a_message_on_its_way_keeps_the_clock_still() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let ledger = clock.open_stream();
    let sender = clock.join_stream(ledger.id()).expect("the stream is known");
    sender.sent(2);
    ledger.received(1);
    let waited = tokio::time::timeout(Duration::from_millis(20), clock.sleep(secs(1))).await;
    assert!(waited.is_err(), "the clock moved although one message had not arrived");
    ledger.received(1);
    clock.sleep(secs(1)).await;
}

#[tokio::test]
async fn closing_a_stream_settles_what_was_never_read() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let ledger = clock.open_stream();
    clock.join_stream(ledger.id()).expect("the stream is known").sent(7);
    drop(ledger);
    clock.sleep(secs(1)).await;
    assert_eq!(clock.elapsed(), secs(1));
}

#[tokio::test]
async fn a_timeout_gives_up_in_environment_time() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let error = clock.timeout(secs(30), std::future::pending::<()>()).await.expect_err("nothing ever comes");
    assert_eq!(error.0, secs(30));
    assert_eq!(clock.elapsed(), secs(30));
}

#[tokio::test]
async fn a_cancelled_sleep_is_not_a_reason_to_jump() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    let outcome = clock.timeout(secs(600), clock.sleep(secs(1))).await;
    assert!(outcome.is_ok());
    clock.sleep(secs(1)).await;
    assert_eq!(clock.elapsed(), secs(2), "the cancelled ten-minute timer must not have fired");
}

#[tokio::test]
async fn runs_faster_than_the_wall_by_the_factor() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Times(1000.0));
    let wall = Instant::now();
    clock.sleep(secs(20)).await;
    assert!(clock.elapsed() >= secs(20));
    assert!(wall.elapsed() >= Duration::from_millis(15), "twenty seconds at 1000x took {:?}", wall.elapsed());
}

#[tokio::test]
async fn a_change_of_pace_never_turns_time_back() {
    let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
    clock.sleep(secs(100)).await;
    clock.set_pace(Pace::Times(50.0));
    assert!(clock.elapsed() >= secs(100));
    clock.sleep(secs(1)).await;
    clock.set_pace(Pace::Jump);
    let before = clock.elapsed();
    assert!(before >= secs(101));
    clock.sleep(secs(1)).await;
    assert_eq!(clock.elapsed(), before + secs(1));
}

/// A wait on another thread than the clock's ends when it should, however busy the clock's thread is.
#[test]
fn a_wait_on_another_thread_is_never_overtaken() {
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
            let ticking = clock.clone();
            tokio::spawn(async move {
                loop {
                    ticking.sleep(Duration::from_millis(700)).await;
                }
            });
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let still = clock.busy();
            tell.send((clock, still, stop)).expect("somebody listens");
            let _stopped = stopped.await;
        });
    });
    let (clock, still, stop) = told.recv().expect("a clock");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut foreground = Some(still);
        for round in 1..=200_u64 {
            let waiting = async {
                foreground = None;
                clock.sleep(secs(10)).await;
            };
            let ((), busy) = clock.attended(waiting).await;
            foreground = Some(busy);
            assert_eq!(clock.elapsed(), secs(10 * round));
        }
        drop(foreground.take());
    });
    stop.send(()).expect("the clock's thread waits");
    thread.join().expect("the clock's thread ends");
}
