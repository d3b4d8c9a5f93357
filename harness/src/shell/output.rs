//! Which outputs of a command a script throws away.

use tree_sitter::Node;

use super::locate::Site;
use super::script::{Script, children, statements};

/// Which outputs of a command go to `/dev/null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThrownAway {
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// Where a descriptor leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// To where standard output or error leads further out.
    Outer(usize),
    Null,
    Elsewhere,
}

impl Script {
    /// The lines that name the file `name`, and whether output is sent there to what is named.
    pub fn lines_naming(&self, name: &str) -> Vec<(usize, bool)> {
        let all = self.slice(0..self.len()).lines().enumerate();
        let code = all.filter(|(_, line)| !line.trim_start().starts_with('#'));
        let naming = code.filter_map(|(index, line)| Some((index + 1, &line[..line.find(name)?])));
        naming.map(|(line, before)| (line, before.contains('>') || before.contains("tee "))).collect()
    }

    /// Which outputs of the command at `site` the script throws away, at the command itself or
    /// around it in the same function.
    pub fn thrown_away(&self, site: &Site) -> ThrownAway {
        let Some(mut node) = self.node(site) else { return ThrownAway::default() };
        // Standard output, standard error.
        let mut places = [Place::Outer(0), Place::Outer(1)];
        while let Some(parent) = node.parent() {
            match parent.kind() {
                "redirected_statement" if belongs_to(node, parent, site) => {
                    let further_out = self.redirected_to(parent);
                    places = places.map(|place| match place {
                        Place::Outer(descriptor) => further_out[descriptor],
                        other => other,
                    });
                }
                // What is piped or captured is read by someone.
                "pipeline" if statements(parent).last() == Some(&node) => {}
                "pipeline" | "command_substitution" | "process_substitution" => {
                    places = places.map(|place| if place == Place::Outer(0) { Place::Elsewhere } else { place });
                }
                "function_definition" => break,
                _ => {}
            }
            node = parent;
        }
        let [stdout, stderr] = places.map(|place| place == Place::Null);
        ThrownAway { stdout, stderr }
    }

    /// Where the redirections of one statement lead, taken from left to right as the shell does.
    fn redirected_to(&self, statement: Node<'_>) -> [Place; 2] {
        let mut places = [Place::Outer(0), Place::Outer(1)];
        let own = children(statement).into_iter();
        let redirections = own.flat_map(|child| match child.kind() {
            "heredoc_redirect" => children(child),
            _ => vec![child],
        });
        for redirection in redirections.filter(|child| child.kind() == "file_redirect") {
            let descriptor = redirection.child_by_field_name("descriptor").map(|node| self.text(node));
            let to = redirection.child_by_field_name("destination").map(|node| self.text(node)).unwrap_or_default();
            let operator = children(redirection).into_iter().map(|child| child.kind()).find(|kind| kind.contains('>'));
            let place = match to {
                "/dev/null" => Place::Null,
                "1" if operator == Some(">&") => places[0],
                "2" if operator == Some(">&") => places[1],
                _ => Place::Elsewhere,
            };
            match (operator, descriptor) {
                (Some("&>" | "&>>"), _) => places = [place; 2],
                (Some(">&"), None) if !matches!(to, "1" | "2") => places = [place; 2],
                (Some(_), None | Some("1")) => places[0] = place,
                (Some(_), Some("2")) => places[1] = place,
                _ => {}
            }
        }
        places
    }
}

/// Whether the redirections of `redirected` are those of the command at `site` in its `body`. The
/// parser gives a redirection at the end of a pipe or list to the whole; it is the last command's.
fn belongs_to(body: Node<'_>, redirected: Node<'_>, site: &Site) -> bool {
    let is_body = redirected.child_by_field_name("body") == Some(body);
    !(is_body && matches!(body.kind(), "pipeline" | "list")) || body.end_byte() == site.range.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thrown_away(text: &str) -> (bool, bool) {
        let script = Script::parse(text);
        let argv = ["kubectl", "get", "x"].map(str::to_owned);
        let line = text.lines().position(|line| line.contains("kubectl")).expect("a line with kubectl") + 1;
        let thrown = script.thrown_away(&script.command(line, &argv).expect("the command"));
        (thrown.stdout, thrown.stderr)
    }

    #[test]
    fn redirections_are_taken_from_left_to_right_and_from_the_inside_out() {
        let cases = [
            ("kubectl get x", (false, false)),
            ("kubectl get x > /dev/null", (true, false)),
            ("kubectl get x 2>/dev/null", (false, true)),
            ("kubectl get x >/dev/null 2>&1", (true, true)),
            ("kubectl get x 2>&1 >/dev/null", (true, false)),
            ("kubectl get x &>/dev/null", (true, true)),
            ("kubectl get x >&/dev/null", (true, true)),
            ("kubectl get x > file 2>&1", (false, false)),
            ("kubectl get x 2>/dev/null | grep y", (false, true)),
            ("kubectl get x | grep y > /dev/null", (false, false)),
            ("if kubectl get x >/dev/null 2>&1; then echo y; fi", (true, true)),
            ("{\n kubectl get x 2>&1\n} > /dev/null", (true, true)),
            ("for i in 1; do\n kubectl get x\ndone 2>/dev/null", (false, true)),
            ("y=$(kubectl get x 2>/dev/null)", (false, true)),
            ("echo \"$(kubectl get x)\" > /dev/null", (false, false)),
            ("kubectl get x >&2 2>/dev/null", (false, true)),
            ("kubectl get x | grep y 2>/dev/null", (false, false)),
            ("echo y | kubectl get x 2>/dev/null", (false, true)),
            ("echo y | tail -1 | kubectl get x >/dev/null", (true, false)),
            ("kubectl get x && echo y >/dev/null", (false, false)),
            ("kubectl get x || echo y >/dev/null 2>&1", (false, false)),
            ("true && kubectl get x >/dev/null 2>&1", (true, true)),
            ("! kubectl get x 2>/dev/null | grep y", (false, true)),
            ("kubectl get x <<EOF >/dev/null\na\nEOF", (true, false)),
        ];
        for (text, expected) in cases {
            assert_eq!(thrown_away(text), expected, "{text}");
        }
    }
}
