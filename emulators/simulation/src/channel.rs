//! A channel whose unhandled messages keep a jumping clock still.

use tokio::sync::mpsc;

use crate::clock::{Busy, Clock};

/// The sending half; clones send to the same receiver.
pub struct Sender<T> {
    clock: Clock,
    inner: mpsc::UnboundedSender<(T, Busy)>,
}

/// The receiving half. A message counts as handled when the next one is asked for.
pub struct Receiver<T> {
    inner: mpsc::UnboundedReceiver<(T, Busy)>,
    handling: Option<Busy>,
}

pub(crate) fn channel<T>(clock: Clock) -> (Sender<T>, Receiver<T>) {
    let (inner, receiver) = mpsc::unbounded_channel();
    (Sender { clock, inner }, Receiver { inner: receiver, handling: None })
}

impl<T> Sender<T> {
    /// Sends a message; `false` when the receiver is gone.
    pub fn send(&self, message: T) -> bool {
        self.inner.send((message, self.clock.busy())).is_ok()
    }

    /// Whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { clock: self.clock.clone(), inner: self.inner.clone() }
    }
}

impl<T> Receiver<T> {
    /// The next message, or `None` when every sender is gone. Cancel-safe.
    pub async fn recv(&mut self) -> Option<T> {
        self.handling = None;
        let (message, busy) = self.inner.recv().await?;
        self.handling = Some(busy);
        Some(message)
    }

    /// The next message if one is there already.
    pub fn try_recv(&mut self) -> Option<T> {
        let (message, busy) = self.inner.try_recv().ok()?;
        self.handling = Some(busy);
        Some(message)
    }
}
