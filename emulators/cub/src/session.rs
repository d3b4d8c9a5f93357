//! The client's files: who is logged in where, and which space commands use.
//!
//! August 2025: `~/.confighub/session.json` and `context.json`. Later: `~/.confighub/config.yaml`
//! (or the file `CUB_CONFIG` names) with one token file a context. Both are read; the newer counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use crate::contract::Era;

/// Who is logged in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Session {
    pub(crate) user: User,
    pub(crate) access_token: String,
    pub(crate) organization_id: String,
    auth_type: String,
    basic_auth_password: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
}

impl Session {
    pub(crate) fn is_authenticated(&self) -> bool {
        !self.access_token.is_empty() || !self.basic_auth_password.is_empty()
    }

    /// The value of the Authorization header.
    pub(crate) fn authorization(&self) -> String {
        if self.auth_type == "Basic" {
            let pair = format!("{}:{}", self.user.email, self.basic_auth_password);
            return format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        }
        format!("Bearer {}", self.access_token)
    }
}

/// What commands use by default. The field names are those of `context.json`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Context {
    pub(crate) confighub_url: String,
    pub(crate) space: String,
    pub(crate) space_id: String,
    pub(crate) organization_id: String,
}

/// A file of the client cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("failed to read {path}: {reason}")]
    Read { path: PathBuf, reason: String },
    #[error("failed to write {path}: {reason}")]
    Write { path: PathBuf, reason: String },
}

/// The folder with the client's files.
pub(crate) struct Home {
    folder: PathBuf,
    config: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<ConfigContext>,
}

#[derive(Deserialize)]
struct ConfigContext {
    name: String,
    #[serde(default)]
    coordinate: Coordinate,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Coordinate {
    #[serde(rename = "serverURL")]
    server_url: String,
    #[serde(rename = "organizationID")]
    organization_id: String,
    user: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Settings {
    default_space: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    token_file: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    access_token: String,
}

impl Home {
    pub(crate) fn of(env: &BTreeMap<String, String>) -> Self {
        let folder = Path::new(env.get("HOME").map_or("", String::as_str)).join(".confighub");
        let config = env.get("CUB_CONFIG").map_or_else(|| folder.join("config.yaml"), PathBuf::from);
        Self { folder, config }
    }

    /// The session and context there are; `None` for a session that does not exist or cannot be read.
    pub(crate) fn load(&self, era: Era) -> Result<(Option<Session>, Context), FileError> {
        if era == Era::October2025
            && let Some(current) = self.load_config()?
        {
            return Ok(current);
        }
        let session = read(&self.folder.join("session.json"))?.and_then(|text| serde_json::from_str(&text).ok());
        let path = self.folder.join("context.json");
        let context = match read(&path)? {
            Some(text) => serde_json::from_str(&text)
                .map_err(|error| FileError::Read { path: path.clone(), reason: error.to_string() })?,
            None => Context::default(),
        };
        Ok((session, context))
    }

    fn load_config(&self) -> Result<Option<(Option<Session>, Context)>, FileError> {
        let Some(text) = read(&self.config)? else { return Ok(None) };
        let wrong = |reason: String| FileError::Read { path: self.config.clone(), reason };
        let config: Config = serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let current = config.contexts.into_iter().find(|context| context.name == config.current_context);
        let Some(current) = current else { return Ok(None) };
        let token_file = match current.metadata.token_file.as_str() {
            "" => self.folder.join("tokens").join(format!("{}.json", current.name)),
            file => self.folder.join(file),
        };
        let tokens = read(&token_file)?.and_then(|text| serde_json::from_str::<Tokens>(&text).ok());
        let session = tokens.map(|tokens| Session {
            user: User { id: String::new(), email: current.coordinate.user },
            access_token: tokens.access_token,
            organization_id: current.coordinate.organization_id.clone(),
            ..Session::default()
        });
        let saved: Context = read(&self.folder.join("context.json"))?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let (space, space_id) = match current.settings.default_space {
            none if none.is_empty() => (saved.space, saved.space_id),
            space => (space, saved.space_id),
        };
        let context = Context {
            confighub_url: current.coordinate.server_url,
            space,
            space_id,
            organization_id: current.coordinate.organization_id,
        };
        Ok(Some((session, context)))
    }

    /// Writes the tokens of a login, and makes its context the current one in the configuration.
    pub(crate) fn save_login(&self, server: &str, session: &serde_json::Value) -> Result<(), FileError> {
        let wrong = |reason: String| FileError::Read { path: self.config.clone(), reason };
        let mut config: serde_json::Value = match read(&self.config)? {
            Some(text) => serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?,
            None => serde_json::json!({"apiVersion": "v1", "kind": "Config", "contexts": []}),
        };
        let name = config["currentContext"].as_str().filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
        let tokens = serde_json::json!({
            "accessToken": session["access_token"],
            "refreshToken": session["refresh_token"],
        });
        let coordinate = serde_json::json!({
            "serverURL": server,
            "organizationID": session["organization_id"],
            "user": session["user"]["email"],
        });
        let token_file = format!("tokens/{name}.json");
        config["currentContext"] = name.clone().into();
        let Some(contexts) = config["contexts"].as_array_mut() else {
            return Err(wrong("contexts: a list was expected".to_owned()));
        };
        let position = contexts.iter().position(|context| context["name"] == name.as_str()).unwrap_or(contexts.len());
        if position == contexts.len() {
            contexts.push(serde_json::json!({"name": name}));
        }
        contexts[position]["coordinate"] = coordinate;
        contexts[position]["metadata"]["tokenFile"] = token_file.clone().into();
        self.write(&token_file, &tokens.to_string())?;
        // JSON is YAML too.
        let text = serde_json::to_string_pretty(&config).unwrap_or_default();
        write_private(&self.config, &text)
            .map_err(|error| FileError::Write { path: self.config.clone(), reason: error.to_string() })
    }

    /// Writes `context.json`.
    pub(crate) fn save_context(&self, context: &Context) -> Result<(), FileError> {
        let text = serde_json::to_string_pretty(context).unwrap_or_default();
        self.write("context.json", &text)
    }

    /// Writes a file of the client, readable by its owner only.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), FileError> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(&self.folder);
        let written = std::fs::create_dir_all(folder).and_then(|()| write_private(&path, text));
        written.map_err(|error| FileError::Write { path, reason: error.to_string() })
    }

    /// Where a file of the client is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Reads a file of the client.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, FileError> {
        read(&self.folder.join(name))
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn read(path: &Path) -> Result<Option<String>, FileError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::Read { path: path.to_owned(), reason: error.to_string() }),
    }
}
