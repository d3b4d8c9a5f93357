//! A hub's state as files, and back.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::error::SnapshotError;
use super::files::{self, Files, MANIFEST, SECRETS};
use super::members::SavedMember;
use super::save::Names;
use super::secrets::Secrets;
use super::{FORMAT, SnapshotSecrets, fields, load, save, yaml};
use crate::audit::AuditEntry;
use crate::entity::{Condition, Organization, User};
use crate::hub::HubState;
use crate::identity::{Accounts, Rights};
use crate::quota::Quotas;
use crate::session::SessionTokens;
use crate::store::Store;

const AUDIT: &str = "audit.ndjson";

/// `snapshot.yaml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Manifest {
    format: u64,
    quotas: Quotas,
    /// The emails of all users, in order.
    users: Vec<String>,
    /// The slugs of all organizations, in order; the first one is the environment's.
    organizations: Vec<String>,
}

/// What a hub is made of.
pub(crate) struct Loaded {
    pub(crate) accounts: Accounts,
    /// In order; the first one is the environment's.
    pub(crate) stores: Vec<Store>,
    pub(crate) quotas: Quotas,
    pub(crate) audit: Vec<AuditEntry>,
    /// The tokens of the environment's session; `None` when secrets were left out.
    pub(crate) session: Option<SessionTokens>,
    /// Different for each state, so that ids of a loaded hub are none that were given before.
    pub(crate) fingerprint: u32,
}

pub(super) fn save(hub: &HubState, session: &SessionTokens, wanted: SnapshotSecrets) -> Files {
    let mut files = Files::default();
    let mut secrets = Secrets { session: Some(session.clone()), ..Secrets::default() };
    let stores = hub.tenants();
    for (_, tenant) in &stores {
        let store = tenant.store();
        save::save(&store, &folder(&store.organization), &mut files);
        for worker in store.bridge_workers.iter() {
            secrets.workers.insert(worker.bridge_worker_id, worker.secret.clone());
        }
    }
    let accounts = hub.accounts();
    let mut names = Names::default();
    for (place, (user, password)) in (1..).zip(accounts.users()) {
        files.add(format!("users/{}.yaml", names.of_slug(&user.slug, place)), yaml::write(user));
        secrets.passwords.insert(user.username.clone(), password.clone());
    }
    for organization in accounts.organizations() {
        let folder = folder(organization);
        files.add(format!("{folder}organization.yaml"), yaml::write(organization));
        let members: Vec<SavedMember> = accounts
            .members(organization.organization_id)
            .map(|(user, rights)| SavedMember {
                user: user.username.clone(),
                role: rights.role,
                grants: rights.grants.clone(),
            })
            .collect();
        files.add(format!("{folder}members.yaml"), yaml::write(&members));
    }
    let primary = hub.primary();
    let mut organizations: Vec<&Organization> = accounts.organizations().iter().collect();
    organizations.sort_by_key(|organization| organization.organization_id != primary);
    let manifest = Manifest {
        format: FORMAT,
        quotas: hub.quotas().clone(),
        users: accounts.users().map(|(user, _)| user.username.clone()).collect(),
        organizations: organizations.iter().map(|organization| organization.slug.clone()).collect(),
    };
    files.add(MANIFEST, yaml::write(&manifest));
    secrets.tokens = accounts.tokens.saved();
    drop(accounts);
    let audit: String =
        hub.audit().iter().map(|entry| serde_json::to_string(entry).unwrap_or_default() + "\n").collect();
    files.add(AUDIT, audit);
    if wanted == SnapshotSecrets::Kept {
        files.add(SECRETS, yaml::write(&secrets));
    }
    files
}

fn folder(organization: &Organization) -> String {
    format!("organizations/{}/", organization.slug)
}

pub(super) fn load(files: &Files) -> Result<Loaded, SnapshotError> {
    check_format(files)?;
    let manifest: Manifest = file(files, MANIFEST)?;
    let secrets: Secrets = if files.0.contains_key(SECRETS) { file(files, SECRETS)? } else { Secrets::default() };
    let mut accounts = Accounts::default();
    let mut seen = vec![MANIFEST.to_owned(), SECRETS.to_owned(), AUDIT.to_owned()];
    restore_users(files, &manifest, &secrets, &mut accounts, &mut seen)?;
    let stores = manifest.organizations.iter().map(|slug| restore_organization(files, slug, &secrets, &mut accounts));
    let stores: Vec<Store> = stores.collect::<Result<_, _>>()?;
    if stores.is_empty() {
        return Err(missing(MANIFEST, "an organization"));
    }
    refuse_others(files, &seen, &manifest.organizations)?;
    accounts.tokens.restore(secrets.tokens);
    let fingerprint = files.0.iter().fold(crc32fast::Hasher::new(), |mut hasher, (path, content)| {
        hasher.update(path.as_bytes());
        hasher.update(content);
        hasher
    });
    Ok(Loaded {
        accounts,
        stores,
        quotas: manifest.quotas,
        audit: audit(files)?,
        session: secrets.session,
        fingerprint: fingerprint.finalize(),
    })
}

