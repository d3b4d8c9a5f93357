//! What happens in the hub, line by line as it happens.
//!
//! A thread of its own prints, so that a terminal that is slow does not hold up the hub.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use anstyle::{AnsiColor, Style};
use serde_json::json;
use stagegate_confighub::Names;
use stagegate_reports::journal::Redactor;
use stagegate_reports::printable;
use stagegate_simulation::{Actor, Change, Exchange, Injected, Observer, Origin, Verb};
use uuid::Uuid;

use super::options::Showing;
use super::screen::Screen;
use crate::output::to_stdout;

enum Event {
    Begin(Box<Screen>, Names),
    Change(Box<Change>),
    Exchange(Box<Exchange>),
    Injected(Box<Injected>),
    Secret(String),
    Said(String),
}

/// The thread that prints.
pub(super) struct Tail {
    events: Sender<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Tail {
    pub(super) fn start(showing: Showing, color: bool) -> Self {
        let (events, received) = mpsc::channel();
        let printer = Printer { showing, color, redactor: Redactor::default(), names: None };
        // Without a thread there is no tail, but a hub all the same.
        let thread = std::thread::Builder::new().name("tail".to_owned()).spawn(move || printer.print_all(&received));
        Self { events, thread: thread.ok() }
    }

    /// What the hub reports to.
    pub(super) fn observer(&self) -> Reporter {
        Reporter(self.events.clone())
    }

    /// Shows how to begin. From then on, ids are shown as `names` has them.
    pub(super) fn begin(&self, screen: &Screen, names: Names) {
        send(&self.events, Event::Begin(Box::new(screen.clone()), names));
    }

    /// Shows a line of the command's own.
    pub(super) fn say(&self, line: &str) {
        send(&self.events, Event::Said(line.to_owned()));
    }

    /// Waits until all is printed. Every observer must be gone.
    pub(super) fn end(mut self) {
        let thread = self.thread.take();
        drop(self.events);
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the thread that prints has panicked");
        }
    }
}

/// Passes on what the hub reports.
pub(super) struct Reporter(Sender<Event>);

fn send(events: &Sender<Event>, event: Event) {
    // The printer lives as long as there are senders.
    let _printer_gone = events.send(event);
}

impl Observer for Reporter {
    fn exchange(&self, exchange: Exchange) {
        send(&self.0, Event::Exchange(Box::new(exchange)));
    }

    fn change(&self, change: Change) {
        send(&self.0, Event::Change(Box::new(change)));
    }

    fn injected(&self, injected: Injected) {
        send(&self.0, Event::Injected(Box::new(injected)));
    }

    fn secret(&self, value: &str) {
        send(&self.0, Event::Secret(value.to_owned()));
    }
}

struct Printer {
    showing: Showing,
    color: bool,
    redactor: Redactor,
    names: Option<Names>,
}

impl Printer {
    fn print_all(mut self, events: &Receiver<Event>) {
        while let Ok(event) = events.recv() {
            match &event {
                Event::Secret(value) => {
                    self.redactor.register(value);
                    continue;
                }
                Event::Begin(_, names) => self.names = Some(names.clone()),
                _ => {}
            }
            let text = match self.showing {
                Showing::Ndjson => ndjson(&event),
                Showing::Changes => self.line(&event),
                Showing::Beginning => self.line(&event).filter(|_| matches!(event, Event::Begin(..) | Event::Said(_))),
            };
            if let Some(text) = text {
                to_stdout(&self.redactor.redact(&text).unwrap_or(text));
            }
        }
    }

    fn line(&self, event: &Event) -> Option<String> {
        match event {
            Event::Begin(screen, _) => {
                let rest = match self.showing {
                    Showing::Changes => "\nChanges, as they happen; Ctrl-C ends the hub:\n",
                    _ => "\nCtrl-C ends the hub.\n",
                };
                Some(screen.text() + rest)
            }
            Event::Change(change) => Some(self.change(change)),
            Event::Injected(injected) => Some(self.injected(injected)),
            Event::Exchange(exchange) if exchange.error.is_some() || exchange.status >= 400 => {
                Some(self.refusal(exchange))
            }
            Event::Said(line) => Some(format!("{line}\n")),
            Event::Exchange(_) | Event::Secret(_) => None,
        }
    }

