//! Requests and limits of containers.

use std::cmp::Ordering;

use stagegate_configuration::yaml::{AccessError, New, Node, Value, escaped, node_text, parse_first, value};

use super::call::{Call, Returned};
use super::quantity::Quantity;
use super::registry::{self, CONTAINER_RESOURCES};
use super::visit::visit;

/// When a present value gives way to the one that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Always.
    All,
    /// When it is larger.
    Cap,
    /// When it is smaller.
    Floor,
}

/// One resource with the value that its request or limit should have.
pub(super) struct Wanted {
    pub(super) path: [&'static str; 2],
    pub(super) text: String,
    pub(super) quantity: Quantity,
}

/// `set-container-resources`
pub(super) fn set_container_resources(call: &mut Call<'_>) -> Returned {
    let operation = match call.arguments.text(1).as_str() {
        "all" => Operation::All,
        "cap" => Operation::Cap,
        "floor" => Operation::Floor,
        other => return Returned::failed(format!("invalid operation {other}")),
    };
    let factor = call.arguments.integer(4);
    let mut wanted = Vec::new();
    for (name, text) in [("cpu", call.arguments.text(2)), ("memory", call.arguments.text(3))] {
        if text.is_empty() {
            continue;
        }
        let quantity = match Quantity::parse(&text) {
            Ok(quantity) => quantity,
            Err(error) => return Returned::failed(format!("invalid {name} {text}: {error}")),
        };
        let limit = quantity.times(factor);
        wanted.push(Wanted { path: ["requests", name], text, quantity });
        wanted.push(Wanted { path: ["limits", name], text: limit.text(), quantity: limit });
    }
    if wanted.is_empty() {
        return Returned::failed("must specify at least one of cpu and memory");
    }
    // Requests come before limits.
    wanted.sort_by_key(|wanted| wanted.path[0] == "limits");
    if factor == 0 {
        wanted.retain(|wanted| wanted.path[0] == "requests");
    }
    let keys = [escaped(&call.arguments.text(0))];
    Returned::changed(visit(call.data, registry::paths(CONTAINER_RESOURCES), &keys, false, |document, place| {
        let Some(present) = place.node(document) else { return Ok(()) };
        let before = node_text(present);
        // What cannot be set is left as it is.
        let Ok(new) = with_resources(present, operation, &wanted, factor == 0) else { return Ok(()) };
        if node_text(&new) != before {
            let set = document.root.set(&place.segments, &New::Node(new));
            set.map_err(|error| error.to_string())?;
        }
        Ok(())
    }))
}

/// A container's `resources` with what is wanted.
pub(super) fn with_resources(
    present: &Node,
    operation: Operation,
    wanted: &[Wanted],
    without_limits: bool,
) -> Result<Node, AccessError> {
    // The executor works on what it reads of what it wrote.
    let read = parse_first(&node_text(present)).ok().flatten().map(|document| document.root);
    let mut resources = read.unwrap_or_else(|| Node::scalar("", ""));
    for Wanted { path, text, quantity } in wanted {
        let kept = resources
            .get(path)
            .and_then(|node| value(node, &resources))
            .filter(|_| operation != Operation::All)
            .and_then(|value| match value {
                Value::Text(text) => Quantity::parse(&text).ok().map(|present| (text, present)),
                _ => None,
            })
            .filter(|(_, present)| {
                let kept = if operation == Operation::Cap { Ordering::Less } else { Ordering::Greater };
                present.compare(*quantity) == kept
            });
        let text = kept.map_or_else(|| text.clone(), |(text, _)| text);
        resources.set(path, &New::text(text))?;
    }
    if without_limits && resources.place_of("limits").is_some() {
        resources.remove(&["limits"])?;
    }
    Ok(resources)
}
