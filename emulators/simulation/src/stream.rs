//! Accounts of streamed responses, so that a jumping clock waits for messages that are on their way.

use crate::clock::Clock;

/// The request header with which an in-process client names its [`StreamLedger`].
pub const STREAM_HEADER: &str = "stagegate-stream";

/// The client's end: says which messages have arrived and been handled.
#[derive(Debug)]
pub struct StreamLedger {
    clock: Clock,
    id: u64,
}

impl StreamLedger {
    pub(crate) fn new(clock: Clock, id: u64) -> Self {
        Self { clock, id }
    }

    /// The value of [`STREAM_HEADER`].
    pub fn id(&self) -> u64 {
        self.id
    }

    /// `messages` more have arrived and been handled.
    pub fn received(&self, messages: usize) {
        self.clock.stream_received(self.id, messages);
    }
}

impl Drop for StreamLedger {
    fn drop(&mut self) {
        self.clock.stream_closed(self.id);
    }
}

/// The server's end: says which messages are on their way.
#[derive(Debug)]
pub struct StreamSender {
    clock: Clock,
    id: u64,
}

impl StreamSender {
    pub(crate) fn new(clock: Clock, id: u64) -> Self {
        Self { clock, id }
    }

    /// `messages` more are about to be written. To be called before they are.
    pub fn sent(&self, messages: usize) {
        self.clock.stream_sent(self.id, messages);
    }
}
