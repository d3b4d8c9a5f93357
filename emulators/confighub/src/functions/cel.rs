//! `cel-validate`: expressions of the Common Expression Language on resources.

mod budget;

use std::collections::HashMap;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use cel::{Context, ExecutionError, Program};
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Value, value_of_last_keys};

use super::call::{Call, Output, Returned, Validation};
use budget::Budget;

/// How expressions name the resource.
const RESOURCE: &str = "r";

/// `cel-validate`
pub(super) fn cel_validate(call: &mut Call<'_>) -> Returned {
    let text = call.arguments.text(0);
    let program = match compile(&text) {
        Ok(program) => program,
        Err(error) => return Returned::told(Some(answer(false, Vec::new())), vec![error]),
    };
    let expression = budget::counted(program.expression());
    let budget = Budget::default();
    let (mut details, mut errors, mut passed) = (Vec::new(), Vec::new(), true);
    for document in call.data.iter() {
        let name = match ResourceInfo::name_of(document) {
            Ok(name) => name,
            Err(error) => {
                errors.push(format!("could not extract resource name: {error}"));
                "unknown".to_owned()
            }
        };
        let resource = value_of_last_keys(&document.root).unwrap_or(Value::Null);
        let mut context = Context::default();
        context.add_variable_from_value(RESOURCE, cel_value(&resource));
        if let Err(error) = budget.join(&mut context) {
            return Returned::told(Some(answer(false, details)), vec![error]);
        }
        match cel::Value::resolve(&expression, &context) {
            Ok(cel::Value::Bool(true)) => continue,
            Ok(_) => details.push(format!("resource {name} failed validation expression {text}")),
            Err(error) => {
                let error = wording(&error);
                errors.push(format!("validation expression {text} resulted in error on resource {name}: {error}"));
            }
        }
        passed = false;
    }
    if passed { Returned::with_validation(true) } else { Returned::told(Some(answer(false, details)), errors) }
}

fn answer(passed: bool, details: Vec<String>) -> Output {
    Output::Validation(Validation { passed, details, ..Validation::default() })
}

/// Compiles an expression that must be true or false, which is found out without running it.
fn compile(text: &str) -> Result<Program, String> {
    if operators(text) > MOST_OPERATORS {
        let shown: String = text.chars().take(80).collect();
        return Err(format!("failed to compile expression {shown}…: more than {MOST_OPERATORS} operators"));
    }
    let program = Program::compile(text).map_err(|errors| {
        format!("failed to compile expression {text}: {}", errors.to_string().replace("\n|", "\n |"))
    })?;
    if let Some(unknown) = unknown_name(&program.expression().expr, &mut vec![RESOURCE]) {
        let column = text.find(unknown).unwrap_or_default();
        let dots = ".".repeat(column);
        return Err(format!(
            "failed to compile expression {text}: ERROR: <input>:1:{}: undeclared reference to '{unknown}' (in \
             container '')\n | {text}\n | {dots}^",
            column + 1
        ));
    }
    if loops(&program.expression().expr) > MOST_LOOPS {
        return Err(format!("failed to compile expression {text}: more than {MOST_LOOPS} macros within each other"));
    }
    if is_boolean(&program.expression().expr) {
        Ok(program)
    } else {
        Err(format!("expression {text} does not evaluate to a boolean"))
    }
}

/// How many signs of an expression may begin a level of the tree that it is parsed to; strings count too. The
/// parser bounds brackets in brackets, but not how long a chain such as `r.a.a.a` may be, and whatever
/// walks the tree goes as deep as that.
const MOST_OPERATORS: usize = 250;

fn operators(text: &str) -> usize {
    text.replace("&&", "&").replace("||", "|").chars().filter(|sign| "+-*/%.[(?&|<>=!{".contains(*sign)).count()
}

