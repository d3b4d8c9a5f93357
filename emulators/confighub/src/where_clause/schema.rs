//! What a clause may name: an entity's attributes, their types, and the entities related to it.

/// The type of an attribute.
///
/// ```
/// use stagegate_confighub::where_clause::{AttributeType, entities};
///
/// let labels = entities::UNIT.attribute("Labels").unwrap();
/// assert_eq!(labels.kind, AttributeType::TextMap);
/// assert_eq!(labels.kind.to_string(), "map of strings");
/// ```
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

impl AttributeType {
    /// Whether it is compared by key, as in `Labels.tier`.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::AttributeType;
    ///
    /// assert!(AttributeType::BooleanMap.has_keys());
    /// assert!(!AttributeType::UuidList.has_keys());
    /// ```
    pub fn has_keys(self) -> bool {
        matches!(self, Self::TextMap | Self::BooleanMap)
    }

    /// Whether `LEN()` counts it.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::AttributeType;
    ///
    /// assert!(AttributeType::UuidList.has_length());
    /// assert!(!AttributeType::Text.has_length());
    /// ```
    pub fn has_length(self) -> bool {
        self.has_keys() || self == Self::UuidList
    }
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
///
/// ```
/// use stagegate_confighub::where_clause::entities;
///
/// assert!(entities::UNIT.attribute("ChangeSetID").unwrap().late);
/// assert!(!entities::UNIT.attribute("TargetID").unwrap().late);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, in PascalCase as in the JSON encoding.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeType,
    /// Whether only late-2025 services have it: it is in the overlay of the OpenAPI description, and
    /// not in the lists of supported attributes of August 2025.
    pub late: bool,
}

/// What clauses on one entity type may name.
///
/// ```
/// use stagegate_confighub::where_clause::entities;
///
/// let unit = entities::schema("Unit").unwrap();
/// assert!(unit.attribute("Slug").is_some());
/// assert!(unit.attribute("Data").is_none(), "configuration data is not an attribute");
/// assert_eq!(unit.related("UpstreamUnit").unwrap().entity, "Unit");
/// ```
#[derive(Debug)]
pub struct Schema {
    /// The entity type, such as `Unit`.
    pub entity: &'static str,
    /// Its attributes, in order of name.
    pub attributes: &'static [Attribute],
    /// Entities reached with a dot, such as `Space` in `Space.Slug`. The word that asks a list
    /// operation for them in `include` is the name with `ID` behind it.
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

impl PartialEq for Schema {
    /// There is one schema for each entity type.
    fn eq(&self, other: &Self) -> bool {
        self.entity == other.entity
    }
}

impl Eq for Schema {}
