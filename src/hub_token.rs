//! The token for a real hub: from a file, a variable, or the session of the real client.

use std::path::{Path, PathBuf};

use serde_json::Value;
use stagegate_harness::run::HubToken;

use crate::error::CliError;

/// The variable that holds a token.
pub(crate) const VARIABLE: &str = "STAGEGATE_HUB_TOKEN";

/// The token for the hub at `url`.
///
/// # Errors
///
/// When a file that was named cannot be read, or there is no token.
pub(crate) fn find(url: &str, file: Option<&Path>) -> Result<HubToken, CliError> {
    search(url, file)?.ok_or_else(|| CliError::HubToken { url: url.to_owned() })
}

/// The same, where there need not be one.
pub(crate) fn search(url: &str, file: Option<&Path>) -> Result<Option<HubToken>, CliError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CliError::HubTokenFile { path: path.to_owned(), reason: error.to_string() })?;
        let Some(token) = token(&text) else {
            let reason = "it holds no token, which is one word".to_owned();
            return Err(CliError::HubTokenFile { path: path.to_owned(), reason });
        };
        return Ok(Some(token));
    }
    if let Some(given) = std::env::var_os(VARIABLE) {
        let unusable = || CliError::Value {
            option: VARIABLE.to_owned(),
            value: String::new(),
            reason: "it holds no token, which is one word".to_owned(),
        };
        return given.to_str().and_then(token).map(Some).ok_or_else(unusable);
    }
    Ok(std::env::var_os("HOME").and_then(|home| of_session(&Path::new(&home).join(".confighub"), url)))
}

fn token(text: &str) -> Option<HubToken> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| HubToken(text.to_owned()))
}

/// The token of a client that is logged in at `url`. `config.yaml` says which hub each of its contexts is of;
/// `session.json` of the client of August 2025 is of the hub in `context.json` beside it.
fn of_session(folder: &Path, url: &str) -> Option<HubToken> {
    of_config(folder, url).or_else(|| {
        let context: Value = json(&folder.join("context.json"))?;
        let session: Value = json(&folder.join("session.json"))?;
        let same = is_same(context["confighub_url"].as_str()?, url) && session["auth_type"] != "Basic";
        same.then(|| token(session["access_token"].as_str()?)).flatten()
    })
}

fn of_config(folder: &Path, url: &str) -> Option<HubToken> {
    let text = std::fs::read_to_string(folder.join("config.yaml")).ok()?;
    let config: Value = serde_saphyr::from_str(&text).ok()?;
    let contexts = config["contexts"].as_array()?;
    let of_hub = |context: &&Value| {
        context.pointer("/coordinate/serverURL").and_then(Value::as_str).is_some_and(|server| is_same(server, url))
    };
    let current = |context: &&Value| context["name"] == config["currentContext"];
    let context = contexts.iter().filter(of_hub).find(current).or_else(|| contexts.iter().find(of_hub))?;
    let name = context["name"].as_str().unwrap_or_default();
    let file = context.pointer("/metadata/tokenFile").and_then(Value::as_str).map(PathBuf::from);
    // A path that is not absolute is from the folder of the configuration.
    let file = folder.join(file.unwrap_or_else(|| PathBuf::from(format!("tokens/{name}.json"))));
    token(json(&file)?["accessToken"].as_str()?)
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test says what it expects")]
mod tests {
    use super::*;

    fn write(folder: &Path, file: &str, text: &str) {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn found(folder: &Path, url: &str) -> Option<String> {
        of_session(folder, url).map(|token| token.0)
    }

    #[test]
    fn the_session_of_the_hub_that_is_meant_counts() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path();
        assert_eq!(found(folder, "https://hub.example"), None);
        write(folder, "context.json", r#"{"confighub_url": "https://hub.example/"}"#);
        write(folder, "session.json", r#"{"auth_type": "JWT", "access_token": "old"}"#);
        assert_eq!(found(folder, "https://hub.example"), Some("old".to_owned()));
        assert_eq!(found(folder, "https://other.example"), None);
        let context = |name: &str, server: &str, file: &str| {
            format!("- name: {name}\n  coordinate:\n    serverURL: {server}\n  metadata:\n    tokenFile: {file}\n")
        };
        let contexts = context("a", "https://hub.example", "tokens/a.json")
            + &context("b", "https://hub.example", "tokens/b.json")
            + &context("c", "https://other.example", "tokens/c.json");
        write(folder, "config.yaml", &format!("currentContext: b\ncontexts:\n{contexts}"));
        for name in ["a", "b", "c"] {
            write(folder, &format!("tokens/{name}.json"), &format!(r#"{{"accessToken": "of-{name}"}}"#));
        }
        assert_eq!(found(folder, "https://hub.example"), Some("of-b".to_owned()));
        assert_eq!(found(folder, "https://other.example"), Some("of-c".to_owned()));
    }

    #[test]
    fn a_basic_session_holds_no_token() {
        let home = tempfile::tempdir().expect("a folder");
        write(home.path(), "context.json", r#"{"confighub_url": "https://hub.example"}"#);
        write(home.path(), "session.json", r#"{"auth_type": "Basic", "access_token": "x"}"#);
        assert_eq!(found(home.path(), "https://hub.example"), None);
    }
}
