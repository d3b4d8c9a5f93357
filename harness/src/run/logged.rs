//! Errors that a step's implementation only logs.
//!
//! A step that logs an error and goes on has met something it did not expect. Its scenario must not
//! pass, so a [`tracing`] layer notes each error logged inside a step, and the step fails for it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

const SPAN: &str = "step";

static ERRORS: LazyLock<Mutex<HashMap<u64, Vec<String>>>> = LazyLock::new(Mutex::default);

/// Notes errors that are logged inside of steps. Belongs into the process's subscriber.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoggedErrors;

/// The span in which a step runs.
pub(super) fn span() -> Span {
    tracing::error_span!(SPAN)
}

/// What has been logged as an error inside `span`; forgets it.
pub(super) fn errors_in(span: &Span) -> Vec<String> {
    let Some(id) = span.id() else { return Vec::new() };
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.into_u64()).unwrap_or_default()
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LoggedErrors {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        // Ids are used again, so what an earlier step left must not be this one's.
        if attributes.metadata().name() == SPAN {
            ERRORS.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.into_u64());
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() != Level::ERROR {
            return;
        }
        let Some(step) = context.event_scope(event).and_then(|mut scope| scope.find(|span| span.name() == SPAN)) else {
            return;
        };
        let mut text = Text::default();
        event.record(&mut text);
        let mut errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
        errors.entry(step.id().into_u64()).or_default().push(text.0);
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let gap = if self.0.is_empty() { "" } else { ", " };
        let _infallible = match field.name() {
            "message" => write!(self.0, "{gap}{value:?}"),
            name => write!(self.0, "{gap}{name}={value:?}"),
        };
    }
}
