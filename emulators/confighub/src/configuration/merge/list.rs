//! Merging lists item by item.

use std::collections::HashSet;

use super::super::alignment::{align, in_order, twins};
use super::super::conflict::ConflictReason;
use super::super::graft::Source;
use super::super::similarity::same;
use super::super::tree::{Node, NodeKind};
use super::edit::Edit;
use super::place::{Merger, Place, Versions};

/// What becomes of the items of the own list.
struct Plan {
    /// For each item of the base its place in the new version.
    end_of_base: Vec<Option<usize>>,
    /// For each own item its place in the base.
    base_of_own: Vec<Option<usize>>,
    /// For each own item its place in the new version.
    end_of_own: Vec<Option<usize>>,
    removed: Vec<usize>,
    /// Items of the new version, each with the own place before which it goes.
    inserted: Vec<(usize, usize)>,
}

impl<'a> Merger<'a> {
    /// Merges lists. Items that both sides have are merged, wherever they stand; those that one side
    /// added or removed come and go.
    pub(super) fn list(
        &mut self,
        place: &Place,
        base: Option<&'a Node>,
        new: &'a [Node],
        (items, own): (&'a [Node], &'a Node),
        end: &'a Node,
        source: Source<'a>,
    ) {
        let former: &'a [Node] = match base.map(|base| &base.kind) {
            Some(NodeKind::Sequence { items, .. }) => items,
            _ => &[],
        };
        let base_of_end = align(former, new);
        let base_of_own = align(former, items);
        if !in_order(&base_of_end) {
            // Items changed places. Only a list that nobody else touched can follow.
            if !self.is_protected(place, base, own) && !matches!(source, Source::Document) {
                self.edit(Edit::Put(place.steps.clone(), source));
                return;
            }
            self.conflict(place, ConflictReason::Subtracted);
        }
        let mut plan = Plan::new(former, new, items, &base_of_end, base_of_own);
        for (index, item) in items.iter().enumerate() {
            let versions = Versions {
                base: plan.base_of_own[index].map(|base| &former[base]),
                end: plan.end_of_own[index].map(|end| &new[end]),
                own: Some(item),
            };
            let child = place.item(index);
            match (versions.base, plan.end_of_own[index]) {
                (_, Some(to)) => self.place(&child, versions, item_source(self.lines.end, end, &new[to])),
                (Some(base), None) if self.is_protected(&child, Some(base), item) => {
                    self.conflict(&child, ConflictReason::DeleteShadowed);
                }
                (Some(_), None) => plan.removed.push(index),
                (None, None) => {}
            }
        }
        let kept: HashSet<usize> = plan.base_of_own.iter().flatten().copied().collect();
        for (base, to) in plan.end_of_base.iter().enumerate() {
            let gone = !kept.contains(&base);
            if gone && to.is_some_and(|to| !same(&former[base], &new[to])) {
                self.conflict(place, ConflictReason::DeleteShadowed);
            }
        }
        plan.inserted.retain(|(item, _)| !self.has_removed(place, &new[*item]));
        self.come_and_go(place, &plan, (end, new));
    }

    fn come_and_go(&mut self, place: &Place, plan: &Plan, (end, new): (&'a Node, &'a [Node])) {
        // From the last one on, so that the places before stay; insertions first, so that the list is
        // never empty in between.
        for (item, before) in plan.inserted.iter().rev() {
            let source = item_source(self.lines.end, end, &new[*item]);
            self.edit(Edit::Insert(place.steps.clone(), *before, source));
        }
        let mut before: Vec<usize> = plan.inserted.iter().map(|(_, before)| *before).collect();
        before.sort_unstable();
        let shifted = |index: usize| index + before.partition_point(|before| *before <= index);
        for index in plan.removed.iter().rev() {
            self.edit(Edit::Remove(place.item(shifted(*index)).steps));
        }
    }
}

impl Plan {
    fn new(
        former: &[Node],
        new: &[Node],
        items: &[Node],
        base_of_end: &[Option<usize>],
        base_of_own: Vec<Option<usize>>,
    ) -> Self {
        let end_of_base = inverted(base_of_end, former.len());
        let mut end_of_own: Vec<Option<usize>> =
            base_of_own.iter().map(|base| base.and_then(|base| end_of_base[base])).collect();
        // What both sides added is one item.
        let added_here: Vec<usize> = (0..items.len()).filter(|own| base_of_own[*own].is_none()).collect();
        let new_there: Vec<usize> = (0..new.len()).filter(|end| base_of_end[*end].is_none()).collect();
        for (here, there) in twins(items, &added_here, new, &new_there) {
            end_of_own[here] = Some(there);
        }
        let own_of_end = inverted(&end_of_own, new.len());
        let last_known = own_of_end.iter().rposition(Option::is_some);
        // For each item of the new version, the own item that the nearest known one before it is.
        let mut after = None;
        let mut inserted = Vec::new();
        for end in 0..new.len() {
            let is_last = last_known.is_none_or(|last| last < end);
            match own_of_end[end] {
                Some(own) => after = Some(own),
                None if base_of_end[end].is_some() => {}
                None => inserted.push((end, if is_last { items.len() } else { after.map_or(0, |own| own + 1) })),
            }
        }
        Self { end_of_base, base_of_own, end_of_own, removed: Vec::new(), inserted }
    }
}

/// For each of so many places the first one that leads to it.
fn inverted(places: &[Option<usize>], length: usize) -> Vec<Option<usize>> {
    let mut inverse = vec![None; length];
    for (place, to) in places.iter().enumerate().rev() {
        if let Some(found) = to.and_then(|to| inverse.get_mut(to)) {
            *found = Some(place);
        }
    }
    inverse
}

fn item_source<'a>(text: &'a str, list: &'a Node, item: &'a Node) -> Source<'a> {
    let flow = matches!(list.kind, NodeKind::Sequence { flow: true, .. });
    Source::Item { text, item, flow }
}
