//! Functions on configuration: `run` with parameters as flags, `function do` with them as words, and the list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change_set::change_set_id;
use super::function_output;
use super::unit::filter_id;
use super::unit_change::await_triggers;
use crate::api::Call;
use crate::contract::{Arity, Command, Contract, Era, Flag, FlagKind};
use crate::cub::Cub;
use crate::entity::{TARGET, UNIT, WORKER, condition_of_names};
use crate::failure::Failure;
use crate::model::{NIL, compact, text};
use crate::session::Home;
use crate::table::Table;

/// File with the functions the server listed, by entity (`builtin`), toolchain and name.
const FILE: &str = "functions.json";

/// What the list says about a function.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Signature {
    function_name: String,
    parameters: Vec<Parameter>,
    var_args: bool,
    description: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Parameter {
    #[serde(rename = "ParameterName")]
    name: String,
    description: String,
    required: bool,
    /// `string`, `int` or `bool`; anything else is taken as text.
    data_type: String,
}

/// The functions that `run` knows: those that were saved at login or by `run --reload`.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    /// By the path of their commands: `run set-replicas`.
    by_path: BTreeMap<String, Signature>,
}

impl Functions {
    /// The saved functions; none when there is no readable file, as the client has it.
    pub(crate) fn saved(home: &Home) -> Self {
        let text = home.read(FILE).ok().flatten().unwrap_or_default();
        let saved: Value = serde_json::from_str(&text).unwrap_or_default();
        let toolchains = saved["builtin"].as_object().into_iter().flatten();
        let signatures = toolchains.flat_map(|(_, functions)| functions.as_object().into_iter().flatten());
        let mut by_path = BTreeMap::new();
        for (name, signature) in signatures {
            if let Ok(signature) = serde_json::from_value(signature.clone()) {
                by_path.entry(format!("run {name}")).or_insert(signature);
            }
        }
        Self { by_path }
    }

    /// Adds a command for each function, with its parameters as flags.
    pub(crate) fn add_to<'t>(&'t self, contract: &mut Contract<'t>, era: Era) {
        for (path, signature) in &self.by_path {
            let flags = signature.parameters.iter().map(Parameter::flag).collect();
            contract.add_command(Command {
                path,
                usage: "[flags]",
                arity: Arity::Any,
                flags,
                all_spaces: era == Era::October2025,
                about: &signature.description,
            });
        }
    }
}

impl Parameter {
    fn flag(&self) -> Flag<'_> {
        let kind = match self.data_type.as_str() {
            "int" => FlagKind::Int,
            "bool" => FlagKind::Bool,
            _ => FlagKind::Text,
        };
        Flag { name: &self.name, kind, short: None, default: "", help: &self.description }
    }

    /// The argument as the flag's type; `None` when it was not given.
    fn argument(&self, cub: &Cub<'_, '_>) -> Option<Value> {
        let name = self.name.as_str();
        let written = cub.flags.text(name);
        cub.flags.given(name).then(|| match self.data_type.as_str() {
            "int" => json!(written.parse::<i64>().unwrap_or_default()),
            "bool" => json!(written == "true"),
            _ => json!(written),
        })
    }
}

/// `cub run FUNCTION --PARAMETER VALUE …`; leading parameters may also be given as words.
pub(super) async fn run_with_flags(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    let mut functions = Functions::saved(&cub.home);
    let Some(function) = functions.by_path.remove(path) else {
        return Err(Failure::failed(format!("unknown command {path:?} for \"cub\"")));
    };
    let mut arguments = Vec::new();
    for (position, parameter) in function.parameters.iter().enumerate() {
        let value = match cub.args.get(position) {
            Some(word) => Some(json!(word)),
            None => parameter.argument(cub),
        };
        match value {
            Some(value) => arguments.push(json!({"ParameterName": parameter.name, "Value": value})),
            None if parameter.required => {
                return Err(Failure::failed(format!("required parameter '{}' not provided", parameter.name)));
            }
            None => {}
        }
    }
    if let Some(last) = function.parameters.last().filter(|_| function.var_args) {
        for word in cub.args.iter().skip(function.parameters.len()) {
            arguments.push(json!({"ParameterName": last.name, "Value": word}));
        }
    }
    let name = path.strip_prefix("run ").unwrap_or(path).to_owned();
    invoke(cub, &name, arguments).await
}

/// `cub function do FUNCTION WORD… --PARAMETER=VALUE…`
pub(super) async fn run_words(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let arguments = arguments(&cub.args[1..])?;
    let name = cub.args[0].clone();
    invoke(cub, &name, arguments).await
}

