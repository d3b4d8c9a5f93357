//! One self-contained page: no request leaves it, and it reads with JavaScript off.

mod budget;
mod escape;
mod view;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, context};
use sha2::{Digest, Sha256};

use crate::model::Run;

const STYLE: &str = include_str!("resources/page.css");
const SCRIPT: &str = include_str!("resources/page.js");

/// Renders the run.
pub(crate) fn render(run: &Run) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(escape::format);
    environment.add_template("page.html", include_str!("resources/page.html"))?;
    environment.add_template("scenario.html", include_str!("resources/scenario.html"))?;
    environment.add_template("activity.html", include_str!("resources/activity.html"))?;
    environment.add_template("finding.html", include_str!("resources/finding.html"))?;
    environment.get_template("page.html")?.render(context! {
        page => Serde(view::page(run)),
        style => minijinja::Value::from_safe_string(STYLE.to_owned()),
        script => minijinja::Value::from_safe_string(SCRIPT.to_owned()),
        policy => content_security_policy(),
    })
}

/// Only the page's own script may run, and nothing may be loaded: a second line of defence behind escaping.
fn content_security_policy() -> String {
    let script = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}
