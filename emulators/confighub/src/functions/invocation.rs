//! Carrying out a list of functions on one unit's data (`FunctionInvocationRequest` of the worker protocol).

use serde_json::{Value as Json, json};
use stagegate_configuration::mutation::{self, ResourceMutation, compute_mutations};
use stagegate_configuration::yaml::{documents, text};

use super::arguments::{Argument, Arguments};
use super::call::{Call, Context, Output, Validation};
use super::catalogue;
use super::error::InvocationError;
use super::signature::Function;

/// A function with its arguments, as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Argument>,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request<'a> {
    pub(crate) context: Context,
    pub(crate) data: &'a str,
    pub(crate) live_state: &'a str,
    /// Whether numbers and booleans may be given as text.
    pub(crate) cast_arguments: bool,
    /// How many of the first validating functions only decide whether to go on.
    pub(crate) filters: usize,
    pub(crate) stop_on_error: bool,
    /// Whether validating functions give one result together.
    pub(crate) combine_results: bool,
    pub(crate) functions: &'a [Named],
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Response {
    pub(crate) data: String,
    pub(crate) success: bool,
    /// `Null` where no function answered.
    pub(crate) output: Json,
    pub(crate) output_type: &'static str,
    pub(crate) mutations: Json,
    /// The places of the functions that changed the text of the data.
    pub(crate) mutators: Vec<usize>,
    /// The data as each of the mutators left it.
    pub(crate) steps: Vec<String>,
    pub(crate) messages: Vec<String>,
}

impl Response {
    /// Whether anything is changed but the way the data is written.
    pub(crate) fn has_changes(&self) -> bool {
        let resources = self.mutations.as_array().map(Vec::as_slice).unwrap_or_default();
        resources.iter().any(|resource| resource["ResourceMutationInfo"]["MutationType"] != "None")
    }
}

/// Carries out functions one after the other.
pub(crate) fn invoke(request: &Request<'_>) -> Result<Response, InvocationError> {
    let mut run = Run {
        request,
        data: request.data.to_owned(),
        filters: request.filters,
        failed: false,
        output: None,
        mutations: Vec::new(),
        mutators: Vec::new(),
        steps: Vec::new(),
        messages: Vec::new(),
    };
    for (index, named) in request.functions.iter().enumerate() {
        if run.function(index, named)? == Flow::Stop {
            break;
        }
    }
    let (output, output_type) = run.output.as_ref().map_or((Json::Null, ""), Collected::json);
    Ok(Response {
        data: run.data,
        success: !run.failed,
        output,
        output_type,
        mutations: json!(run.mutations),
        mutators: run.mutators,
        steps: run.steps,
        messages: run.messages,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continue,
    Stop,
}

struct Run<'a> {
    request: &'a Request<'a>,
    data: String,
    filters: usize,
    failed: bool,
    output: Option<Collected>,
    mutations: Vec<ResourceMutation>,
    mutators: Vec<usize>,
    steps: Vec<String>,
    messages: Vec<String>,
}

impl Run<'_> {
    fn function(&mut self, index: usize, named: &Named) -> Result<Flow, InvocationError> {
        let Some(function) = catalogue::find(&named.name) else {
            return Ok(self.fail(format!("invoke {}: function does not exist", named.name)));
        };
        let filters = function.is_validating() && self.filters > 0;
        if filters {
            self.filters -= 1;
        }
        let arguments = match Arguments::bind(function, &named.arguments, self.request.cast_arguments) {
            Ok(arguments) => arguments,
            Err(error) => return Ok(self.fail(error)),
        };
        let mut data = documents(&self.data)?;
        let returned = (function.run)(&mut Call {
            function,
            context: &self.request.context,
            data: &mut data,
            arguments: &arguments,
            live_state: self.request.live_state,
        });
        if let Some(what) = returned.unsupported {
            return Err(InvocationError::NotSupported(what));
        }
        if !returned.errors.is_empty() {
            if self.fail(returned.errors.join("\n")) == Flow::Stop {
                return Ok(Flow::Stop);
            }
        } else if filters && !matches!(&returned.output, Some(Output::Validation(result)) if result.passed) {
            return Ok(Flow::Stop);
        }
        if function.mutating {
            self.keep(index, &data)?;
        }
        if let Some(output) = returned.output {
            self.collect(index, function, output);
        }
        Ok(Flow::Continue)
    }

    fn fail(&mut self, message: String) -> Flow {
        self.messages.push(message);
        self.failed = true;
        if self.request.stop_on_error { Flow::Stop } else { Flow::Continue }
    }

    /// Takes data over as a function left it, and what changed.
    fn keep(&mut self, index: usize, data: &[stagegate_configuration::yaml::Document]) -> Result<(), InvocationError> {
        let new = text(data);
        if new == self.data {
            return Ok(());
        }
        let previous = documents(&self.data)?;
        let number = i64::try_from(index).unwrap_or(i64::MAX);
        let more = compute_mutations(&previous, data, number).map_err(InvocationError::Mutations)?;
        mutation::add(&mut self.mutations, more);
        self.mutators.push(index);
        self.steps.push(new.clone());
        self.data = new;
        Ok(())
    }

    fn collect(&mut self, index: usize, function: &Function, output: Output) {
        let combine = self.request.combine_results;
        let Some(collected) = &mut self.output else {
            let first = Collected::first(index, output, combine);
            self.tell_failed(index, function, first.is_failed());
            self.output = Some(first);
            return;
        };
        let instance = self.request.context.instance();
        match collected.add(index, output, combine) {
            Added::Yes { failed } => self.tell_failed(index, function, failed),
            Added::Unmergeable => {
                self.messages.push(format!("functions with unmergeable output types; output of {instance} discarded"));
            }
            Added::Incompatible => {
                self.messages.push(format!("functions with incompatible output types; output of {instance} discarded"));
            }
        }
    }

    fn tell_failed(&mut self, index: usize, function: &Function, failed: bool) {
        if failed {
            let instance = self.request.context.instance();
            self.messages.push(format!("function failed: {} at {index} on {instance}", function.name));
        }
    }
}

