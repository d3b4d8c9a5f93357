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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(column: &str, deployment: &Value) -> String {
        Property::of_column(column).map_err(|failure| failure.diagnostic.what).expect("a column").of(deployment)
    }

    #[test]
    fn columns_name_what_a_deployment_has() {
        let container = json!({ "image": "i:1", "env": [{ "name": "MODE", "value": "fast" }] });
        let deployment = json!({
            "metadata": { "namespace": "n" },
            "spec": { "replicas": 3, "template": { "spec": { "containers": [container] } } },
        });
        let columns = ["namespace", "replicas", "ready replicas", "image", "MODE", "OTHER"];
        assert_eq!(columns.map(|column| of(column, &deployment)), ["n", "3", "0", "i:1", "fast", ""]);
    }

    #[test]
    fn a_misspelt_column_is_refused() {
        assert!(Property::of_column("replica").is_err());
        assert!(Property::of_column("Mode").is_err());
    }

    #[test]
    fn one_deployment_is_meant() {
        let (deployment, service) = (json!({ "kind": "Deployment" }), json!({ "kind": "Service" }));
        assert!(super::deployment(&[service.clone(), deployment.clone()]).is_ok());
        assert!(super::deployment(&[service]).is_err());
        assert!(super::deployment(&[deployment.clone(), deployment]).is_err());
    }
}
