//! What aliases stand for, counted but never written out.

use std::collections::HashMap;

use super::error::ConfigurationError;

/// Documents in which aliases stand for fewer nodes than this are let through.
const SMALL: u64 = 100;
/// And so are documents with fewer nodes in all.
const SMALL_DOCUMENT: u64 = 1000;
/// Up to so many nodes, nearly all may come from aliases …
const DENSE_BELOW: u64 = 400_000;
/// … and from so many on, nearly none.
const SPARSE_FROM: u64 = 4_000_000;

/// The most steps that looking up all aliases of a document may take: each is searched for in all of it.
const LOOKUPS: u64 = 20_000_000;

/// The nodes of a document as a reader would come to them that writes aliases out.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// All nodes, and those of them that are there through aliases.
    nodes: u64,
    through_aliases: u64,
    written: u64,
    aliases: u64,
    /// How many nodes an anchor stands for; nothing while it is being read.
    anchors: HashMap<usize, Option<u64>>,
}

impl Expansion {
    /// A node begins; gives what [`Self::end`] needs.
    pub(super) fn begin(&mut self, anchor: Option<usize>) -> u64 {
        let before = self.nodes;
        self.nodes += 1;
        self.written += 1;
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, None);
        }
        before
    }

    /// The node that began at `before` ends.
    pub(super) fn end(&mut self, anchor: Option<usize>, before: u64) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(self.nodes - before));
        }
    }

    /// An alias of an anchor.
    pub(super) fn alias(&mut self, anchor: usize, line: usize) -> Result<(), ConfigurationError> {
        let Some(size) = self.anchors.get(&anchor).copied().flatten() else {
            return Err(ConfigurationError::CircularAnchor { line });
        };
        self.aliases += 1;
        self.written += 1;
        self.nodes = self.nodes.saturating_add(size.saturating_add(1));
        self.through_aliases = self.through_aliases.saturating_add(size);
        self.check(line)
    }

    /// Refuses the document as far as it was read.
    pub(super) fn check(&self, line: usize) -> Result<(), ConfigurationError> {
        if self.is_excessive() { Err(ConfigurationError::ExcessiveAliasing { line }) } else { Ok(()) }
    }

    /// The rule of the library for YAML that the executor and the workers use: how large a part may come
    /// from aliases is the less the more nodes there are. Without it a few lines become gigabytes.
    fn is_excessive(&self) -> bool {
        if self.aliases.saturating_mul(self.written) > LOOKUPS {
            return true;
        }
        if self.through_aliases <= SMALL || self.nodes <= SMALL_DOCUMENT {
            return false;
        }
        let beyond = self.nodes.clamp(DENSE_BELOW, SPARSE_FROM) - DENSE_BELOW;
        // In ten-thousandths: from 99 to 10 in a hundred.
        let allowed = 9900 - 8900 * beyond / (SPARSE_FROM - DENSE_BELOW);
        u128::from(self.through_aliases) * 10_000 > u128::from(self.nodes) * u128::from(allowed)
    }
}
