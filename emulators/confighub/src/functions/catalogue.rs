//! Every function with its signature.

use serde_json::{Value as Json, json};

use super::workload::{self, SCALED, WORKLOADS};
use super::{Arguments, Done, FunctionError, metadata, paths, placeholders};

/// A function.
pub(super) struct Function {
    name: &'static str,
    description: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// Whether the last parameter may be given many times.
    pub(super) repeats_last: bool,
    /// What it answers; `None` for functions that change data.
    pub(super) output: Option<Output>,
    attribute: &'static str,
    types: &'static [&'static str],
    pub(super) run: fn(&Arguments, &str) -> Result<Done, FunctionError>,
}

/// What a function answers.
pub(super) struct Output {
    name: &'static str,
    kind: &'static str,
    description: &'static str,
}

/// A parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: ParameterType,
    pub(super) required: bool,
    pub(super) pattern: Option<&'static str>,
    pub(super) minimum: Option<i64>,
    description: &'static str,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterType {
    Text,
    Integer,
    Boolean,
}

const fn text(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind: ParameterType::Text, required: true, pattern: None, minimum: None, description }
}

const fn matching(name: &'static str, pattern: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind: ParameterType::Text, required: true, pattern: Some(pattern), minimum: None, description }
}

const CONTAINER: Parameter =
    matching("container-name", r"^\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "The container, or * for all of them");
const IMAGE: Parameter = matching(
    "container-image",
    r"^(?P<uri>(?:(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*(?:\:[0-9]+)?)/)?(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*))(?P<reference>\:(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})|@(?:[a-z0-9]+(?:[+._-][a-z0-9]+)*\:[a-zA-Z0-9=_-]+))?$",
    "The whole image, such as ghcr.io/finos/traderx/database:v1",
);
const REFERENCE: Parameter = matching(
    "image-reference",
    r"^(?P<reference>\:(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})|@(?:[a-z0-9]+(?:[+._-][a-z0-9]+)*\:[a-zA-Z0-9=_-]+))$",
    "A tag with its colon or a digest with its @",
);
const VARIABLE: Parameter = matching("env-var", r"^[-._a-zA-Z][-._a-zA-Z0-9]*$", "The name of the variable");
const PAIR: Parameter = matching(
    "env-key-value",
    r"^[-._a-zA-Z][-._a-zA-Z0-9]*=.*$",
    "NAME=value; without a value the variable is removed",
);
const REPLICAS: Parameter = Parameter {
    name: "replicas",
    kind: ParameterType::Integer,
    required: true,
    pattern: None,
    minimum: Some(0),
    description: "How many",
};
const RESOURCE_TYPE: Parameter =
    text("resource-type", "API version and kind, such as apps/v1/Deployment, or * for all");
const PATH: Parameter = text("path", "Where, such as spec.template.spec.containers.?name=main.image");
const TEXT_VALUE: Parameter = text("attribute-value", "The new value");
const INTEGER_VALUE: Parameter = Parameter { kind: ParameterType::Integer, ..text("attribute-value", "The new value") };
const BOOLEAN_VALUE: Parameter = Parameter { kind: ParameterType::Boolean, ..text("attribute-value", "The new value") };
const ANY: &[&str] = &["*"];

const fn values(name: &'static str, description: &'static str) -> Output {
    Output { name, kind: "AttributeValueList", description }
}

static FUNCTIONS: &[Function] = &[
    Function {
        name: "get-bool-path",
        description: "Lists the boolean values at a path",
        parameters: &[RESOURCE_TYPE, PATH],
        repeats_last: false,
        output: Some(values("path", "The values found")),
        attribute: "",
        types: ANY,
        run: paths::get_path,
    },
    Function {
        name: "get-env-var",
        description: "Lists the value of an environment variable",
        parameters: &[CONTAINER, VARIABLE],
        repeats_last: false,
        output: Some(values("env-value", "The values found")),
        attribute: "env-value",
        types: &WORKLOADS,
        run: workload::get_env_var,
    },
    Function {
        name: "get-image",
        description: "Lists the image of a container",
        parameters: &[CONTAINER],
        repeats_last: false,
        output: Some(values("container-image", "The images found")),
        attribute: "container-image",
        types: &WORKLOADS,
        run: workload::get_image,
    },
    Function {
        name: "get-int-path",
        description: "Lists the integer values at a path",
        parameters: &[RESOURCE_TYPE, PATH],
        repeats_last: false,
        output: Some(values("path", "The values found")),
        attribute: "",
        types: ANY,
        run: paths::get_path,
    },
    Function {
        name: "get-namespace",
        description: "Lists the namespaces that resources name",
        parameters: &[],
        repeats_last: false,
        output: Some(values("namespace-name", "The namespaces found")),
        attribute: "namespace-name-reference",
        types: ANY,
        run: metadata::get_namespace,
    },
    Function {
        name: "get-placeholders",
        description: "Lists the places that still hold a placeholder",
        parameters: &[],
        repeats_last: false,
        output: Some(values("path", "The places found")),
        attribute: "",
        types: ANY,
        run: placeholders::get_placeholders,
    },
    Function {
        name: "get-replicas",
        description: "Lists the replicas of workload controllers",
        parameters: &[],
        repeats_last: false,
        output: Some(values("replicas", "The numbers found")),
        attribute: "replicas",
        types: &SCALED,
        run: workload::get_replicas,
    },
    Function {
        name: "get-string-path",
        description: "Lists the string values at a path",
        parameters: &[RESOURCE_TYPE, PATH],
        repeats_last: false,
        output: Some(values("path", "The values found")),
        attribute: "",
        types: ANY,
        run: paths::get_path,
    },
    Function {
        name: "no-placeholders",
        description: "Passes when no placeholder is left",
        parameters: &[],
        repeats_last: false,
        output: Some(Output { name: "passed", kind: "ValidationResult", description: "Whether none is left" }),
        attribute: "",
        types: ANY,
        run: placeholders::no_placeholders,
    },
    Function {
        name: "set-annotation",
        description: "Sets an annotation of every resource",
        parameters: &[text("annotation-key", "Its key"), text("annotation-value", "Its value")],
        repeats_last: false,
        output: None,
        attribute: "annotation-value",
        types: ANY,
        run: metadata::set_annotation,
    },
    Function {
        name: "set-bool-path",
        description: "Sets a boolean value at a path, also a new one",
        parameters: &[RESOURCE_TYPE, PATH, BOOLEAN_VALUE],
        repeats_last: false,
        output: None,
        attribute: "",
        types: ANY,
        run: paths::set_path,
    },
    Function {
        name: "set-env",
        description: "Sets, adds or removes environment variables of a container",
        parameters: &[CONTAINER, PAIR],
        repeats_last: true,
        output: None,
        attribute: "",
        types: &WORKLOADS,
        run: workload::set_env,
    },
    Function {
        name: "set-env-var",
        description: "Sets an environment variable that a container has",
        parameters: &[CONTAINER, VARIABLE, text("env-value", "The new value")],
        repeats_last: false,
        output: None,
        attribute: "env-value",
        types: &WORKLOADS,
        run: workload::set_env_var,
    },
    Function {
        name: "set-image",
        description: "Sets the image of a container",
        parameters: &[CONTAINER, IMAGE],
        repeats_last: false,
        output: None,
        attribute: "container-image",
        types: &WORKLOADS,
        run: workload::set_image,
    },
    Function {
        name: "set-image-reference",
        description: "Sets the tag or digest of the image of a container",
        parameters: &[CONTAINER, REFERENCE],
        repeats_last: false,
        output: None,
        attribute: "container-image-reference",
        types: &WORKLOADS,
        run: workload::set_image_reference,
    },
    Function {
        name: "set-int-path",
        description: "Sets an integer value at a path, also a new one",
        parameters: &[RESOURCE_TYPE, PATH, INTEGER_VALUE],
        repeats_last: false,
        output: None,
        attribute: "",
        types: ANY,
        run: paths::set_path,
    },
    Function {
        name: "set-label",
        description: "Sets a label of every resource",
        parameters: &[text("label-key", "Its key"), text("label-value", "Its value")],
        repeats_last: false,
        output: None,
        attribute: "label-value",
        types: ANY,
        run: metadata::set_label,
    },
    Function {
        name: "set-namespace",
        description: "Sets the namespace of resources that name one",
        parameters: &[text("namespace-name", "The namespace")],
        repeats_last: false,
        output: None,
        attribute: "namespace-name-reference",
        types: ANY,
        run: metadata::set_namespace,
    },
    Function {
        name: "set-replicas",
        description: "Sets the replicas of workload controllers that give them",
        parameters: &[REPLICAS],
        repeats_last: false,
        output: None,
        attribute: "replicas",
        types: &SCALED,
        run: workload::set_replicas,
    },
    Function {
        name: "set-string-path",
        description: "Sets a string value at a path, also a new one",
        parameters: &[RESOURCE_TYPE, PATH, TEXT_VALUE],
        repeats_last: false,
        output: None,
        attribute: "",
        types: ANY,
        run: paths::set_path,
    },
];

/// The function of this name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The signatures, by toolchain and name, as the description's function lists give them.
pub(crate) fn signatures() -> Json {
    let signatures: serde_json::Map<String, Json> =
        FUNCTIONS.iter().map(|function| (function.name.to_owned(), function.signature())).collect();
    json!({"Kubernetes/YAML": signatures})
}

impl Function {
    pub(super) fn is_validating(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.kind == "ValidationResult")
    }

    fn signature(&self) -> Json {
        let mut signature = json!({
            "FunctionName": self.name,
            "Description": self.description,
            "Parameters": self.parameters.iter().map(Parameter::signature).collect::<Vec<_>>(),
            "RequiredParameters": self.parameters.iter().filter(|parameter| parameter.required).count(),
            "VarArgs": self.repeats_last,
            "Mutating": self.output.is_none(),
            "Validating": self.is_validating(),
            "Hermetic": true,
            "Idempotent": true,
            "FunctionType": if self.attribute.is_empty() { "Custom" } else { "PathVisitor" },
            "AttributeName": self.attribute,
            "AffectedResourceTypes": self.types,
        });
        if let Some(output) = &self.output {
            signature["OutputInfo"] = json!({
                "ResultName": output.name,
                "Description": output.description,
                "OutputType": output.kind,
            });
        }
        signature
    }
}

impl Parameter {
    fn signature(&self) -> Json {
        let mut signature = json!({
            "ParameterName": self.name,
            "Description": self.description,
            "Required": self.required,
            "DataType": match self.kind {
                ParameterType::Text => "string",
                ParameterType::Integer => "int",
                ParameterType::Boolean => "bool",
            },
        });
        if let Some(pattern) = self.pattern {
            signature["Regexp"] = json!(pattern);
        }
        if let Some(minimum) = self.minimum {
            signature["Min"] = json!(minimum);
        }
        signature
    }
}
