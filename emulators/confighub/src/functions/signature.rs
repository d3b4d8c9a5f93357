//! What a function takes and gives.

use serde_json::{Map, Value as Json, json};

use super::call::{Call, Returned};

/// A function.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// Whether the last parameter may be given many times.
    pub(super) repeats_last: bool,
    /// What it answers; `None` for functions that only change data.
    pub(super) output: Option<Answer>,
    pub(super) mutating: bool,
    /// Whether doing it twice is the same as doing it once.
    pub(super) idempotent: bool,
    /// `PathVisitor`, `Custom`, or nothing.
    pub(super) kind: &'static str,
    pub(super) attribute: &'static str,
    pub(super) types: &'static [&'static str],
    pub(super) run: fn(&mut Call<'_>) -> Returned,
}

/// What a function answers.
pub(super) struct Answer {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) description: &'static str,
}

/// A parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: ParameterType,
    pub(super) required: bool,
    pub(super) example: &'static str,
    pub(super) pattern: Option<&'static str>,
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<i64>,
    pub(super) choices: &'static [&'static str],
    pub(super) description: &'static str,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterType {
    Text,
    Integer,
    Boolean,
    /// Text that is one of a few.
    Choice,
    /// Text of another language or of a list, by its name in signatures.
    Structured(&'static str),
}

impl ParameterType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "int",
            Self::Boolean => "bool",
            Self::Choice => "enum",
            Self::Structured(name) => name,
        }
    }
}

/// The output of functions that say whether data is valid.
pub(super) const VALIDATION: &str = "ValidationResult";

impl Function {
    pub(super) fn is_validating(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.kind == VALIDATION)
    }

    pub(super) fn required(&self) -> usize {
        self.parameters.iter().filter(|parameter| parameter.required).count()
    }

    /// Its signature (`FunctionSignature` of the description).
    pub(super) fn signature(&self) -> Json {
        let mut signature = json!({
            "FunctionName": self.name,
            "Parameters": self.parameters.iter().map(Parameter::signature).collect::<Vec<_>>(),
            "RequiredParameters": self.required(),
            "VarArgs": self.repeats_last,
            "OutputInfo": self.output.as_ref().map(|output| json!({
                "ResultName": output.name,
                "Description": output.description,
                "OutputType": output.kind,
            })),
            "Mutating": self.mutating,
            "Validating": self.is_validating(),
            "Hermetic": true,
            "Idempotent": self.idempotent,
            "Description": self.description,
            "FunctionType": self.kind,
        });
        if !self.attribute.is_empty() {
            signature["AttributeName"] = json!(self.attribute);
        }
        if !self.types.is_empty() {
            signature["AffectedResourceTypes"] = json!(self.types);
        }
        signature
    }
}

impl Parameter {
    fn signature(&self) -> Json {
        let mut signature = Map::new();
        signature.insert("ParameterName".to_owned(), json!(self.name));
        signature.insert("Description".to_owned(), json!(self.description));
        signature.insert("Required".to_owned(), json!(self.required));
        signature.insert("DataType".to_owned(), json!(self.kind.name()));
        let some = |text: &'static str| (!text.is_empty()).then(|| json!(text));
        for (key, value) in [
            ("Example", some(self.example)),
            ("Regexp", self.pattern.map(Json::from)),
            ("Min", self.minimum.map(Json::from)),
            ("Max", self.maximum.map(Json::from)),
            ("EnumValues", (!self.choices.is_empty()).then(|| json!(self.choices))),
        ] {
            if let Some(value) = value {
                signature.insert(key.to_owned(), value);
            }
        }
        Json::Object(signature)
    }
}
