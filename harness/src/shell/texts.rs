//! Which parts of a script are only printed or written somewhere, and not carried out.

use std::ops::Range;

use tree_sitter::Node;

use super::script::{Script, children, statements};

/// Commands that pass their input on as it is, or take it for data.
const TAKES_DATA: [&str; 18] = [
    "cat", "tee", "kubectl", "cub", "helm", "docker", "kind", "curl", "jq", "sed", "grep", "envsubst", "wc", "head",
    "tail", "sort", "tr", "base64",
];

impl Script {
    /// The bytes of here-documents that are data, and of the arguments of an `echo` or `printf` that
    /// nothing reads.
    pub fn texts(&self) -> Vec<Range<usize>> {
        let documents = self.nodes(|node| node.kind() == "heredoc_body" && self.is_data(node));
        let printed = self.nodes(|node| {
            node.kind() == "command" && matches!(self.name(node), Some("echo" | "printf")) && !self.is_used(node)
        });
        documents.into_iter().chain(printed).map(|node| node.byte_range()).collect()
    }

    /// Whether what a command prints goes into a substitution, or through a pipe to what may carry it out.
    fn is_used(&self, command: Node<'_>) -> bool {
        let mut node = command;
        while let Some(parent) = node.parent() {
            match parent.kind() {
                "command_substitution" | "process_substitution" => return true,
                "pipeline" => {
                    let mut later = statements(parent).into_iter().skip_while(|part| *part != node).skip(1);
                    if !later.all(|part| self.take_data(part)) {
                        return true;
                    }
                    node = parent;
                }
                "function_definition" => return false,
                _ => node = parent,
            }
        }
        false
    }

    /// Whether all commands in `part` take what they read for data.
    fn take_data(&self, part: Node<'_>) -> bool {
        let range = part.byte_range();
        let within = |node: Node<'_>| {
            node.kind() == "command" && range.start <= node.start_byte() && node.end_byte() <= range.end
        };
        self.nodes(within).into_iter().all(|node| {
            let name = self.name(node).map(|name| name.rsplit('/').next().unwrap_or(name));
            name.is_some_and(|name| TAKES_DATA.contains(&name))
        })
    }

    /// Whether the text of a here-document goes to commands that take it for data.
    fn is_data(&self, body: Node<'_>) -> bool {
        let Some(document) = body.parent() else { return false };
        let Some(statement) = document.parent() else { return false };
        let mut takers: Vec<Node<'_>> = statement.child_by_field_name("body").into_iter().collect();
        // `cat <<EOF | bash`: the parser has the rest of the pipe in the here-document.
        takers.extend(children(document).into_iter().filter(|child| matches!(child.kind(), "pipeline" | "command")));
        if let Some(pipe) = statement.parent().filter(|up| up.kind() == "pipeline") {
            takers.extend(statements(pipe).into_iter().filter(|part| *part != statement));
        }
        let is_script = self.text(body).trim_start().starts_with("#!");
        !is_script && takers.into_iter().all(|taker| self.take_data(taker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_or_written_is_text_and_what_is_carried_out_is_not() {
        let cases = [
            ("echo /tmp/x", true),
            ("printf '%s\\n' /tmp/x > file", true),
            ("echo a && echo /tmp/x", true),
            ("x=$(echo /tmp/x)", false),
            ("echo /tmp/x | xargs rm", false),
            ("echo /tmp/x | wc -c | tr -d ' '", true),
            ("echo /tmp/x | while read -r x; do cat \"$x\"; rm \"$x\"; done", false),
            ("cat /tmp/x", false),
            ("cat > file <<EOF\n/tmp/x\nEOF", true),
            ("kubectl apply -f - <<'EOF'\nmountPath: /tmp/x\nEOF", true),
            ("cat <<EOF | kubectl apply -f -\n/tmp/x\nEOF", true),
            ("cat <<EOF | bash\necho /tmp/x\nEOF", false),
            ("bash <<EOF\ncat /tmp/x\nEOF", false),
            ("python3 - <<EOF\nopen('/tmp/x')\nEOF", false),
            ("cat > run.sh <<EOF\n#!/bin/bash\ncat /tmp/x\nEOF", false),
            ("cat > /tmp/x <<EOF\na\nEOF", false),
        ];
        for (text, expected) in cases {
            let at = text.find("/tmp/x").expect("the path");
            assert_eq!(Script::parse(text).texts().iter().any(|range| range.contains(&at)), expected, "{text}");
        }
    }
}
