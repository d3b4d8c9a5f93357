//! One run of the client: what it was asked, where it is, and whom it talks to.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::api::{Api, Call};
use crate::command_line::Flags;
use crate::contract::{Command, Era};
use crate::entity::Space;
use crate::failure::Failure;
use crate::model;
use crate::pace::Pace;
use crate::session::{Context, Home, Session};
use crate::terminal::Streams;

/// What every command works with.
pub(crate) struct Cub<'a, 's> {
    pub(crate) era: Era,
    pub(crate) args: Vec<String>,
    pub(crate) flags: Flags,
    pub(crate) env: &'a BTreeMap<String, String>,
    pub(crate) cwd: &'a Path,
    pub(crate) streams: &'a mut Streams<'s>,
    pub(crate) home: Home,
    pub(crate) session: Session,
    pub(crate) context: Context,
    pub(crate) api: Api,
    /// The space the command works in; empty for commands without one.
    pub(crate) space: Space,
    pub(crate) pace: Pace,
}

impl Cub<'_, '_> {
    /// Takes the space from `--space` or the context.
    pub(crate) async fn select_space(&mut self, command: &Command<'_>) -> Result<(), Failure> {
        let asked = self.flags.text("space").to_owned();
        if asked == "*" {
            if !command.all_spaces {
                return Err(Failure::failed(format!("space wildcard * not permitted for command {}", command.name())));
            }
            self.space = Space { id: asked.clone(), slug: asked };
        } else if !asked.is_empty() {
            let space = self.find_space(&asked).await?;
            self.space = Space { id: model::text(&space, "SpaceID").into(), slug: model::text(&space, "Slug").into() };
        } else if self.context.space_id.is_empty() {
            return Err(Failure::failed(
                "space is required. Set with --space option or set in context with the context sub-command",
            ));
        } else {
            self.space = Space { id: self.context.space_id.clone(), slug: self.context.space.clone() };
        }
        Ok(())
    }

    /// Fails where `--space '*'` is only for several entities at once.
    pub(crate) fn refuse_all_spaces(&self) -> Result<(), Failure> {
        if self.space.is_all() {
            return Err(Failure::failed("--space must not be '*' when not performing bulk operations"));
        }
        Ok(())
    }

    /// Sends a request; with `--debug` the exchange is shown.
    pub(crate) async fn call(&mut self, call: Call) -> Result<Value, Failure> {
        self.call_with_status(call).await.map(|(_, value)| value)
    }

    /// The same, with the status (200 or 207).
    pub(crate) async fn call_with_status(&mut self, call: Call) -> Result<(u16, Value), Failure> {
        let answer = self.api.call_with_status(call).await;
        for dump in std::mem::take(&mut self.api.trace) {
            self.streams.print(&format!("{dump}\n"))?;
        }
        answer
    }

    /// `condition AND SpaceID = '…'`, unless all spaces are meant.
    pub(crate) fn in_space(&self, condition: &str) -> String {
        if self.space.is_all() {
            return condition.to_owned();
        }
        let here = format!("SpaceID = '{}'", self.space.id);
        if condition.is_empty() { here } else { format!("{condition} AND {here}") }
    }

    /// The entity JSON of `--from-stdin` or `--filename`.
    pub(crate) fn entity_input(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let file = self.flags.text("filename").to_owned();
        if self.flags.on("from-stdin") {
            if !file.is_empty() {
                return Err(Failure::failed("--from-stdin and --filename are mutually exclusive"));
            }
            return self.streams.read_all().map(Some);
        }
        if file.is_empty() { Ok(None) } else { self.content(&file).map(Some) }
    }

    /// The content of a file, of a `file://` URL, or of standard input for `-`.
    pub(crate) fn content(&mut self, source: &str) -> Result<Vec<u8>, Failure> {
        if source == "-" {
            return self.streams.read_all();
        }
        let path = match (source.strip_prefix("file://"), source.contains("://")) {
            (Some(path), _) => path,
            (None, false) => source,
            (None, true) => {
                return Err(Failure::failed(format!("cannot read {source}: only files are supported here")));
            }
        };
        std::fs::read(self.cwd.join(path)).map_err(|error| {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
                std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                std::io::ErrorKind::IsADirectory => return Failure::failed(format!("read {path}: is a directory")),
                _ => error.to_string(),
            };
            Failure::failed(format!("open {path}: {reason}"))
        })
    }

    /// Entity fields: what `--from-stdin` or `--filename` gives, with `--label` added.
    pub(crate) fn entity_from_flags(&mut self) -> Result<Value, Failure> {
        let mut entity = match self.entity_input()? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Failure::failed(error.to_string()))?,
            None => serde_json::json!({}),
        };
        self.add_labels(&mut entity)?;
        Ok(entity)
    }

    /// Adds `--label`s to an entity.
    pub(crate) fn add_labels(&self, entity: &mut Value) -> Result<(), Failure> {
        for label in self.flags.list("label") {
            let (key, value) = label.split_once('=').unwrap_or((label, ""));
            if value.contains('=') {
                return Err(Failure::failed(format!("invalid label; expected key=value: {label}")));
            }
            entity["Labels"][key] = value.into();
        }
        Ok(())
    }

    /// A merge patch: what `--from-stdin` or `--filename` gives word for word, or `null`; with labels
    /// and `extra` fields it is parsed and completed.
    pub(crate) fn patch_from_flags(&mut self, extra: &[(&str, Value)]) -> Result<String, Failure> {
        let input = self.entity_input()?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let base = input.unwrap_or_else(|| "null".to_owned());
        if extra.is_empty() && self.flags.list("label").is_empty() {
            return Ok(base);
        }
        let mut patch: Value = serde_json::from_str(&base)
            .map_err(|error| Failure::failed(format!("failed to parse patch data: {error}")))?;
        if patch.is_null() {
            patch = serde_json::json!({});
        }
        for (field, value) in extra {
            patch[*field] = value.clone();
        }
        for label in self.flags.list("label") {
            let (key, value) = label.split_once('=').unwrap_or((label, ""));
            if value.contains('=') {
                return Err(Failure::failed(format!("invalid label; expected key=value or key=-: {label}")));
            }
            patch["Labels"][key] = if value == "-" { Value::Null } else { value.into() };
        }
        Ok(model::compact(&patch))
    }
}
