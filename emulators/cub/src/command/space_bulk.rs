//! Several spaces at once: clones with other names, and patches.

use std::fmt::Write as _;

use serde_json::Value;

use crate::api::Call;
use crate::cub::Cub;
use crate::entity::condition_of_names;
use crate::failure::Failure;
use crate::model::text;

/// The condition of `--where`, or of the spaces that `--space` names.
fn selected(cub: &Cub<'_, '_>) -> Result<String, Failure> {
    match cub.flags.list("space") {
        [] => Ok(cub.flags.text("where").to_owned()),
        names => condition_of_names(names, "SpaceID"),
    }
}

/// Clones the selected spaces, once for each name prefix.
pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (by_condition, by_name) = (cub.flags.given("where"), cub.flags.given("space"));
    let refusal = if !by_condition && !by_name {
        "bulk create mode requires --where or --space flags"
    } else if by_condition && by_name {
        "--space and --where flags are mutually exclusive"
    } else if !cub.flags.given("name-prefix") {
        "bulk create mode requires --name-prefix"
    } else {
        ""
    };
    if !refusal.is_empty() {
        return Err(Failure::failed(refusal));
    }
    let patch = cub.patch_from_flags(&[])?;
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post_patch("/_space", patch)
        .with("where", selected(cub)?)
        .with("include", "OrganizationID")
        .with("name_prefixes", cub.flags.list("name-prefix").join(","))
        .with("allow_exists", allow_exists);
    let (status, answers) = cub.call_with_status(call).await?;
    print(cub, status, &answers, "create")
}

/// Patches the selected spaces; their ids cannot be changed.
pub(super) async fn patch(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let patch = cub.patch_from_flags(&[])?;
    let mut patch: Value = serde_json::from_str(&patch)
        .map_err(|error| Failure::failed(format!("failed to parse patch data: {error}")))?;
    if let Some(fields) = patch.as_object_mut() {
        fields.retain(|field, _| !["SpaceID", "OrganizationID"].contains(&field.as_str()));
    }
    let call = Call::patch("/_space", crate::model::compact(&patch))
        .with("where", selected(cub)?)
        .with("include", "OrganizationID");
    let (status, answers) = cub.call_with_status(call).await?;
    print(cub, status, &answers, "patch")
}

fn print(cub: &mut Cub<'_, '_>, status: u16, answers: &Value, verb: &str) -> Result<(), Failure> {
    let answers = answers.as_array().map_or(&[][..], Vec::as_slice);
    if answers.is_empty() {
        return cub.streams.print(&format!("No spaces found to {verb}\n"));
    }
    let (mut lines, mut good, mut bad) = (String::new(), 0, 0);
    for (position, answer) in answers.iter().enumerate() {
        let (space, error) = (&answer["Space"], &answer["Error"]);
        // Writing to a text cannot fail.
        let _infallible = writeln!(lines, "Space {}:", position + 1);
        if error.is_object() {
            bad += 1;
            let _infallible = writeln!(lines, "  Error: {}", text(error, "Message"));
        } else {
            good += 1;
            let _infallible = writeln!(lines, "  Successfully {verb}d space:");
        }
        if space.is_object() {
            let _infallible =
                writeln!(lines, "  Space ID: {}\n  Slug: {}", text(space, "SpaceID"), text(space, "Slug"));
            if !error.is_object() && !text(space, "DisplayName").is_empty() {
                let _infallible = writeln!(lines, "  Display Name: {}", text(space, "DisplayName"));
            }
        }
        lines.push('\n');
    }
    let total = answers.len();
    cub.streams.print(&format!("{lines}Summary: {good} succeeded, {bad} failed out of {total} total spaces\n"))?;
    if status == 207 && bad == total {
        return Err(Failure::failed(format!("all {verb} operations failed")));
    }
    Ok(())
}
