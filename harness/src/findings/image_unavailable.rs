//! A pod cannot start because its image cannot be had.

use std::collections::BTreeSet;

use stagegate_reports::journal::{Effect, Finding};

use super::evidence::Evidence;
use super::observed::Placed;

pub(super) const KIND: &str = "image-unavailable";

/// Finds each image that could not be pulled, once for each command that asked for it.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let effects = &evidence.observed.effects;
    let failing = effects.iter().filter(|effect| effect.kind == "Pod" && cannot_pull(&effect.summary));
    let found = failing.filter(|effect| !ran_later(effects, effect)).filter_map(|effect| {
        let image = image(&effect.summary);
        let command = effect.command.and_then(|number| evidence.observed.command(number));
        let place = command.and_then(|command| command.started.source.clone());
        let named = image.as_deref().map(|image| image.trim_end_matches(":latest").to_owned());
        seen.insert((named, place)).then_some(())?;
        let scope = effect.scope.as_ref().map(|scope| format!(" in namespace `{scope}`")).unwrap_or_default();
        let what = image.map_or_else(|| "its image".to_owned(), |image| format!("image `{image}`"));
        let message = format!("pod `{}`{scope} cannot start: {what} cannot be pulled", effect.name);
        let mut finding = match command {
            Some(command) => evidence.finding(KIND, command, message),
            None => evidence.finding_at(KIND, None, message),
        };
        finding.output = Some(effect.summary.clone());
        finding.cause = None;
        finding.help = Some(
            "check that the image's name and tag are right and that it has been published; emulators and stand-ins know \
             the images of their catalogue, to which `--catalogue FILE` adds others"
                .to_owned(),
        );
        Some(finding)
    });
    found.collect()
}

fn cannot_pull(summary: &str) -> bool {
    ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"]
        .iter()
        .any(|word| summary.contains(word))
}

/// The first quoted word of what the kubelet says, which names one image now as the pod does, now with its registry.
fn image(summary: &str) -> Option<String> {
    let (_, after) = summary.split_once('"')?;
    Some(familiar(after.split_once('"')?.0.trim_end_matches('\\')).to_owned())
}

/// An image's name without what it means where nothing is said.
fn familiar(image: &str) -> &str {
    let Some(name) = image.strip_prefix("docker.io/") else { return image };
    name.strip_prefix("library/").unwrap_or(name)
}

/// Whether the pod became ready after all.
fn ran_later(effects: &[Placed<'_, Effect>], failing: &Placed<'_, Effect>) -> bool {
    effects.iter().any(|effect| {
        effect.index > failing.index
            && effect.kind == "Pod"
            && effect.name == failing.name
            && effect.scope == failing.scope
            && effect.summary.split(", ").any(|part| part == "ready")
    })
}
