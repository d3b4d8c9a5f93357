//! Indices against looking at every row.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::{Store, candidates};
use crate::entity::{Located, Organization, Space, Unit};
use crate::where_clause::{Clause, entities};

/// The first bytes tell what kind of entity an id is of.
fn id(kind: u128, number: u8) -> Uuid {
    Uuid::from_u128((kind << 120) | u128::from(number))
}

const SPACE: u128 = 1;
const UNIT: u128 = 2;
const TARGET: u128 = 3;

fn empty_store() -> Store {
    let organization = Organization {
        organization_id: id(9, 0),
        slug: "o".to_owned(),
        display_name: String::new(),
        external_id: String::new(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        version: 1,
        entity_type: "Organization",
        ..Organization::default()
    };
    let mut store = Store::new(organization, Vec::new());
    for number in 0..4 {
        let mut space = Space::default();
        space.metadata.space_id = id(SPACE, number);
        space.metadata.slug = format!("s{number}");
        store.spaces.insert(space);
    }
    store
}

/// What happens to a store: a unit is put into it, over the one of its number if there is one, or
/// taken away.
#[derive(Debug, Clone)]
struct Step {
    number: u8,
    unit: Option<Unit>,
    in_place: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let labels = prop::collection::btree_map("[ab]", "[xy]{0,1}", 0..3);
    let fields = (0..4_u8, "[a-c]", labels, prop::option::of(0..3_u8), prop::option::of(0..6_u8), 0..3_i64);
    (0..12_u8, prop::option::weighted(0.8, fields), any::<bool>()).prop_map(|(number, fields, in_place)| {
        let unit = fields.map(|(space, slug, labels, target, upstream, head)| {
            let mut unit = Unit { unit_id: id(UNIT, number), ..Unit::default() };
            unit.metadata.space_id = id(SPACE, space);
            // Slugs are unique in a space: those of units of other numbers differ.
            unit.metadata.slug = format!("{slug}{number}");
            unit.metadata.labels = labels;
            unit.target_id = target.map(|target| id(TARGET, target));
            unit.upstream_unit_id = upstream.map(|upstream| id(UNIT, upstream));
            unit.head_revision_num = head;
            unit
        });
        Step { number, unit, in_place }
    })
}

fn take(store: &mut Store, step: Step) {
    let id = id(UNIT, step.number);
    match step.unit {
        None => drop(store.units.remove(id)),
        Some(unit) if store.units.get(id).is_none() => store.units.insert(unit),
        Some(unit) if step.in_place => store.units.update(id, |present| *present = unit),
        Some(unit) => store.units.replace(unit),
    }
}

fn clause() -> impl Strategy<Value = String> {
    let slug = || "[a-c][0-9]";
    let form = prop_oneof![
        (0..5_u8).prop_map(|space| format!("SpaceID = '{}'", id(SPACE, space))),
        (0..12_u8).prop_map(|unit| format!("UnitID = '{}'", id(UNIT, unit))),
        (0..12_u8).prop_map(|unit| format!("UpstreamUnitID = '{}'", id(UNIT, unit))),
        (0..4_u8).prop_map(|target| format!("TargetID = '{}'", id(TARGET, target))),
        slug().prop_map(|slug| format!("Slug = '{slug}'")),
        prop::collection::vec(slug(), 1..5).prop_map(|slugs| format!("Slug IN ('{}')", slugs.join("', '"))),
        "Labels\\.[abc] = '[xy]{0,1}'",
        "Labels\\.[abc] IN \\('[xy]{0,1}', '[xy]{0,1}'\\)",
        select(vec![
            "TargetID = ''",
            "TargetID != ''",
            "SpaceID != ''",
            "Slug != ''",
            "HeadRevisionNum > 1",
            "Labels.a != 'x'",
            "Space.Slug = 's1'",
            "UpstreamUnit.HeadRevisionNum > HeadRevisionNum",
            "Slug LIKE 'a%'",
            "Slug NOT IN ('a1')",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(form, 0..4).prop_map(|forms| forms.join(" AND "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn indices_give_what_looking_at_every_row_gives(
        steps in prop::collection::vec(step(), 0..40),
        texts in prop::collection::vec(clause(), 1..3),
        space in prop::option::of(0..5_u8),
    ) {
        let mut store = empty_store();
        for step in steps {
            take(&mut store, step);
        }
        let clauses: Vec<Clause> = texts.iter().map(|text| Clause::parse(text, &entities::UNIT).unwrap()).collect();
        let group = space.map(|space| id(SPACE, space));
        let selected = |unit: &&Unit| {
            let row = Located::for_hub(*unit, &store);
            clauses.iter().all(|clause| clause.holds_for(&row))
        };
        let in_group = |unit: &&Unit| group.is_none_or(|group| unit.metadata.space_id == group);
        let scanned: Vec<Uuid> =
            store.units.iter().filter(in_group).filter(selected).map(|unit| unit.unit_id).collect();
        let found: Vec<Uuid> =
            candidates(&store.units, &clauses, group).filter(selected).map(|unit| unit.unit_id).collect();
        prop_assert_eq!(found, scanned, "{:?}", texts);
    }

    #[test]
    fn indices_follow_every_change(steps in prop::collection::vec(step(), 0..40)) {
        let mut store = empty_store();
        for step in steps {
            take(&mut store, step);
        }
        let mut seen = BTreeSet::new();
        for unit in store.units.iter() {
            let found = store.units.by_slug(unit.metadata.space_id, &unit.metadata.slug);
            prop_assert_eq!(found.map(|unit| unit.unit_id), Some(unit.unit_id));
            if let Some(target) = unit.target_id {
                prop_assert!(store.units.referring("TargetID", target).any(|other| other.unit_id == unit.unit_id));
            }
            seen.insert(unit.unit_id);
        }
        let grouped: BTreeSet<Uuid> = (0..4)
            .flat_map(|space| store.units.of_group(id(SPACE, space)).map(|unit| unit.unit_id).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(grouped, seen);
    }
}

#[test]
fn the_most_selective_index_is_taken() {
    let mut store = empty_store();
    for number in 0..12 {
        let mut unit = Unit { unit_id: id(UNIT, number), ..Unit::default() };
        unit.metadata.space_id = id(SPACE, number % 2);
        unit.metadata.slug = format!("u{number}");
        unit.metadata.labels.insert("tier".to_owned(), if number == 4 { "rare" } else { "common" }.to_owned());
        store.units.insert(unit);
    }
    let looked_at = |text: &str, group: Option<u8>| {
        let clauses = [Clause::parse(text, &entities::UNIT).unwrap()];
        candidates(&store.units, &clauses, group.map(|space| id(SPACE, space))).count()
    };
    assert_eq!(looked_at("", None), 12);
    assert_eq!(looked_at("HeadRevisionNum > 1", Some(1)), 6);
    assert_eq!(looked_at("Labels.tier = 'common'", None), 11);
    assert_eq!(looked_at("Labels.tier = 'rare'", Some(0)), 1);
    assert_eq!(looked_at(&format!("SpaceID = '{}' AND Slug IN ('u1', 'u3')", id(SPACE, 1)), None), 2);
    assert_eq!(looked_at("Labels.tier = ''", None), 12, "also those without the label");
    assert_eq!(looked_at("Labels.tier = 'common' AND Slug = 'nosuch'", None), 0);
}
