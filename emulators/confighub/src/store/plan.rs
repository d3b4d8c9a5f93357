//! How the rows that a selection is about are found: by the index that leaves the fewest of them.
//!
//! An index only narrows down where to look: the clause is still checked in full on each row that it
//! gives.

use uuid::Uuid;

use super::table::{Lookup, Stored, Table};
use crate::where_clause::{Clause, Literal};

/// The rows of `table` for which all of `clauses` can hold, in order of creation; with `group` only
/// those of one space or unit.
pub(crate) fn candidates<'a, T: Stored>(
    table: &'a Table<T>,
    clauses: &[Clause],
    group: Option<Uuid>,
) -> Box<dyn Iterator<Item = &'a T> + 'a> {
    let comparisons = clauses.iter().flat_map(|clause| &clause.comparisons).filter_map(|comparison| {
        let (path, values) = comparison.required()?;
        values.iter().map(|value| lookup::<T>(path.attribute.name, path.key.as_deref(), value)).collect()
    });
    let plans = comparisons.chain(group.map(|group| vec![Lookup::Group(group)]));
    let cost = |plan: &Vec<Lookup<'_>>| plan.iter().map(|lookup| table.count(*lookup)).sum::<usize>();
    let Some(plan) = plans.min_by_key(cost) else { return Box::new(table.iter()) };
    let mut cursors: Vec<i64> = plan.into_iter().flat_map(|lookup| table.cursors(lookup)).collect();
    // IN may name a value twice, and slugs come by group.
    cursors.sort_unstable();
    cursors.dedup();
    let rows = cursors.into_iter().filter_map(|cursor| table.row(cursor));
    Box::new(rows.filter(move |row| group.is_none_or(|group| row.group() == group)))
}

/// The look-up of the rows with this value, if there is an index of the attribute.
fn lookup<'a, T: Stored>(attribute: &'static str, key: Option<&'a str>, value: &'a Literal) -> Option<Lookup<'a>> {
    match (attribute, key, value) {
        (attribute, None, Literal::Uuid(id)) if attribute == T::ID => Some(Lookup::Id(*id)),
        (attribute, None, Literal::Uuid(id)) if attribute == T::GROUP => Some(Lookup::Group(*id)),
        (attribute, None, Literal::Uuid(id)) if T::INDEXED.contains(&attribute) => {
            Some(Lookup::Reference(attribute, *id))
        }
        ("Slug", None, Literal::Text(slug)) => Some(Lookup::Slug(slug)),
        // A label that is not there equals the empty text too.
        ("Labels", Some(key), Literal::Text(value)) if !value.is_empty() => Some(Lookup::Label(key, value)),
        _ => None,
    }
}
