//! What tables of variants ask of a Deployment, in a unit's data or in the cluster.

use serde_json::Value;
use stagegate_harness::failure::Failure;

/// One thing that a Deployment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Property<'a> {
    Namespace,
    Replicas,
    /// So many pods are ready; only a cluster knows.
    ReadyReplicas,
    Image,
    /// A variable of the first container, by its name in capitals.
    Variable(&'a str),
}

impl<'a> Property<'a> {
    /// The property that a column names.
    pub(crate) fn of_column(column: &'a str) -> Result<Self, Failure> {
        let is_variable = column.starts_with(|c: char| c.is_ascii_uppercase())
            && column.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        Ok(match column {
            "namespace" => Self::Namespace,
            "replicas" => Self::Replicas,
            "ready replicas" => Self::ReadyReplicas,
            "image" => Self::Image,
            variable if is_variable => Self::Variable(variable),
            other => {
                return Err(Failure::assertion(format!("the table has a column `{other}`")).help(
                    "the columns are `namespace`, `replicas`, `ready replicas`, `image`, and variables in capitals",
                ));
            }
        })
    }

    /// What a Deployment says of it; empty when it says nothing.
    pub(crate) fn of(&self, deployment: &Value) -> String {
        let at = |pointer: &str| match deployment.pointer(pointer) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        match self {
            Self::Namespace => at("/metadata/namespace"),
            Self::Replicas => at("/spec/replicas"),
            Self::ReadyReplicas => match at("/status/readyReplicas") {
                none if none.is_empty() => "0".to_owned(),
                ready => ready,
            },
            Self::Image => at("/spec/template/spec/containers/0/image"),
            Self::Variable(name) => {
                let variables = deployment.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array);
                let named = |variable: &&Value| variable["name"] == **name;
                let found = variables.into_iter().flatten().find(named);
                found.and_then(|variable| variable["value"].as_str()).unwrap_or_default().to_owned()
            }
        }
    }
}

/// The Deployment among the documents of a manifest.
pub(crate) fn deployment(documents: &[Value]) -> Result<&Value, Failure> {
    let mut found = documents.iter().filter(|document| document["kind"] == "Deployment");
    match (found.next(), found.next()) {
        (Some(deployment), None) => Ok(deployment),
        (None, _) => Err(Failure::assertion("there is no Deployment in the data")),
        (Some(_), Some(_)) => Err(Failure::assertion("there is more than one Deployment in the data")),
    }
}
