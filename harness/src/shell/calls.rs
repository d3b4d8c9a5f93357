//! From which call of a function a command in it ran, where only the text can tell.

use tree_sitter::Node;

use super::locate::Site;
use super::script::{Script, statements};
use super::words::Word;

impl Script {
    /// The function that the command at `site` stands in.
    pub fn function_around(&self, site: &Site) -> Option<String> {
        let mut node = self.node(site)?;
        while node.kind() != "function_definition" {
            node = node.parent()?;
        }
        Some(self.text(node.child_by_field_name("name")?).to_owned())
    }

    /// The line of the only call of `function`.
    pub fn only_call_of(&self, function: &str) -> Option<usize> {
        match self.calls_of(function).as_slice() {
            [call] => Some(self.first_line_of(*call)),
            _ => None,
        }
    }

    /// The lines of the calls of `function` that can have led to what is `said`, each with how much of it the call gives.
    pub fn calls_saying(&self, function: &str, said: &str) -> Vec<(usize, usize)> {
        let calls = self.calls_of(function).into_iter();
        calls.filter_map(|call| Some((self.gives(call, said)?, self.first_line_of(call)))).collect()
    }

    fn calls_of(&self, function: &str) -> Vec<Node<'_>> {
        self.nodes(|call| call.kind() == "command" && self.name(call) == Some(function))
    }

    /// How much of what is `said` the call's arguments give; `None` when not all of them are in it, in order.
    fn gives(&self, call: Node<'_>, said: &str) -> Option<usize> {
        let (mut length, mut rest) = (0, said);
        for argument in statements(call).into_iter().skip(1) {
            let (given, end) = Word::of(self, argument).gives(rest)?;
            length += given;
            rest = rest.get(end..)?;
        }
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_what_it_gives() {
        let text = "ok() {\n echo \"✓ $*\"\n}\nok Made \"$1\"\nok \"Made $1\" twice\nok \"Told\"\nok \"$x\"\n";
        let script = Script::parse(text);
        let echo = script.command(2, &["echo", "✓ x"].map(str::to_owned)).unwrap();
        assert_eq!(script.function_around(&echo).as_deref(), Some("ok"));
        let of = |said: &str| script.calls_saying("ok", said);
        assert_eq!(of("✓ Made a"), [(4, 4), (0, 7)]);
        assert_eq!(of("✓ Made a twice"), [(4, 4), (10, 5), (0, 7)]);
        assert_eq!(of("✓ Tried"), [(0, 7)]);
        assert_eq!(script.only_call_of("ok"), None);
    }
}