/// `cub function exec FILE`: the functions that a file lists, one a line, in one request.
pub(super) async fn exec(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let source = cub.args[0].clone();
    let invocations = listed_in(cub, &source)?;
    send(cub, invocations).await
}

/// The same for the units of a condition, without a word about the answers.
pub(super) async fn exec_quietly(cub: &mut Cub<'_, '_>, source: &str, condition: &str) -> Result<(), Failure> {
    let invocations = listed_in(cub, source)?;
    let body = request(cub, invocations).await?;
    let path = format!("/space/{}/function/invoke", cub.space.id);
    cub.call(Call::post(path, &body).with("where", condition).declaring(&[422])).await.map(|_| ())
}

/// The invocations that the lines of a file are.
fn listed_in(cub: &mut Cub<'_, '_>, source: &str) -> Result<Vec<Value>, Failure> {
    let listed = cub.content(source)?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let mut invocations = Vec::new();
    for line in listed.lines() {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if let Some((function, words)) = words.split_first() {
            invocations.push(invocation(function, arguments(words)?));
        }
    }
    Ok(invocations)
}

/// Arguments given as words: values in order, then `--PARAMETER=VALUE`.
pub(super) fn arguments(words: &[String]) -> Result<Vec<Value>, Failure> {
    let (mut arguments, mut named) = (Vec::new(), false);
    for word in words {
        if let Some((name, value)) = word.strip_prefix("--").and_then(|word| word.split_once('=')) {
            named = true;
            arguments.push(json!({"ParameterName": name, "Value": value}));
        } else if named {
            return Err(Failure::failed(format!("positional argument '{word}' cannot follow named arguments")));
        } else {
            arguments.push(json!({"Value": word}));
        }
    }
    Ok(arguments)
}

async fn invoke(cub: &mut Cub<'_, '_>, function: &str, arguments: Vec<Value>) -> Result<(), Failure> {
    send(cub, vec![invocation(function, arguments)]).await
}

fn invocation(function: &str, arguments: Vec<Value>) -> Value {
    let arguments = if arguments.is_empty() { Value::Null } else { arguments.into() };
    json!({"FunctionName": function, "Arguments": arguments})
}

async fn send(cub: &mut Cub<'_, '_>, invocations: Vec<Value>) -> Result<(), Failure> {
    let names = cub.flags.list("unit").to_vec();
    if !names.is_empty() && cub.flags.given("where") {
        return Err(Failure::failed("--unit and --where flags are mutually exclusive"));
    }
    let condition =
        if names.is_empty() { cub.flags.text("where").to_owned() } else { condition_of_names(&names, "UnitID")? };
    // A parameter of the function that is called so takes the flag for itself.
    let arguments = invocations.iter().flat_map(|one| one["Arguments"].as_array().into_iter().flatten());
    let is_parameter = arguments.into_iter().any(|argument| argument["ParameterName"] == "resource-type");
    let body = request(cub, invocations).await?;
    let path = if cub.space.is_all() {
        "/function/invoke".to_owned()
    } else {
        format!("/space/{}/function/invoke", cub.space.id)
    };
    let dry_run = if cub.flags.on("dry-run") { "true" } else { "" };
    let (set, filter) = (change_set_id(cub).await?, filter_id(cub).await?);
    let data = cub.flags.text("where-data").to_owned();
    let resource_type = if is_parameter { String::new() } else { cub.flags.text("resource-type").to_owned() };
    let call = Call::post(path, &body)
        .with("where", condition)
        .with("dry_run", dry_run)
        .with("where_data", data)
        .with("resource_type", resource_type)
        .with("change_set_id", set)
        .with("filter", filter)
        .declaring(&[422]);
    let in_all_spaces = cub.space.is_all();
    let answers = cub.call(call).await.map_err(|failure| match failure {
        Failure::Failed(reason) if in_all_spaces => {
            Failure::failed(format!("failed to invoke function on org: {reason}"))
        }
        other => other,
    })?;
    let answers = answers.as_array().cloned().unwrap_or_default();
    function_output::print(cub, &answers)?;
    // `run` declares its wait as off, but all commands share one switch, which is on (recorded runs).
    if cub.flags.on("wait") || !cub.flags.given("wait") {
        await_all(cub, &answers).await?;
    }
    Ok(())
}

