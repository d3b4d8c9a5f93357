//! A worker's event stream on its way through the tap.

use std::collections::VecDeque;

use axum::body::{Body, BodyDataStream, Bytes};
use futures::{StreamExt as _, stream};
use stagegate_simulation::{Faults, Subject};

type Chunk = Result<Bytes, axum::Error>;

/// The stream, which rules for faults cut, or hold back while a partition lasts.
pub(super) fn under_faults(body: Body, faults: Faults, subject: Subject) -> Body {
    let passing = Passing { inner: body.into_data_stream(), held: VecDeque::new(), faults, subject };
    Body::from_stream(stream::unfold(passing, async |mut passing| Some((passing.next().await?, passing))))
}

struct Passing {
    inner: BodyDataStream,
    /// What a partition holds back.
    held: VecDeque<Chunk>,
    faults: Faults,
    subject: Subject,
}

impl Passing {
    async fn next(&mut self) -> Option<Chunk> {
        let (faults, subject) = (self.faults.clone(), self.subject.clone());
        loop {
            tokio::select! {
                biased;
                () = faults.cut_off(&subject) => self.outlast_partition().await?,
                chunk = next_of(&mut self.held, &mut self.inner) => return chunk,
                () = faults.stream_cut(&subject) => return None,
            }
        }
    }

    /// Keeps what comes until no partition cuts the stream off any more; `None` when the worker has given up before
    /// that. Pings of the real worker are answered by the tap, so that it is the tap that must see to it.
    async fn outlast_partition(&mut self) -> Option<()> {
        let (faults, subject) = (self.faults.clone(), self.subject.clone());
        let mut rejoined = std::pin::pin!(faults.rejoined(&subject));
        loop {
            tokio::select! {
                biased;
                in_time = &mut rejoined => return in_time.then_some(()),
                chunk = self.inner.next() => self.held.push_back(chunk?),
            }
        }
    }
}

/// What was held back goes first. Cancel-safe.
async fn next_of(held: &mut VecDeque<Chunk>, inner: &mut BodyDataStream) -> Option<Chunk> {
    match held.pop_front() {
        Some(chunk) => Some(chunk),
        None => inner.next().await,
    }
}
