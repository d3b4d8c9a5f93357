//! What a clause may name: an entity's attributes, their types, and the entities related to it.

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A UUID; compared with `=` and `!=` only.
    Uuid,
    /// A point in time; its literals are quoted.
    Time,
    /// Keys with text values, such as `Labels`.
    TextMap,
    /// Keys with boolean values, such as `ApplyGates`.
    BooleanMap,
    /// A list of UUIDs, such as `ApprovedBy`.
    UuidList,
}

impl std::fmt::Display for AttributeType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Uuid => "UUID",
            Self::Time => "time",
            Self::TextMap => "map of strings",
            Self::BooleanMap => "map of booleans",
            Self::UuidList => "array of UUIDs",
        })
    }
}

/// An attribute that clauses may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, in PascalCase as in the JSON encoding.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeType,
}

/// What clauses on one entity type may name.
#[derive(Debug)]
pub struct Schema {
    /// The entity type, such as `Unit`.
    pub entity: &'static str,
    /// Its attributes, in order of name.
    pub attributes: &'static [Attribute],
    /// Entities reached with a dot, such as `Space` in `Space.Slug`.
    pub related: &'static [(&'static str, &'static Schema)],
}

impl Schema {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The related entity of this name. The entity's own name leads to itself, as in `Unit.Slug`.
    pub fn related(&'static self, name: &str) -> Option<&'static Schema> {
        if name == self.entity {
            return Some(self);
        }
        self.related.iter().find(|(related, _)| *related == name).map(|(_, schema)| *schema)
    }
}
