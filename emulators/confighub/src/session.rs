//! The files that log a real client in without asking anything.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::entity::{Organization, User};
use crate::functions;
use crate::identity::Secret;
use crate::snapshot;

const CONFIG_FOLDER: &str = ".confighub";
/// Below that folder.
const TOKEN_FILE: &str = "tokens/stagegate.json";

/// An access token and a refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SessionTokens {
    pub(crate) access: Secret,
    pub(crate) refresh: Secret,
}

/// The files of a logged-in client, relative to the home folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Each file, in order of path.
    pub files: Vec<SessionFile>,
}

/// One file of a session. It holds a token: it must be readable by its owner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFile {
    /// The path below the home folder, such as `.confighub/session.json`.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// Who is logged in.
struct Person {
    external_id: String,
    username: String,
    display_name: String,
    created_at: String,
    organization_id: String,
    external_organization_id: String,
    organization_name: String,
}

impl Person {
    fn new(user: &User, organization: &Organization) -> Self {
        Self {
            external_id: user.external_id.clone(),
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            created_at: user.created_at.to_string(),
            organization_id: organization.organization_id.to_string(),
            external_organization_id: organization.external_id.clone(),
            organization_name: organization.display_name.clone(),
        }
    }

    /// The name of the organization is not among what a member tells.
    fn of_member(member: &Value) -> Self {
        let text = |field: &str| member[field].as_str().unwrap_or_default().to_owned();
        Self {
            external_id: text("ExternalID"),
            username: text("Username"),
            display_name: text("DisplayName"),
            created_at: Timestamp::UNIX_EPOCH.to_string(),
            organization_id: text("OrganizationID"),
            external_organization_id: text("ExternalOrganizationID"),
            organization_name: text("ExternalOrganizationID"),
        }
    }
}

impl Session {
    /// Writes the files below a home folder, readable by their owner only. In `config.yaml` the token
    /// file gets its absolute path, since a client may be started anywhere.
    ///
    /// # Errors
    ///
    /// What the system says when a file cannot be written.
    pub fn write(&self, home: &Path) -> io::Result<()> {
        for file in &self.files {
            let path = home.join(&file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
                fs::set_permissions(folder, Permissions::from_mode(0o700))?;
            }
            let absolute = file.path.ends_with("/config.yaml").then(|| with_tokens_in(&file.text, home)).flatten();
            let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            // One that was there already may have been readable by others.
            written.set_permissions(Permissions::from_mode(0o600))?;
            written.write_all(absolute.as_ref().unwrap_or(&file.text).as_bytes())?;
        }
        Ok(())
    }

    /// `session.json` and `context.json` are read by the client of August 2025, `config.yaml` with `tokens/`
    /// by those of late 2025; `functions.json` is the cache of function signatures by which `cub run` knows
    /// its sub-commands; `testusers.csv` has the passwords of those whom `cub auth test-login` can log in as, and
    /// `netrc` has them for `curl --netrc-file`, so that none has to stand on a command line.
    pub(crate) fn new<'a>(
        url: &str,
        SessionTokens { access, refresh }: &SessionTokens,
        user: &User,
        organization: &Organization,
        passwords: impl Iterator<Item = (&'a str, &'a Secret)> + Clone,
    ) -> Self {
        let person = Person::new(user, organization);
        Self::with(url, (access.expose(), refresh.expose()), &person, passwords)
    }

    /// The files that log a client in at the hub at `url` by an access token alone, as the member whom that hub's
    /// `GET /me` is answered with (OpenAPI schema `OrganizationMember`). There is no refresh token, and nobody else to
    /// log in as.
    pub fn of_member(url: &str, token: &str, member: &Value) -> Self {
        Self::with(url, (token, ""), &Person::of_member(member), std::iter::empty())
    }

    fn with<'a>(
        url: &str,
        (access, refresh): (&str, &str),
        person: &Person,
        passwords: impl Iterator<Item = (&'a str, &'a Secret)> + Clone,
    ) -> Self {
        let session = json!({
            "user": {
                "id": person.external_id,
                "email": person.username,
                "first_name": person.display_name,
                "last_name": "",
                "profile_picture_url": "",
                "created_at": person.created_at,
                "updated_at": person.created_at,
            },
            "access_token": access,
            "refresh_token": refresh,
            "organization_id": person.external_organization_id,
            "auth_type": "Bearer",
        });
        let context = json!({
            "confighub_url": url,
            "space": "",
            "space_id": "",
            "organization_id": person.organization_id,
        });
        let tokens = json!({"accessToken": access, "refreshToken": refresh});
        let functions = json!({"builtin": functions::signatures()});
        let file = |path: &str, text: String| SessionFile { path: format!("{CONFIG_FOLDER}/{path}"), text };
        Self {
            files: vec![
                file("config.yaml", config(url, person)),
                file("context.json", pretty(&context)),
                file("functions.json", pretty(&functions)),
                file("netrc", netrc(passwords.clone())),
                file("session.json", pretty(&session)),
                file("testusers.csv", test_users(passwords)),
                file(TOKEN_FILE, pretty(&tokens)),
            ],
        }
    }
}

/// A record for each user, as `cub auth test-login` reads them: no header, two fields.
fn test_users<'a>(passwords: impl Iterator<Item = (&'a str, &'a Secret)>) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    passwords.map(|(email, password)| format!("{},{}\n", quoted(email), quoted(password.expose()))).collect()
}

/// The passwords as curl reads them. The format has no way to write a quote, a space or a line break in all
/// versions of curl: whose password has one is left out.
fn netrc<'a>(passwords: impl Iterator<Item = (&'a str, &'a Secret)>) -> String {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '#'));
    let entries = passwords.filter(|(email, password)| plain(email) && plain(password.expose()));
    entries
        .map(|(email, password)| format!("machine 127.0.0.1 login {email} password {}\n", password.expose()))
        .collect()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn config(url: &str, person: &Person) -> String {
    snapshot::to_yaml(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "currentContext": "stagegate",
        "contexts": [{
            "name": "stagegate",
            "coordinate": {
                "serverURL": url,
                "organizationID": person.organization_id,
                "user": person.username,
            },
            "settings": {"defaultSpace": ""},
            "metadata": {
                "tokenFile": TOKEN_FILE,
                "organizationName": person.organization_name,
                "created": person.created_at,
                "lastUsed": person.created_at,
            },
        }],
    }))
}

/// A `config.yaml` whose token file is below this home; `None` when the path is no text.
fn with_tokens_in(config: &str, home: &Path) -> Option<String> {
    let mut config: Value = serde_saphyr::from_str(config).ok()?;
    let token_file = config.pointer_mut("/contexts/0/metadata/tokenFile")?;
    *token_file = json!(home.join(CONFIG_FOLDER).join(TOKEN_FILE).to_str()?);
    Some(snapshot::to_yaml(&config))
}
