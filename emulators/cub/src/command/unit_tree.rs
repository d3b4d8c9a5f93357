//! Units as a tree: clones below what they were cloned from, or units below those that link to them
//! (October 2025 contract).

use std::collections::BTreeSet;

use serde_json::Value;

use super::unit::{cell, columns, listed, title};
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{LINK, UNIT};
use crate::failure::Failure;
use crate::model::text;
use crate::output::slug_of;
use crate::table::Table;

const COLUMNS: &str = "UnitStatus.Status,UpgradeNeeded,UnappliedChanges,Unit.ApplyGates";

/// A forest: for each unit, the units below it.
struct Forest {
    units: Vec<Value>,
    below: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

pub(super) async fn tree(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (edge, node) = (cub.flags.text("edge").to_owned(), cub.flags.text("node").to_owned());
    if !["clone", "link"].contains(&edge.as_str()) {
        return Err(Failure::failed(format!("invalid edge type '{edge}'. Supported values: clone, link")));
    }
    if !["unit", "space"].contains(&node.as_str()) {
        return Err(Failure::failed(format!("invalid node type '{node}'. Supported values: unit, space")));
    }
    let units = listed(cub).await?;
    let edges = if edge == "clone" { clones(&units) } else { links(cub, &units).await? };
    let forest = Forest::new(units, &edges);
    let own_columns = cub.flags.text("columns").to_owned();
    let columns = columns(if own_columns.is_empty() { COLUMNS } else { &own_columns });
    let second = if node == "space" { "Unit" } else { "Space" };
    let titles: Vec<String> =
        ["Node".to_owned(), second.to_owned()].into_iter().chain(columns.iter().map(|column| title(column))).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut table = Table::with_header(&titles, cub.shows_header());
    for (branch, unit) in forest.lines() {
        let (unit_name, space) = (name(unit), text(&unit["Space"], "Slug").to_owned());
        let (shown, beside) = if node == "space" { (space, unit_name) } else { (unit_name, space) };
        let cells = columns.iter().map(|column| cell(unit, column, cub.era));
        table.row([format!("{branch}{shown}"), beside].into_iter().chain(cells));
    }
    cub.print_list(&forest.units, &table, slug_of(&UNIT))
}

/// Slug, and the display name where that is another.
fn name(unit: &Value) -> String {
    let (slug, display) = (text(&unit["Unit"], "Slug"), text(&unit["Unit"], "DisplayName"));
    if display.is_empty() || display == slug { slug.to_owned() } else { format!("{slug} ({display})") }
}

fn id(unit: &Value) -> &str {
    text(&unit["Unit"], "UnitID")
}

/// Pairs of ids: upstream unit and clone.
fn clones(units: &[Value]) -> Vec<(String, String)> {
    units.iter().map(|unit| (text(&unit["Unit"], "UpstreamUnitID").to_owned(), id(unit).to_owned())).collect()
}

/// Pairs of ids: from unit and to unit of each link that has one of the units at an end.
async fn links(cub: &mut Cub<'_, '_>, units: &[Value]) -> Result<Vec<(String, String)>, Failure> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = units.iter().map(|unit| format!("'{}'", id(unit))).collect();
    let mut pairs = BTreeSet::new();
    for end in ["FromUnitID", "ToUnitID"] {
        let condition = format!("{end} IN ({})", ids.join(", "));
        let call = Call::get(LINK.path(&cub.space.id)).with("where", condition).with("include", LINK.include);
        let found = cub.call(call).await?;
        let links = found.as_array().into_iter().flatten().map(|extended| &extended["Link"]);
        pairs.extend(links.map(|link| (text(link, "FromUnitID").to_owned(), text(link, "ToUnitID").to_owned())));
    }
    Ok(pairs.into_iter().collect())
}

impl Forest {
    fn new(units: Vec<Value>, edges: &[(String, String)]) -> Self {
        let position = |wanted: &str| units.iter().position(|unit| id(unit) == wanted);
        let mut below = vec![Vec::new(); units.len()];
        let mut is_below = vec![false; units.len()];
        for (upper, lower) in edges {
            if let (Some(upper), Some(lower)) = (position(upper), position(lower)) {
                below[upper].push(lower);
                is_below[lower] = true;
            }
        }
        let roots = (0..units.len()).filter(|unit| !is_below[*unit]).collect();
        Self { units, below, roots }
    }

    /// Each unit behind the lines that lead to it. Every root is drawn as the last one.
    fn lines(&self) -> Vec<(String, &Value)> {
        let mut lines = Vec::new();
        for root in &self.roots {
            self.add(*root, "", true, &mut Vec::new(), &mut lines);
        }
        lines
    }

    /// `path` holds the units above; links may go round in a circle, which ends where it closes.
    fn add<'a>(
        &'a self,
        unit: usize,
        prefix: &str,
        is_last: bool,
        path: &mut Vec<usize>,
        lines: &mut Vec<(String, &'a Value)>,
    ) {
        if path.contains(&unit) {
            return;
        }
        lines.push((format!("{prefix}{}", if is_last { "└── " } else { "├── " }), &self.units[unit]));
        let prefix = format!("{prefix}{}", if is_last { "    " } else { "│   " });
        path.push(unit);
        for (number, lower) in self.below[unit].iter().enumerate() {
            self.add(*lower, &prefix, number + 1 == self.below[unit].len(), path, lines);
        }
        path.pop();
    }
}