async fn request(cub: &mut Cub<'_, '_>, invocations: Vec<Value>) -> Result<Value, Failure> {
    let worker = cub.flags.text("worker").to_owned();
    let worker = match worker.as_str() {
        "" => Value::Null,
        name => cub.find(&WORKER, name).await?["BridgeWorkerID"].clone(),
    };
    let mut body = json!({
        "BridgeWorkerID": worker,
        "CastStringArgsToScalars": true,
        "FunctionInvocations": invocations,
    });
    for (flag, field) in [("use-worker", "UseFunctionWorker"), ("combine", "CombineResults")] {
        if cub.flags.on(flag) {
            body[field] = true.into();
        }
    }
    if !cub.flags.text("change-desc").is_empty() {
        body["ChangeDescription"] = cub.flags.text("change-desc").into();
    }
    Ok(body)
}

async fn await_all(cub: &mut Cub<'_, '_>, answers: &[Value]) -> Result<(), Failure> {
    let shows_one_thing = ["quiet", "data-only", "output-only", "output-values-only"];
    if !shows_one_thing.iter().any(|flag| cub.flags.on(flag)) {
        cub.streams.line("Awaiting triggers...")?;
    }
    for answer in answers.iter().filter(|answer| text(answer, "UnitID") != NIL) {
        let unit = cub.by_id(&UNIT, text(answer, "SpaceID"), text(answer, "UnitID"), "").await?["Unit"].clone();
        await_triggers(cub, unit).await?;
    }
    Ok(())
}

pub(super) async fn reload(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    save_list(cub).await?;
    let file = cub.home.path(FILE).display().to_string();
    cub.streams.line(&format!("Function list saved to {file}"))
}

/// Asks for the functions of the space, or of a target, worker or unit in it, and saves them. Gives them by
/// toolchain and name.
pub(super) async fn save_list(cub: &mut Cub<'_, '_>) -> Result<Value, Failure> {
    let (entity, id) = asked_entity(cub).await?;
    let path = if cub.space.is_all() { "/function".to_owned() } else { format!("/space/{}/function", cub.space.id) };
    let functions = cub.call(Call::get(path).with("entity", entity).with("id", &id)).await?;
    let text = cub.home.read(FILE).ok().flatten().unwrap_or_default();
    let mut all: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!({}));
    all[if id.is_empty() { "builtin" } else { &id }] = functions.clone();
    let saved = cub.home.write(FILE, &compact(&all));
    saved.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(functions)
}

/// The kind and id of the entity that `--target`, `--worker` or `--unit` names; empty without one.
async fn asked_entity(cub: &mut Cub<'_, '_>) -> Result<(&'static str, String), Failure> {
    let kinds = [("target", &TARGET), ("worker", &WORKER), ("unit", &UNIT)];
    let asked = kinds.into_iter().find(|(flag, _)| !cub.flags.text(flag).is_empty());
    let Some((flag, kind)) = asked else { return Ok(("", String::new())) };
    if cub.space.is_all() {
        return Err(Failure::failed("cannot use --space '*' with --target, --worker, or --unit flags"));
    }
    let name = cub.flags.text(flag).to_owned();
    let found = cub.find(kind, &name).await;
    let found = found.map_err(|failure| match failure {
        Failure::Failed(reason) => Failure::failed(format!("failed to get {flag} '{name}': {reason}")),
        other => other,
    })?;
    Ok((flag, text(&found, kind.id).to_owned()))
}

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let asked = cub.flags.text("toolchain").to_owned();
    let functions = save_list(cub).await?;
    let header = ["ToolchainType", "FunctionName", "Mutating", "Validating", "Description"];
    let mut table = Table::with_header(&header, cub.shows_header());
    let mut names = Table::new();
    let toolchains = functions.as_object().into_iter().flatten();
    for (toolchain, functions) in toolchains.filter(|(toolchain, _)| asked.is_empty() || **toolchain == asked) {
        for (name, signature) in functions.as_object().into_iter().flatten() {
            let flag = |field: &str| signature[field].as_bool().unwrap_or_default().to_string();
            let description = text(signature, "Description").to_owned();
            table.row([toolchain.clone(), name.clone(), flag("Mutating"), flag("Validating"), description]);
            names.row([name]);
        }
    }
    if cub.flags.on("names") {
        cub.streams.print(&names.render())?;
    } else if !cub.flags.on("quiet") && !cub.has_other_output() {
        cub.streams.print(&table.render())?;
    }
    cub.print_json_and_jq(&functions)
}

pub(super) async fn explain(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (name, toolchain) = (cub.args[0].clone(), cub.flags.text("toolchain").to_owned());
    let functions = save_list(cub).await?;
    let of_toolchain = functions.get(&toolchain);
    let of_toolchain = of_toolchain.ok_or_else(|| Failure::failed(format!("Toolchain {toolchain} not found")))?;
    let function = of_toolchain.get(&name);
    let function = function.ok_or_else(|| Failure::failed(format!("Function {name} not found")))?;
    function_output::explain(cub, &toolchain, &name, function)
}
