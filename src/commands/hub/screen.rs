//! How to begin: what to export, and a first command to try.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stagegate_confighub::Hub;

use super::options::Options;

/// The file in the client's home folder that a shell can read in.
const ENVIRONMENT: &str = "hub.env";

/// Where the hub is and how a client gets there. It holds no token.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Screen {
    url: String,
    port: u16,
    home: PathBuf,
    seed: u64,
    faults: usize,
}

impl Screen {
    pub(super) fn new(hub: &Hub, home: &Path, options: &Options) -> Self {
        Self {
            url: hub.url(),
            port: hub.port(),
            home: home.to_owned(),
            seed: options.seed,
            faults: options.faults.len(),
        }
    }

    /// Writes the variables where a shell can read them in.
    pub(super) fn write_environment(&self, home: &Path) -> io::Result<()> {
        let path = home.join(ENVIRONMENT);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(self.exports("").as_bytes())
    }

    /// What people see.
    pub(super) fn text(&self) -> String {
        let mut text = format!("ConfigHub emulator at {}, seed {}\n", self.url, self.seed);
        if self.faults > 0 {
            let noun = if self.faults == 1 { "rule" } else { "rules" };
            text.push_str(&format!("{} {noun} for faults; see {}/stagegate/faults\n", self.faults, self.url));
        }
        text.push_str("\nIn another terminal:\n");
        text.push_str(&self.exports("  "));
        text.push_str(&format!("or: . {}\n", quoted(&self.home.join(ENVIRONMENT))));
        text.push_str("\nThen, for a beginning:\n  cub space create hello\n  cub space list\n");
        text
    }

    fn exports(&self, indent: &str) -> String {
        let config = self.home.join(".confighub/config.yaml");
        [
            ("HOME", quoted(&self.home)),
            ("CUB_CONFIG", quoted(&config)),
            ("CONFIGHUB_URL", self.url.clone()),
            ("CONFIGHUB_WORKER_PORT", self.port.to_string()),
        ]
        .map(|(name, value)| format!("{indent}export {name}={value}\n"))
        .concat()
    }
}

/// A path as a POSIX shell reads it as one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word() {
        assert_eq!(quoted(Path::new("/tmp/a-b.c")), "/tmp/a-b.c");
        assert_eq!(quoted(Path::new("/tmp/it's a")), r"'/tmp/it'\''s a'");
    }
}
