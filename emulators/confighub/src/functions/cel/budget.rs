//! How much work an expression may be.
//!
//! Three macros within each other go over a list of ten thousand items a million million times, and nothing in the
//! language ends that. So what goes over lists and texts is written anew with a call around each list and text,
//! which takes its length from a budget and is an error once that is used up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, operators};
use cel::objects::Key;
use cel::{Context, ExecutionError, Value};

/// The steps of one call of the function: an item of a list that is gone over, or so many bytes of a text.
pub(super) const MOST_STEPS: u64 = 200_000;
const BYTES_A_STEP: usize = 64;

/// The function that takes the length of its argument from the budget, and the one that takes that of all in it.
/// No expression can call them: no name has such a sign.
const COUNTED: &str = "@counted";
const COUNTED_DEEP: &str = "@counted_deep";

/// A budget for all that is evaluated in contexts that know it.
#[derive(Debug, Default, Clone)]
pub(super) struct Budget(Arc<AtomicU64>);

impl Budget {
    /// Lets expressions of [`counted`] be evaluated in a context, and take from this budget.
    pub(super) fn join(&self, context: &mut Context<'_, '_>) -> Result<(), String> {
        for (name, weight) in [(COUNTED, shallow as fn(&Value) -> u64), (COUNTED_DEEP, deep)] {
            let budget = self.clone();
            let function = move |value: Value| budget.take(weight(&value)).map(|()| value);
            context.add_function(name, function).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn take(&self, steps: u64) -> Result<(), ExecutionError> {
        let taken = self.0.fetch_add(steps, Ordering::Relaxed).saturating_add(steps);
        if taken <= MOST_STEPS {
            return Ok(());
        }
        let message = format!("more than {MOST_STEPS} steps over lists and texts");
        Err(ExecutionError::function_error("cel-validate", message))
    }

    /// How much was taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn steps(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn shallow(value: &Value) -> u64 {
    1 + match value {
        Value::List(items) => steps(items.len()),
        Value::Map(entries) => steps(entries.map.len()),
        Value::String(text) => steps(text.len() / BYTES_A_STEP),
        Value::Bytes(bytes) => steps(bytes.len() / BYTES_A_STEP),
        _ => 0,
    }
}

fn deep(value: &Value) -> u64 {
    let of_key = |key: &Key| match key {
        Key::String(text) => steps(text.len() / BYTES_A_STEP),
        _ => 0,
    };
    match value {
        Value::List(items) => 1 + items.iter().map(deep).sum::<u64>(),
        Value::Map(entries) => 1 + entries.map.iter().map(|(key, value)| of_key(key) + deep(value)).sum::<u64>(),
        other => shallow(other),
    }
}

/// The same expression, whose evaluation takes from a budget.
pub(super) fn counted(expression: &IdedExpr) -> IdedExpr {
    let mut copy = expression.clone();
    count(&mut copy);
    copy
}

fn count(expression: &mut IdedExpr) {
    match &mut expression.expr {
        Expr::Select(select) => count(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(count),
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| {
            if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                count(&mut entry.key);
                count(&mut entry.value);
            }
        }),
        Expr::Call(call) => {
            let CallExpr { func_name, target, args } = call;
            let operands = target.iter_mut().map(AsMut::as_mut).chain(args);
            let weigh = weigher(func_name);
            operands.for_each(|operand| {
                count(operand);
                if let Some(weigh) = weigh.filter(|_| can_be_long(&operand.expr)) {
                    wrap(operand, weigh);
                }
            });
        }
        Expr::Comprehension(all) => {
            for part in
                [&mut all.iter_range, &mut all.accu_init, &mut all.loop_cond, &mut all.loop_step, &mut all.result]
            {
                count(part);
            }
            wrap(&mut all.iter_range, COUNTED);
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}

/// Which weight the operands of a function have; `None` where it does not go over them.
fn weigher(function: &str) -> Option<&'static str> {
    match function {
        operators::CONDITIONAL
        | operators::LOGICAL_AND
        | operators::LOGICAL_OR
        | operators::LOGICAL_NOT
        | operators::NOT_STRICTLY_FALSE
        | operators::INDEX
        | operators::OPT_INDEX
        | operators::OPT_SELECT
        | operators::NEGATE => None,
        operators::EQUALS | operators::NOT_EQUALS | operators::IN => Some(COUNTED_DEEP),
        _ => Some(COUNTED),
    }
}

/// Whether an operand's value can be long without standing in the expression. The results of macros that are being
/// made, whose names begin with `@`, are as long as what was gone over; the crate must recognise them as they are.
fn can_be_long(operand: &Expr) -> bool {
    match operand {
        Expr::Ident(name) => !name.starts_with('@'),
        Expr::Select(_) | Expr::Call(_) | Expr::Comprehension(_) => true,
        Expr::List(_) | Expr::Map(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => false,
    }
}

fn wrap(expression: &mut IdedExpr, function: &str) {
    let argument = std::mem::take(expression);
    let id = argument.id;
    let call = CallExpr { func_name: function.to_owned(), target: None, args: vec![argument] };
    *expression = IdedExpr { id, expr: Expr::Call(call) };
}

#[cfg(test)]
mod tests {
    use cel::Program;
    use proptest::prelude::*;

    use super::*;

    fn numbers(count: u32) -> Value {
        Value::List(Arc::new((0..count).map(|number| Value::Float(number.into())).collect()))
    }

    /// What an expression on a list `l` and a text `t` gives, and how many steps it takes.
    fn evaluated(text: &str, count: u32) -> (Result<Value, ExecutionError>, u64) {
        let program = Program::compile(text).unwrap();
        let budget = Budget::default();
        let mut context = Context::default();
        context.add_variable_from_value("l", numbers(count));
        context.add_variable_from_value("t", Value::String(Arc::new("x".repeat(64 * count as usize))));
        budget.join(&mut context).unwrap();
        (Value::resolve(&counted(program.expression()), &context), budget.taken())
    }

    #[test]
    fn work_is_counted_and_ends() {
        for (text, steps) in [
            ("l.all(a, true)", 101),
            ("l.all(a, l.all(b, true))", 101 * 101),
            ("l.all(a, l[0] == a || true)", 101 + 2 * 100),
            ("l == l", 2 * 101),
            ("t.contains('y')", 101),
            ("l.map(a, a).all(b, true)", 2 * 101),
            ("l.all(a, true) && l.all(a, true)", 2 * 101),
        ] {
            assert_eq!(evaluated(text, 100).1, steps, "{text}");
        }
        for text in [
            "l.all(a, l.all(b, l.all(c, true)))",
            "l.map(a, l.map(b, l.map(c, c))).size() > 0",
            "l.map(a, t + t + t).size() > 0",
            "l.all(a, t.matches('x'))",
            "l.filter(a, l == l).size() > 0",
            "l.all(a, l in [l])",
        ] {
            let (outcome, taken) = evaluated(text, 3000);
            let error = outcome.expect_err(text).to_string();
            assert!(error.contains("steps over lists and texts"), "{text}: {error}");
            // Macros keep an error back until their end, and each turn may take once more.
            assert!(taken < 3000 * MOST_STEPS, "{text}: {taken}");
        }
    }

    proptest! {
        #[test]
        fn what_is_counted_has_the_same_value(
            text in prop::sample::select(vec![
                "l.all(a, a < 9.0)",
                "l.exists(a, l.filter(b, b > a).size() == 2)",
                "l.exists_one(a, a == 1.0)",
                "l.map(a, a * 2.0) == l",
                "{'k': l}.k.size() > 3 ? l[0] == 0.0 : size(t) == 64",
                "t + 'y' != t && !(t in ['x']) && t.startsWith('x')",
                "l.map(a, {'v': a}).filter(m, has(m.v) && m.v > 1.0).size() > 1",
                "l.map(a, [a, a]).all(p, p[0] == p[1])",
            ]),
            count in 0_u32..8,
        ) {
            let mut context = Context::default();
            context.add_variable_from_value("l", numbers(count));
            context.add_variable_from_value("t", Value::String(Arc::new("x".repeat(64 * count as usize))));
            let plain = Program::compile(text).unwrap().execute(&context);
            prop_assert_eq!(format!("{:?}", evaluated(text, count).0), format!("{plain:?}"));
        }
    }
}