/// What functions answered so far.
enum Collected {
    List(&'static str, Vec<Json>),
    Validations(Vec<Validation>),
    /// One result for all validating functions.
    Validation(Validation),
    One(&'static str, Json),
}

enum Added {
    Yes { failed: bool },
    Unmergeable,
    Incompatible,
}

impl Collected {
    fn first(index: usize, output: Output, combine: bool) -> Self {
        match output {
            Output::Validation(result) if combine => Self::Validation(result),
            Output::Validation(result) => Self::Validations(vec![Validation { index, ..result }]),
            Output::AttributeValues(list) => Self::List("AttributeValueList", list),
            Output::ResourceInfos(list) => Self::List("ResourceInfoList", list),
            Output::Resources(list) => Self::List("ResourceList", list),
            Output::Mutations(list) => Self::One("ResourceMutationList", list),
            Output::Yaml(text) => Self::One("YAML", json!({"Payload": text})),
        }
    }

    fn is_failed(&self) -> bool {
        match self {
            Self::Validation(result) => !result.passed,
            Self::Validations(results) => results.iter().any(|result| !result.passed),
            _ => false,
        }
    }

    fn add(&mut self, index: usize, output: Output, combine: bool) -> Added {
        match (self, Self::first(index, output, combine)) {
            (Self::List(kind, list), Self::List(new_kind, more)) if *kind == new_kind => {
                list.extend(more);
                Added::Yes { failed: false }
            }
            (Self::Validations(results), Self::Validations(more)) => {
                let failed = more.iter().any(|result| !result.passed);
                results.extend(more);
                Added::Yes { failed }
            }
            (Self::Validation(result), Self::Validation(mut new)) => {
                let failed = !new.passed;
                new.passed &= result.passed;
                new.details.append(&mut result.details);
                *result = new;
                Added::Yes { failed }
            }
            (Self::One(kind, _), Self::One(new_kind, _)) if *kind == new_kind => Added::Unmergeable,
            _ => Added::Incompatible,
        }
    }

    fn json(&self) -> (Json, &'static str) {
        match self {
            Self::List(kind, list) => (json!(list), kind),
            Self::Validations(results) => {
                (results.iter().map(Validation::json).collect(), super::signature::VALIDATION)
            }
            Self::Validation(result) => (result.json(), super::signature::VALIDATION),
            Self::One(kind, value) => (value.clone(), kind),
        }
    }
}
