//! The lines that use what a command gives: where a mutant may be told of besides its own place.

use std::collections::BTreeSet;

use tree_sitter::Node;

/// The lines of `script` that use what `command` gives: those of the pipeline, loop or function that it is a
/// part of, those that call the function, and those that read the variable that holds its output, or name the
/// file that does; by way of other variables too. For a trap those that make what it cleans up.
pub(crate) fn consumers(command: Node<'_>, script: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    let text = &script[command.byte_range()];
    if text.starts_with("trap ") {
        let makes = |line: &str| line.split_once('=').is_some_and(|(name, _)| is_name(name) && reads(text, name));
        lines.extend(lines_where(script, makes));
    }
    let mut node = command;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "pipeline" | "for_statement" | "while_statement" => lines.extend(lines_of(parent)),
            "function_definition" => {
                lines.extend(lines_of(parent));
                let name = parent.child_by_field_name("name").map_or("", |name| &script[name.byte_range()]);
                lines.extend(lines_where(script, |line| line.trim() == name));
            }
            "variable_assignment" => {
                let name = parent.child_by_field_name("name").map_or("", |name| &script[name.byte_range()]);
                lines.extend(readers(name, script));
            }
            "redirected_statement" => lines.extend(readers_of_file(parent, script)),
            _ => {}
        }
        node = parent;
    }
    lines
}

fn lines_of(node: Node<'_>) -> std::ops::RangeInclusive<usize> {
    node.start_position().row + 1..=node.end_position().row + 1
}

fn lines_where(script: &str, wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = usize> {
    script.lines().enumerate().filter(move |(_, line)| wanted(line)).map(|(index, _)| index + 1)
}

/// The lines that read variable `name`, or one that is made of it.
fn readers(name: &str, script: &str) -> BTreeSet<usize> {
    let (mut lines, mut names) = (BTreeSet::new(), vec![name]);
    let mut next = 0;
    while let Some(name) = names.get(next).copied() {
        next += 1;
        for (index, line) in script.lines().enumerate().filter(|(_, line)| reads(line, name)) {
            lines.insert(index + 1);
            let assigned = line.trim().split_once('=').map(|(left, _)| left).filter(|left| is_name(left));
            names.extend(assigned.filter(|assigned| !names.contains(assigned)));
        }
    }
    lines
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn reads(line: &str, name: &str) -> bool {
    let plain = format!("${name}");
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    line.match_indices(&plain).any(|(at, _)| ends(&line[at + plain.len()..])) || line.contains(&format!("${{{name}}}"))
}

/// The lines that name the file, by a variable, that a redirection writes.
fn readers_of_file(redirected: Node<'_>, script: &str) -> BTreeSet<usize> {
    let text = &script[redirected.byte_range()];
    let variable = text.rsplit_once("> \"$").and_then(|(_, name)| name.strip_suffix('"'));
    variable.map(|name| readers(name, script)).unwrap_or_default()
}
