//! How to begin: what to export, and a first command to try.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stagegate_confighub::Hub;
use stagegate_harness::run::find_program;

use super::options::Options;
use crate::exports::{exports, quoted, write_private};

/// The file in the client's home folder that a shell can read in.
const ENVIRONMENT: &str = "hub.env";

/// Where the hub is and how a client gets there. It holds no token.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Screen {
    url: String,
    port: u16,
    home: PathBuf,
    seed: u64,
    /// How many rules there are; `None` when none were asked for.
    faults: Option<usize>,
    /// Who the printed session is: an email.
    user: String,
    /// The slug of that user's organization.
    organization: String,
    /// The emails of all others that one can act as.
    others: Vec<Other>,
}

/// Somebody else that one can act as.
#[derive(Debug, Clone, Serialize)]
struct Other {
    user: String,
    /// What it may do, an entry for each organization.
    rights: Vec<String>,
}

impl Screen {
    pub(super) fn new(hub: &Hub, home: &Path, options: &Options) -> Self {
        Self {
            url: hub.url(),
            port: hub.port(),
            home: home.to_owned(),
            seed: options.seed,
            faults: options.faults.as_ref().map(Vec::len),
            user: hub.user().to_owned(),
            organization: hub.organizations().into_iter().next().map(|first| first.slug).unwrap_or_default(),
            others: others(hub),
        }
    }

    /// Writes the variables where a shell can read them in.
    pub(super) fn write_environment(&self, home: &Path) -> io::Result<()> {
        write_private(&home.join(ENVIRONMENT), &self.exports(""))
    }

    /// What people see.
    pub(super) fn text(&self) -> String {
        let mut text = format!("ConfigHub emulator at {}, seed {}\n", self.url, self.seed);
        if let Some(count) = self.faults {
            let noun = if count == 1 { "rule" } else { "rules" };
            text.push_str(&format!("{count} {noun} for faults; see {}/stagegate/faults\n", self.url));
        }
        text.push_str(&format!("You are {} of organization {}\n", self.user, self.organization));
        text.push_str("\nIn another terminal:\n");
        text.push_str(&self.exports("  "));
        text.push_str(&format!("or: . {}\n", quoted(&self.home.join(ENVIRONMENT))));
        text.push_str(&self.first_commands());
        text.push_str(&self.others_text());
        text
    }

    /// What to try first, with what there is on PATH.
    fn first_commands(&self) -> String {
        if find_program("cub").is_some() {
            return "\nThen, for a beginning:\n  cub space create hello\n  cub space list\n".to_owned();
        }
        format!(
            "\nThen, for a beginning (there is no `cub` on PATH, which would do `cub space list`):\n  \
             curl --netrc-file ~/.confighub/netrc {}/api/space\n",
            self.url
        )
    }

    /// Who else there is, and how to act as the first one of them.
    fn others_text(&self) -> String {
        let Some(first) = self.others.first() else { return String::new() };
        let mut text = "\nOthers whom you can be:\n".to_owned();
        for Other { user, rights } in &self.others {
            text.push_str(&format!("  {user}: {}\n", rights.join("; ")));
        }
        let (user, port) = (&first.user, self.port);
        let login = user.replace('%', "%25").replace('@', "%40");
        text.push_str("In that terminal, as one of them and as yourself again:\n");
        text.push_str(&format!("  cub auth test-login {user}\n  cub auth test-login {}\n", self.user));
        let passwords = quoted(&self.home.join(".confighub/netrc"));
        text.push_str("or, for one request:\n");
        text.push_str(&format!("  curl --netrc-file {passwords} http://{login}@127.0.0.1:{port}/api/space\n"));
        text
    }

    fn exports(&self, indent: &str) -> String {
        let config = self.home.join(".confighub/config.yaml");
        let variables = [
            ("HOME", quoted(&self.home)),
            ("CUB_CONFIG", quoted(&config)),
            ("CONFIGHUB_URL", self.url.clone()),
            ("CONFIGHUB_WORKER_PORT", self.port.to_string()),
        ];
        exports(&variables, indent)
    }
}

/// All members of organizations but the session's user, with what they may do.
fn others(hub: &Hub) -> Vec<Other> {
    let mut others: Vec<Other> = Vec::new();
    for organization in hub.organizations() {
        for member in organization.members {
            let grants = member.grants.iter().map(|grant| format!(", may {grant}"));
            let rights = format!("{} of {}{}", member.role.name(), organization.slug, grants.collect::<String>());
            match others.iter_mut().find(|other| other.user == member.user) {
                Some(other) => other.rights.push(rights),
                None => others.push(Other { user: member.user, rights: vec![rights] }),
            }
        }
    }
    others.retain(|other| other.user != hub.user());
    others
}