/// Reads all users, in the manifest's order.
fn restore_users(
    files: &Files,
    manifest: &Manifest,
    secrets: &Secrets,
    accounts: &mut Accounts,
    seen: &mut Vec<String>,
) -> Result<(), SnapshotError> {
    let mut users: BTreeMap<String, (String, User)> = BTreeMap::new();
    for path in files.0.keys().filter(|path| path.starts_with("users/")) {
        let user: User = file(files, path)?;
        // Its file is called after it. Users of older snapshots may have dots and the like in their slugs.
        if user.slug.contains('/') || !files::is_inside(&user.slug) {
            let line = yaml::line_of(files.text(path)?.unwrap_or_default(), "Slug");
            let help = "give the user a slug of letters, digits, - and _";
            return Err(SnapshotError::broken(path, line, format!("Slug: `{}` is no slug", user.slug), help));
        }
        users.insert(user.username.clone(), (path.clone(), user));
    }
    for email in &manifest.users {
        let (path, user) = users.remove(email).ok_or_else(|| missing(MANIFEST, &format!("user {email}")))?;
        seen.push(path);
        accounts.restore_user(user, secrets.passwords.get(email).cloned());
    }
    Ok(())
}

/// Reads an organization with its members, and gives the store of its entities.
fn restore_organization(
    files: &Files,
    slug: &str,
    secrets: &Secrets,
    accounts: &mut Accounts,
) -> Result<Store, SnapshotError> {
    let prefix = format!("organizations/{slug}/");
    let organization: Organization = file(files, &format!("{prefix}organization.yaml"))?;
    if organization.slug != slug {
        let path = format!("{prefix}organization.yaml");
        let line = yaml::line_of(files.text(&path)?.unwrap_or_default(), "Slug");
        let what = format!("Slug: `{}`, but it lies in the folder of `{slug}`", organization.slug);
        return Err(SnapshotError::broken(&path, line, what, "move the folder, or mend the slug"));
    }
    accounts.add_organization(organization.clone());
    let members_path = format!("{prefix}members.yaml");
    let members: Vec<SavedMember> = file(files, &members_path)?;
    for member in members {
        let user = accounts.user_called(&member.user).map(|user| user.user_id);
        let user = user.ok_or_else(|| missing(&members_path, &format!("user {}", member.user)))?;
        let rights = Rights { role: member.role, grants: member.grants };
        accounts.set_member(organization.organization_id, user, rights);
    }
    let members = accounts.members(organization.organization_id).map(|(user, _)| user.clone()).collect();
    let mut store = load::load(files, &prefix, organization, members)?;
    let workers: Vec<Uuid> = store.bridge_workers.iter().map(|worker| worker.bridge_worker_id).collect();
    for id in workers {
        store.bridge_workers.update(id, |worker| {
            // Nobody has a stream to a hub that was just started.
            worker.condition = Condition::Disconnected;
            worker.secret = secrets.workers.get(&id).cloned().unwrap_or_default();
        });
    }
    Ok(store)
}

/// Before anything else is looked at, since a newer format may differ in everything else.
fn check_format(files: &Files) -> Result<(), SnapshotError> {
    let text = files.text(MANIFEST)?.unwrap_or_default();
    let found = yaml::read(MANIFEST, text)?["Format"].as_u64();
    match found {
        Some(found) if found > FORMAT => Err(SnapshotError::Newer { file: MANIFEST.to_owned(), found }),
        Some(FORMAT) => Ok(()),
        _ => {
            let line = yaml::line_of(text, "Format");
            let what = "Format: there is no format of this number";
            Err(SnapshotError::broken(MANIFEST, line, what, format!("the present one is {FORMAT}")))
        }
    }
}

fn file<T: DeserializeOwned + Serialize>(files: &Files, path: &str) -> Result<T, SnapshotError> {
    let text = files.text(path)?;
    let text =
        text.ok_or_else(|| SnapshotError::broken(path, None, "the file is missing", "restore it from a copy"))?;
    let json = yaml::read(path, text)?;
    let typed = yaml::typed(path, text, json.clone())?;
    fields::refuse_unknown_of(path, text, &json, &typed)?;
    Ok(typed)
}

fn missing(file: &str, what: &str) -> SnapshotError {
    SnapshotError::broken(file, None, format!("{what} is named, and has no file"), "restore the file from a copy")
}

/// Files below organizations are looked at where those are read.
fn refuse_others(files: &Files, seen: &[String], organizations: &[String]) -> Result<(), SnapshotError> {
    let of_known = |path: &str| organizations.iter().any(|slug| path.starts_with(&format!("organizations/{slug}/")));
    match files.0.keys().find(|path| !seen.contains(path) && !of_known(path)) {
        Some(path) => {
            let help = "remove it, or name it in snapshot.yaml";
            Err(SnapshotError::broken(path, None, "no snapshot has such a file", help))
        }
        None => Ok(()),
    }
}

fn audit(files: &Files) -> Result<Vec<AuditEntry>, SnapshotError> {
    let lines = files.text(AUDIT)?.unwrap_or_default().lines().enumerate();
    let entry = |(index, line): (usize, &str)| {
        let broken = |what: String| {
            let help = "remove the line, or restore the file from a copy";
            SnapshotError::broken(AUDIT, Some(index + 1), format!("no entry: {what}"), help)
        };
        let json: Json = serde_json::from_str(line).map_err(|error| broken(error.to_string()))?;
        let entry: AuditEntry = serde_json::from_str(line).map_err(|error| broken(error.to_string()))?;
        match fields::refuse_unknown_of(AUDIT, line, &json, &entry) {
            Err(SnapshotError::Broken { what, .. }) => Err(broken(what)),
            _ => Ok(entry),
        }
    };
    lines.map(entry).collect()
}
