//! What a bulk creation makes of each selected entity: one clone for each destination, name prefix
//! and variant.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Call;
use super::name_pattern::NamePattern;
use super::selection::Selection;
use crate::entity::{Entity, Kind, Metadata};
use crate::error::ApiError;
use crate::store::Store;

type Labels = BTreeMap<String, String>;

/// The most clones that one request makes.
const MOST: usize = 100_000;

/// How a request clones.
pub(crate) struct Cloning {
    /// The spaces that the clones go to; `None` leaves each beside its source.
    spaces: Option<Vec<Uuid>>,
    prefixes: Vec<String>,
    pattern: Option<NamePattern>,
    variants: Vec<Labels>,
}

/// One place to clone to.
pub(crate) struct Destination<'a> {
    /// `None` is beside the source.
    space: Option<Uuid>,
    prefix: &'a str,
    labels: &'a Labels,
    pattern: Option<&'a NamePattern>,
}

/// Where one clone goes, what it is called and what labels it gets beside those of its source.
pub(crate) struct Copy {
    pub(crate) space: Uuid,
    pub(crate) slug: String,
    pub(crate) labels: Labels,
}

impl Cloning {
    /// Reads `where_space`, `filter_space`, `name_prefixes`, `name_pattern` and `variant_labels`. One
    /// of them must be given: a clone without a place or a name of its own would be its source.
    pub(crate) fn of_call(store: &Store, call: &Call<'_>, kind: Kind) -> Result<Self, ApiError> {
        let chosen = Selection::of_parameters(store, call, ("where_space", "filter_space"), Kind::Space)?;
        let spaces = chosen.map(|selection| {
            store.spaces.iter().filter(|space| selection.holds_for(*space, store)).map(Entity::id).collect()
        });
        let prefixes: Vec<String> = words(call.parameter("name_prefixes"), ',').map(str::to_owned).collect();
        let pattern = call.parameter("name_pattern").map(NamePattern::parse).transpose()?;
        if spaces.is_none() && prefixes.is_empty() && pattern.is_none() {
            let names = if kind == Kind::Space { "name_prefixes" } else { "where_space or name_prefixes" };
            return Err(ApiError::bad_request(format!("{}: {names} is required", call.operation.id)));
        }
        Ok(Self { spaces, prefixes, pattern, variants: variants(call.parameter("variant_labels"))? })
    }

    /// Where so many sources are cloned to, by space, prefix and variant. All sources go to one of
    /// them before the next, so that a clone finds those of what its source is linked to.
    pub(crate) fn destinations(&self, sources: usize) -> Result<Vec<Destination<'_>>, ApiError> {
        let spaces = self.spaces.as_ref().map_or_else(|| vec![None], |ids| ids.iter().copied().map(Some).collect());
        let prefixes: Vec<&str> =
            if self.prefixes.is_empty() { vec![""] } else { self.prefixes.iter().map(String::as_str).collect() };
        let count =
            [prefixes.len(), self.variants.len(), sources].into_iter().fold(spaces.len(), usize::saturating_mul);
        if count > MOST {
            return Err(ApiError::bad_request(format!("where: {count} clones; at most {MOST} at once")));
        }
        let mut destinations = Vec::new();
        for space in spaces {
            for prefix in &prefixes {
                for labels in &self.variants {
                    destinations.push(Destination { space, prefix, labels, pattern: self.pattern.as_ref() });
                }
            }
        }
        Ok(destinations)
    }
}

impl Destination<'_> {
    /// The clone of one source.
    pub(crate) fn copy(&self, source: &Metadata) -> Copy {
        let name = match self.pattern {
            Some(pattern) => pattern.name(&source.slug, self.labels),
            None => source.slug.clone(),
        };
        Copy {
            space: self.space.unwrap_or(source.space_id),
            slug: format!("{}{name}", self.prefix),
            labels: self.labels.clone(),
        }
    }
}

/// Every combination of `key1=value1|value2,key2=value1|value2|value3`; a single empty one without any.
fn variants(text: Option<&str>) -> Result<Vec<Labels>, ApiError> {
    let mut combinations = vec![Labels::new()];
    for pair in words(text, ',') {
        let (key, values) = pair
            .split_once('=')
            .filter(|(key, values)| !key.is_empty() && !values.is_empty())
            .ok_or_else(|| ApiError::bad_request(format!("variant_labels: `{pair}` is no key=value|value")))?;
        let values: Vec<&str> = words(Some(values), '|').collect();
        if combinations.len().saturating_mul(values.len()) > MOST {
            return Err(ApiError::bad_request(format!("variant_labels: more than {MOST} combinations")));
        }
        let with = |value: &&str| {
            let value = (*value).to_owned();
            move |mut labels: Labels| {
                labels.insert(key.to_owned(), value.clone());
                labels
            }
        };
        combinations =
            values.iter().flat_map(|value| combinations.iter().cloned().map(with(value)).collect::<Vec<_>>()).collect();
    }
    Ok(combinations)
}

fn words(text: Option<&str>, separator: char) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(separator).map(str::trim).filter(|word| !word.is_empty())
}