/// The first name in an expression that stands for nothing; `known` are those that stand for something.
fn unknown_name<'e>(expression: &'e Expr, known: &mut Vec<&'e str>) -> Option<&'e str> {
    const TYPES: [&str; 10] = ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"];
    match expression {
        Expr::Ident(name) => (!known.contains(&name.as_str()) && !TYPES.contains(&name.as_str())).then_some(name),
        Expr::Select(select) => unknown_name(&select.operand.expr, known),
        Expr::Call(call) => {
            call.target.iter().map(AsRef::as_ref).chain(&call.args).find_map(|one| unknown_name(&one.expr, known))
        }
        Expr::List(list) => list.elements.iter().find_map(|one| unknown_name(&one.expr, known)),
        Expr::Map(map) => map.entries.iter().find_map(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => {
                unknown_name(&entry.key.expr, known).or_else(|| unknown_name(&entry.value.expr, known))
            }
            EntryExpr::StructField(_) => None,
        }),
        Expr::Comprehension(all) => {
            let outside =
                unknown_name(&all.iter_range.expr, known).or_else(|| unknown_name(&all.accu_init.expr, known));
            let before = known.len();
            known.extend([all.iter_var.as_str(), all.accu_var.as_str()]);
            known.extend(all.iter_var2.as_deref());
            let inside = || {
                [&all.loop_cond, &all.loop_step, &all.result].into_iter().find_map(|one| unknown_name(&one.expr, known))
            };
            let found = outside.or_else(inside);
            known.truncate(before);
            found
        }
        Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => None,
    }
}

/// How many macros such as `all` may be within each other; each goes over its list as often as the one around it.
const MOST_LOOPS: usize = 3;

fn loops(expression: &Expr) -> usize {
    match expression {
        Expr::Select(select) => loops(&select.operand.expr),
        Expr::Call(call) => {
            call.target.iter().map(AsRef::as_ref).chain(&call.args).map(|one| loops(&one.expr)).max().unwrap_or(0)
        }
        Expr::List(list) => list.elements.iter().map(|one| loops(&one.expr)).max().unwrap_or(0),
        Expr::Map(map) => {
            let of_entry = |entry: &EntryExpr| match entry {
                EntryExpr::MapEntry(entry) => loops(&entry.key.expr).max(loops(&entry.value.expr)),
                EntryExpr::StructField(_) => 0,
            };
            map.entries.iter().map(|entry| of_entry(&entry.expr)).max().unwrap_or(0)
        }
        Expr::Comprehension(all) => {
            let each = [&all.loop_cond, &all.loop_step, &all.result].into_iter().map(|one| loops(&one.expr));
            // The list itself is made once.
            loops(&all.iter_range.expr).max(1 + each.max().unwrap_or(0))
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => 0,
    }
}

/// Whether an expression's type is known to be boolean. Fields of the resource have no known type.
fn is_boolean(expression: &Expr) -> bool {
    const BOOLEAN: [&str; 11] = [
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::EQUALS,
        operators::NOT_EQUALS,
        operators::GREATER,
        operators::GREATER_EQUALS,
        operators::LESS,
        operators::LESS_EQUALS,
        operators::IN,
        "matches",
    ];
    match expression {
        Expr::Literal(LiteralValue::Boolean(_)) => true,
        Expr::Select(select) => select.test,
        Expr::Comprehension(all) => is_boolean(&all.result.expr) || is_boolean(&all.accu_init.expr),
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
            call.args.get(1..).unwrap_or_default().iter().all(|branch| is_boolean(&branch.expr))
        }
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            BOOLEAN.contains(&name) || matches!(name, "startsWith" | "endsWith" | "contains" | "bool")
        }
        _ => false,
    }
}

/// What a value is in expressions, where all numbers are of one kind.
fn cel_value(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Boolean(flag) => cel::Value::Bool(*flag),
        Value::Integer(number) => cel::Value::Float(as_float(*number)),
        Value::Unsigned(_) | Value::Float(_) => cel::Value::Float(value.json().as_f64().unwrap_or_default()),
        Value::Timestamp(text) | Value::Text(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Sequence(items) => cel::Value::List(Arc::new(items.iter().map(cel_value).collect())),
        Value::Mapping(entries) => {
            let entries: HashMap<String, cel::Value> =
                entries.iter().map(|(key, value)| (key.clone(), cel_value(value))).collect();
            cel::Value::Map(entries.into())
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of JSON are floating ones")]
fn as_float(number: i64) -> f64 {
    number as f64
}

/// An error in the executor's words, where they are known.
fn wording(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::IndexOutOfBounds(cel::Value::Int(index)) => format!("index out of bounds: {index}"),
        ExecutionError::NoSuchOverload(_) => "no such overload".to_owned(),
        other => other.to_string(),
    }
}
