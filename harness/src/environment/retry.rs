//! Which refusals of hub and API server are answered by asking again, and when.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// The longest that a server may ask for.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait before a request that was sent `attempts` times is sent again; `None` when its answer stands.
///
/// A server that is too busy (429, 503) has not done what was asked. One behind a gateway that does not answer (502, 504)
/// may have: then only what changes nothing is asked again.
pub(super) fn pause(attempts: u32, method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let again = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => *method == Method::GET,
        _ => false,
    };
    if !again || attempts >= ATTEMPTS {
        return None;
    }
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let own = FIRST * 2u32.pow(attempts.saturating_sub(1));
    Some(asked.map_or(own, Duration::from_secs).min(LONGEST))
}

/// The same of an API server, which says so when it wants to be asked again, as client-go has it: a 503 without that is
/// the answer of what stands behind a Service, say.
pub(super) fn pause_if_asked(
    attempts: u32,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
) -> Option<Duration> {
    headers.contains_key(RETRY_AFTER).then(|| pause(attempts, method, status, headers)).flatten()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_was_not_done_is_asked_again_later_and_later_and_not_for_ever() {
        let of = |attempts| pause(attempts, &Method::POST, StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new());
        let pauses: Vec<_> = (1..).map_while(of).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000]);
    }

    #[test]
    fn a_server_says_how_long_within_reason() {
        let of = |text: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            pause(1, &Method::POST, StatusCode::TOO_MANY_REQUESTS, &headers).map(|pause| pause.as_millis())
        };
        assert_eq!(["7", "86400", "Wed, 21 Oct 2026 07:28:00 GMT"].map(of), [Some(7000), Some(60_000), Some(500)]);
    }

    #[test]
    fn an_api_server_that_does_not_ask_for_it_is_not_asked_again() {
        let of = |headers: &HeaderMap| pause_if_asked(1, &Method::GET, StatusCode::SERVICE_UNAVAILABLE, headers);
        assert_eq!(of(&HeaderMap::new()), None);
        let asked = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("1"))]);
        assert_eq!(of(&asked), Some(Duration::from_secs(1)));
    }

    #[test]
    fn what_may_have_been_done_and_what_is_refused_for_good_is_not_asked_again() {
        let of = |method, status| pause(1, &method, status, &HeaderMap::new()).is_some();
        assert!(of(Method::GET, StatusCode::BAD_GATEWAY) && !of(Method::POST, StatusCode::BAD_GATEWAY));
        for status in [StatusCode::FORBIDDEN, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK] {
            assert!(!of(Method::GET, status), "{status}");
        }
    }
}
