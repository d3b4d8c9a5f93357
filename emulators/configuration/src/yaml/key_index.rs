//! Where the keys of a large mapping are.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::node::Node;

/// Mappings with fewer keys and values than this are searched as they are.
const FEW: usize = 64;

/// The places of the values of a mapping by key, made when they are first asked for.
///
/// A copy begins empty, and all are equal: it says nothing that the nodes do not say.
#[derive(Debug, Default)]
pub struct KeyIndex(OnceLock<Places>);

#[derive(Debug)]
struct Places {
    first: HashMap<String, usize>,
    /// The length of the content that it was made of.
    length: usize,
}

impl KeyIndex {
    /// The place in `content` of the value of a key, the first one where keys are repeated.
    pub(super) fn place_of(&self, content: &[Node], key: &str) -> Option<usize> {
        if content.len() >= FEW {
            let places = self.0.get_or_init(|| Places::new(content));
            // Keys are never renamed in place; content that was added or removed shows in the length.
            if places.length == content.len() {
                return places.first.get(key).copied();
            }
        }
        content.chunks_exact(2).position(|pair| pair[0].value == key).map(|pair| pair * 2 + 1)
    }

    /// A key with its value was added at the end.
    pub(super) fn added(&mut self, key: &str, place: usize) {
        if let Some(places) = self.0.get_mut().filter(|places| places.length + 1 == place) {
            places.length += 2;
            places.first.entry(key.to_owned()).or_insert(place);
        }
    }

    /// Content changed otherwise.
    pub(super) fn forget(&mut self) {
        self.0 = OnceLock::new();
    }
}

impl Places {
    fn new(content: &[Node]) -> Self {
        let mut first = HashMap::with_capacity(content.len() / 2);
        for (pair, nodes) in content.chunks_exact(2).enumerate() {
            first.entry(nodes[0].value.clone()).or_insert(pair * 2 + 1);
        }
        Self { first, length: content.len() }
    }
}

impl Clone for KeyIndex {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for KeyIndex {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KeyIndex {}
