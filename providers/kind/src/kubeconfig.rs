//! Kubeconfig files: only where they are asked for, and never those of the user.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::kind::Kind;
use crate::name::ClusterName;

impl Kind {
    /// The kubeconfig of a cluster's administrator as kind tells it, with an address that this machine reaches. It holds a key.
    pub fn kubeconfig(&self, name: &ClusterName) -> Result<String, Error> {
        match self.ask_kind(["get", "kubeconfig", "--name", name.as_str()]) {
            Ok(output) => Ok(output.text()),
            Err(Error::Failed { said, .. }) if said.contains("could not locate any control plane nodes") => {
                Err(Error::NoSuchCluster { name: name.clone() })
            }
            Err(error) => Err(error),
        }
    }
}

/// Refuses a file that a user's kubectl reads.
pub(crate) fn refuse_users(path: &Path) -> Result<(), Error> {
    refuse_listed(path, std::env::var_os("KUBECONFIG"), std::env::home_dir())
}

fn refuse_listed(path: &Path, variable: Option<OsString>, home: Option<PathBuf>) -> Result<(), Error> {
    let default = home.map(|home| home.join(".kube").join("config"));
    let listed = variable.map(|list| std::env::split_paths(&list).collect::<Vec<_>>()).unwrap_or_default();
    // The file itself need not be there, its folder may be reached by a link.
    let true_path = |path: &Path| match (path.canonicalize(), path.parent().map(Path::canonicalize), path.file_name()) {
        (Ok(path), ..) => path,
        (_, Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    };
    let is_users = default.iter().chain(&listed).any(|users| true_path(users) == true_path(path));
    if is_users { Err(Error::UsersKubeconfig { path: path.to_owned() }) } else { Ok(()) }
}

/// Makes the folder for a file.
pub(crate) fn folder_for(path: &Path) -> Result<PathBuf, Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder).map_err(Error::file("cannot make the folder", &folder))?;
    Ok(folder)
}

/// Writes a kubeconfig that only its owner can read. Whoever reads it meanwhile sees the old one or the new one.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = Error::file("cannot write", path);
    let mut file = tempfile::NamedTempFile::new_in(folder_for(path)?).map_err(&failed)?;
    file.write_all(text.as_bytes()).map_err(&failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Where the API server of a kubeconfig listens, when that is an address and no name.
pub(crate) fn server(text: &str) -> Option<SocketAddr> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("server:"))?;
    line.trim().trim_matches('"').strip_prefix("https://")?.trim_end_matches('/').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_files_are_refused_also_by_another_name() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".kube")).unwrap();
        std::os::unix::fs::symlink(home.path().join(".kube"), home.path().join("link")).unwrap();
        let refused = |path: &str| {
            let list = std::env::join_paths([home.path().join("a"), home.path().join("b")]).unwrap();
            refuse_listed(&home.path().join(path), Some(list), Some(home.path().to_owned())).is_err()
        };
        assert!(refused(".kube/config") && refused("link/config") && refused("b"));
        assert!(!refused("c") && !refused(".kube/other"));
    }

    #[test]
    fn a_written_file_replaces_the_old_one_and_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run").join("kubeconfig");
        write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_server_is_read_from_what_kind_writes() {
        let text = "clusters:\n- cluster:\n    certificate-authority-data: x\n    server: https://127.0.0.1:40123\n";
        assert_eq!(server(text), Some("127.0.0.1:40123".parse().unwrap()));
        assert_eq!(server("server: https://[::1]:6443"), Some("[::1]:6443".parse().unwrap()));
        assert_eq!(server("server: https://docker:6443"), None);
    }
}
