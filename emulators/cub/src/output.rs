//! What commands print about entities, in the forms the flags ask for.

use serde_json::Value;

use crate::cub::Cub;
use crate::entity::Kind;
use crate::failure::Failure;
use crate::model::{pretty, text};
use crate::table::Table;

impl Cub<'_, '_> {
    /// Whether `--json` or `--jq` takes the place of the usual output.
    pub(crate) fn has_other_output(&self) -> bool {
        self.flags.on("json") || !self.flags.text("jq").is_empty()
    }

    /// Prints what `--json` and `--jq` ask for.
    pub(crate) fn print_json_and_jq(&mut self, value: &Value) -> Result<(), Failure> {
        if self.flags.on("json") {
            self.streams.line(&pretty(value))?;
        }
        let expression = self.flags.text("jq").to_owned();
        if !expression.is_empty() {
            for result in crate::jq::run(&expression, value)? {
                match &result {
                    Value::String(text) => self.streams.line(text)?,
                    Value::Bool(_) | Value::Number(_) => self.streams.line(&result.to_string())?,
                    other => self.streams.line(&pretty(other))?,
                }
            }
        }
        Ok(())
    }

    /// The result of a creation or change: `Successfully created unit x (id)`.
    pub(crate) fn print_done(
        &mut self,
        done: &str,
        noun: &str,
        name: &str,
        id: &str,
        entity: &Value,
    ) -> Result<(), Failure> {
        self.print_done_with(done, noun, name, id, entity, |_| Ok(()))
    }

    /// The same; `--verbose` adds the details, which neither `--quiet` nor `--json` takes away.
    pub(crate) fn print_done_with(
        &mut self,
        done: &str,
        noun: &str,
        name: &str,
        id: &str,
        entity: &Value,
        details: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.flags.on("quiet") && !self.has_other_output() {
            self.streams.line(&format!("Successfully {done} {noun} {name} ({id})"))?;
        }
        if self.flags.on("verbose") {
            details(self)?;
        }
        self.print_json_and_jq(entity)
    }

    /// The result of a deletion.
    pub(crate) fn print_deleted(&mut self, kind: &Kind, name: &str, id: &str) -> Result<(), Failure> {
        if self.flags.on("quiet") {
            return Ok(());
        }
        self.streams.line(&format!("Successfully deleted {} {name} ({id})", kind.deleted_noun))
    }

    /// A list: the table, or names, JSON or jq results instead.
    pub(crate) fn print_list(
        &mut self,
        entities: &[Value],
        table: &Table,
        name: impl Fn(&Value) -> String,
    ) -> Result<(), Failure> {
        let other = self.flags.on("names") || self.has_other_output();
        if !self.flags.on("quiet") && !other {
            self.streams.print(&table.render())?;
        }
        if self.flags.on("names") {
            let mut names = Table::new();
            for entity in entities {
                names.row([name(entity)]);
            }
            self.streams.print(&names.render())?;
        }
        self.print_json_and_jq(&Value::Array(entities.to_vec()))
    }

    /// One entity: the details, or JSON or jq results instead.
    pub(crate) fn print_one(
        &mut self,
        entity: &Value,
        details: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.flags.on("quiet") && !self.has_other_output() {
            details(self)?;
        }
        self.print_json_and_jq(entity)
    }

    /// Whether tables have a header.
    pub(crate) fn shows_header(&self) -> bool {
        !self.flags.on("no-header")
    }
}

/// The slug inside an extended entity.
pub(crate) fn slug_of(kind: &Kind) -> impl Fn(&Value) -> String {
    let model = kind.model;
    move |entity| text(&entity[model], "Slug").to_owned()
}
