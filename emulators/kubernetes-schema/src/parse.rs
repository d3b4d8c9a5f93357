//! Reading the `*.schema` files.
//!
//! A line without indentation names a struct. An indented line is a field: its name, protobuf
//! number (`A/B` is number B of the inlined message that has number A), type and flags. `[T]` is a list, `{T}` a map from strings; a type with dots is a struct.

use std::collections::{BTreeMap, HashMap};

use super::{CUSTOM, Field, ListType, Schemas, Struct, Type};

const FILES: &[&str] = &[
    include_str!("../schema/meta.v1.schema"),
    include_str!("../schema/core.v1.schema"),
    include_str!("../schema/core.v1-pods.schema"),
    include_str!("../schema/core.v1-volumes.schema"),
    include_str!("../schema/admissionregistration.v1.schema"),
    include_str!("../schema/apiextensions.v1.schema"),
    include_str!("../schema/apiregistration.v1.schema"),
    include_str!("../schema/apps.v1.schema"),
    include_str!("../schema/authentication.v1.schema"),
    include_str!("../schema/authorization.v1.schema"),
    include_str!("../schema/autoscaling.v1.schema"),
    include_str!("../schema/autoscaling.v2.schema"),
    include_str!("../schema/batch.v1.schema"),
    include_str!("../schema/certificates.v1.schema"),
    include_str!("../schema/coordination.v1.schema"),
    include_str!("../schema/discovery.v1.schema"),
    include_str!("../schema/events.v1.schema"),
    include_str!("../schema/flowcontrol.v1.schema"),
    include_str!("../schema/networking.v1.schema"),
    include_str!("../schema/node.v1.schema"),
    include_str!("../schema/policy.v1.schema"),
    include_str!("../schema/rbac.v1.schema"),
    include_str!("../schema/resource.v1.schema"),
    include_str!("../schema/scheduling.v1.schema"),
    include_str!("../schema/storage.v1.schema"),
];

const CUSTOM_RESOURCE: &str = "io.k8s.custom.v1.Resource
  apiVersion 0 string
  kind 0 string
  metadata 1 meta.v1.ObjectMeta
";

/// The table of all built-in types.
pub(super) fn built_in() -> Schemas {
    let texts = || FILES.iter().copied().chain([CUSTOM_RESOURCE]);
    let names = texts().flat_map(str::lines).filter(|line| !line.starts_with(' '));
    let by_name: HashMap<String, usize> = names.enumerate().map(|(index, name)| (short(name), index)).collect();
    let mut structs: Vec<Struct> = Vec::with_capacity(by_name.len());
    for line in texts().flat_map(str::lines) {
        if line.starts_with(' ') {
            let Some((name, field)) = field(line, &by_name) else { continue };
            if let Some(last) = structs.last_mut() {
                last.fields.insert(name, field);
            }
        } else {
            let open = short(line) == CUSTOM;
            structs.push(Struct { name: line.to_owned(), fields: BTreeMap::new(), open });
        }
    }
    Schemas { structs, by_name }
}

/// `io.k8s.api.core.v1.Pod` → `core.v1.Pod`.
fn short(name: &str) -> String {
    let mut parts: Vec<_> = name.rsplitn(4, '.').take(3).collect();
    parts.reverse();
    parts.join(".")
}

fn field(line: &str, by_name: &HashMap<String, usize>) -> Option<(String, Field)> {
    let mut words = line.split_whitespace();
    let (name, number, of) = (words.next()?, words.next()?, words.next()?);
    let (within, number) = number.split_once('/').unwrap_or(("0", number));
    let mut field = Field {
        within: within.parse().unwrap_or(0),
        number: number.parse().unwrap_or(0),
        of: type_of(of, by_name),
        required: false,
        list: ListType::Atomic,
        atomic: false,
        merge_key: None,
        retain_keys: false,
        default: None,
        pointer: false,
        always: false,
    };
    for flag in words {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("required", _) => field.required = true,
            ("set", _) => field.list = ListType::Set,
            ("keys", keys) => field.list = ListType::Map(keys.split(',').map(str::to_owned).collect()),
            ("pointer", _) => field.pointer = true,
            ("always", _) => field.always = true,
            ("atomic", _) => field.atomic = true,
            ("merge", key) => field.merge_key = Some(key.to_owned()),
            ("retain-keys", _) => field.retain_keys = true,
            ("default", value) => field.default = Some(value.to_owned()),
            _ => {}
        }
    }
    Some((name.to_owned(), field))
}

fn type_of(text: &str, by_name: &HashMap<String, usize>) -> Type {
    if let Some(item) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Type::List(Box::new(type_of(item, by_name)));
    }
    if let Some(item) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return Type::Map(Box::new(type_of(item, by_name)));
    }
    match text {
        "string" => Type::String,
        "boolean" => Type::Boolean,
        "int32" => Type::Int32,
        "int64" | "integer" => Type::Int64,
        "double" | "number" => Type::Double,
        "quantity" => Type::Quantity,
        "int-or-string" => Type::IntOrString,
        "time" => Type::Time,
        "micro-time" => Type::MicroTime,
        "bytes" => Type::Bytes,
        name => by_name.get(name).map_or(Type::Any, |index| Type::Struct(*index)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_file_is_understood() {
        let table = built_in();
        for text in FILES {
            let mut last = String::new();
            for line in text.lines() {
                if line.starts_with(' ') {
                    let words: Vec<_> = line.split_whitespace().collect();
                    let known = &table.structs[table.by_name[&last]].fields[words[0]];
                    let open = words[2].trim_matches(['[', ']', '{', '}']) == "any";
                    assert!(open || !matches!(innermost(&known.of), Type::Any), "{last}: {line}");
                } else {
                    last = short(line);
                }
            }
        }
    }

    fn innermost(of: &Type) -> &Type {
        match of {
            Type::List(inner) | Type::Map(inner) => innermost(inner),
            other => other,
        }
    }
}
