//! The HTTP service below the harness's Kubernetes client: it keeps a jumping clock still while a
//! request is in flight and says that a step sent it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::Body;
use stagegate_simulation::{Busy, Clock, ORIGIN_HEADER, STREAM_HEADER, StreamLedger};
use tower::Service;

use super::retry;

/// Sends requests to an http URL on behalf of the steps of one environment.
#[derive(Clone)]
pub(super) struct StepHttp {
    clock: Clock,
    authorization: HeaderValue,
    inner: Client<HttpConnector, Body>,
}

impl StepHttp {
    /// `authorization` is sent with each request.
    pub(super) fn new(clock: Clock, authorization: HeaderValue) -> Self {
        Self { clock, authorization, inner: Client::builder(TokioExecutor::new()).build_http() }
    }
}

type Sending = Pin<Box<dyn Future<Output = Result<Response<AccountedBody>, hyper_util::client::legacy::Error>> + Send>>;

impl Service<Request<Body>> for StepHttp {
    type Response = Response<AccountedBody>;
    type Error = hyper_util::client::legacy::Error;
    type Future = Sending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let busy = self.clock.busy();
        let watch = request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"));
        let ledger = watch.then(|| self.clock.open_stream());
        let headers = request.headers_mut();
        headers.insert(http::header::AUTHORIZATION, self.authorization.clone());
        headers.insert(ORIGIN_HEADER, HeaderValue::from_static("step"));
        if let Some(ledger) = &ledger {
            headers.insert(STREAM_HEADER, HeaderValue::from(ledger.id()));
        }
        let (inner, clock) = (self.inner.clone(), self.clock.clone());
        Box::pin(async move {
            let response = send(&inner, &clock, request).await?;
            Ok(response.map(|inner| AccountedBody {
                inner,
                account: match ledger {
                    Some(ledger) => Account::Stream { ledger, handed_over: 0 },
                    None => Account::Unary { _busy: busy },
                },
            }))
        })
    }
}

/// Sends a request, again when the server is too busy for it.
async fn send(
    inner: &Client<HttpConnector, Body>,
    clock: &Clock,
    mut request: Request<Body>,
) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
    let mut attempts = 0;
    loop {
        let (method, again) = (request.method().clone(), duplicate(&request));
        let response = inner.request(request).await?;
        attempts += 1;
        match (retry::pause_if_asked(attempts, &method, response.status(), response.headers()), again) {
            (Some(pause), Some(again)) => {
                clock.rest(pause).await;
                request = again;
            }
            _ => return Ok(response),
        }
    }
}

/// The same request once more; `None` when its body can be read once only.
fn duplicate(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    (*copy.method_mut(), *copy.uri_mut()) = (request.method().clone(), request.uri().clone());
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// A response body that tells the clock when it has been read.
pub(super) struct AccountedBody {
    inner: Incoming,
    account: Account,
}

enum Account {
    /// Lives until the body is dropped.
    Unary { _busy: Busy },
    /// Each line is a message. It counts as handled when the reader comes back for more.
    Stream { ledger: StreamLedger, handed_over: usize },
}

impl http_body::Body for AccountedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Account::Stream { ledger, handed_over } = &mut self.account {
            ledger.received(std::mem::take(handed_over));
        }
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Account::Stream { handed_over, .. }) = (&polled, &mut self.account) {
            *handed_over += frame.data_ref().map_or(0, |data| data.split(|byte| *byte == b'\n').count() - 1);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