    fn change(&self, change: &Change) -> String {
        let (sign, style) = match change.verb {
            Verb::Created => ('+', AnsiColor::Green.on_default()),
            Verb::Updated => ('~', AnsiColor::Yellow.on_default()),
            Verb::Deleted => ('-', AnsiColor::Red.on_default()),
        };
        let scope = change.scope.as_ref().map(|scope| format!("{scope}/")).unwrap_or_default();
        let summary = if change.summary.is_empty() { String::new() } else { format!(": {}", change.summary) };
        let told = format!("{} {scope}{}{summary}", change.kind, change.name);
        self.stamped(change.at, &self.paint(style, &sign.to_string()), &told, &change.origin)
    }

    fn refusal(&self, exchange: &Exchange) -> String {
        let style = AnsiColor::Red.on_default();
        let head = self.paint(style, &format!("! {}", exchange.status));
        let error = exchange.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let told = format!("{} {}{error}", exchange.method, exchange.target);
        self.stamped(exchange.at, &head, &told, &exchange.origin)
    }

    fn injected(&self, injected: &Injected) -> String {
        let head = self.paint(AnsiColor::Magenta.on_default(), "* fault");
        let label = injected.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
        let told = format!("{}{label}: {}, {}", injected.rule, injected.target, injected.effect);
        self.stamped(injected.at, &head, &told, &injected.origin)
    }

    fn stamped(&self, at: jiff::Timestamp, head: &str, told: &str, origin: &Origin) -> String {
        let dim = Style::new().dimmed();
        let time = at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
        // A name of a client's choosing must neither drive the terminal nor look like a line of ours.
        let told = told.replace(['\n', '\r'], " ");
        let told = self.names.as_ref().map_or(told.clone(), |names| named(&told, |id| names.of(id)));
        let by = by(origin);
        format!("{} {head} {}{}\n", self.paint(dim, &time), printable(&told), self.paint(dim, &printable(&by)))
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// A text with the ids in it as `name` calls them.
fn named(text: &str, name: impl Fn(Uuid) -> Option<String>) -> String {
    const LENGTH: usize = 36;
    let is_of_id = |c: char| c.is_ascii_hexdigit() || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_id) {
        let length = rest[start..].find(|c| !is_of_id(c)).unwrap_or(rest.len() - start);
        let (before, word) = (&rest[..start], &rest[start..start + length]);
        let known = (length == LENGTH).then(|| word.parse().ok().and_then(&name)).flatten();
        out.push_str(before);
        out.push_str(known.as_deref().unwrap_or(word));
        rest = &rest[start + length..];
    }
    out + rest
}

/// Who did it, where that is more than the client under one's own hands.
fn by(origin: &Origin) -> String {
    let actor = match &origin.actor {
        Actor::Worker { .. } => "worker".to_owned(),
        Actor::Controller { name } => name.clone(),
        Actor::Step => "step".to_owned(),
        Actor::Command => "command".to_owned(),
        Actor::Client { user_agent } if user_agent.is_empty() => "unknown client".to_owned(),
        Actor::Client { user_agent } => user_agent.clone(),
    };
    let command = origin.command.map(|command| format!(" {command}")).unwrap_or_default();
    format!("  [{actor}{command}]")
}

fn ndjson(event: &Event) -> Option<String> {
    let value = match event {
        Event::Begin(screen, _) => json!({"event": "started", "hub": screen}),
        Event::Change(change) => json!({"event": "change", "change": change}),
        Event::Exchange(exchange) => json!({"event": "exchange", "exchange": exchange}),
        Event::Injected(injected) => json!({"event": "injected", "injected": injected}),
        Event::Said(line) => json!({"event": "note", "text": line}),
        Event::Secret(_) => return None,
    };
    Some(format!("{value}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shown_by_name_where_there_is_one() {
        let known = "018f0000-0000-4000-8000-00000000000a";
        let name = |id: Uuid| (id.to_string() == known).then(|| "shop".to_owned());
        for (text, expected) in [
            (format!("PATCH /api/space/{known}/unit?where=a"), "PATCH /api/space/shop/unit?where=a".to_owned()),
            (format!("é '{known}', {known}"), "é 'shop', shop".to_owned()),
            (known.replace('a', "b"), known.replace('a', "b")),
            (format!("{known}0"), format!("{known}0")),
            ("decade-".to_owned(), "decade-".to_owned()),
        ] {
            assert_eq!(named(&text, name), expected);
        }
    }
}
