//! A real container, as simple commands see it.

use std::io;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use stagegate_commands::{Dial, Fetched, FileError, Found, Machine, Patience, Request, User};

use crate::{Variables, network};

/// The container that this process is in.
pub(crate) struct RealMachine {
    variables: Variables,
    commands: Option<Vec<String>>,
}

impl RealMachine {
    pub(crate) fn new(variables: Variables, commands: Option<Vec<String>>) -> Self {
        Self { variables, commands }
    }
}

impl Machine for RealMachine {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn commands(&self) -> Option<&[String]> {
        self.commands.as_deref()
    }

    fn hostname(&self) -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }

    fn user(&self) -> User {
        User { uid: rustix::process::getuid().as_raw(), gid: rustix::process::getgid().as_raw() }
    }

    fn folder(&self) -> String {
        std::env::current_dir().map_or_else(|_| "/".to_owned(), |folder| folder.display().to_string())
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        let bytes = std::fs::read(path).map_err(|error| file_error(&error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn entries(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let entries = std::fs::read_dir(folder).map_err(|error| file_error(&error))?;
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        Ok(names)
    }

    fn write(&self, path: &str, content: &str) -> Result<(), FileError> {
        std::fs::write(path, content).map_err(|error| file_error(&error))
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Found>> {
        Box::pin(async move {
            let configuration = self.read("/etc/resolv.conf").unwrap_or_default();
            network::resolve(name, &configuration).await
        })
    }

    fn dial<'a>(&'a self, host: &'a str, port: u16, patience: Duration) -> BoxFuture<'a, Dial> {
        Box::pin(async move {
            match network::connect(host, port, patience).await {
                Ok(_) => Dial::Connected,
                Err(failure) => failure,
            }
        })
    }

    fn fetch<'a>(&'a self, request: &'a Request, patience: Patience) -> BoxFuture<'a, Fetched> {
        Box::pin(network::fetch(request, patience))
    }
}

fn file_error(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound => FileError::NotFound,
        io::ErrorKind::IsADirectory => FileError::IsFolder,
        io::ErrorKind::NotADirectory => FileError::NotAFolder,
        io::ErrorKind::PermissionDenied => FileError::Other("Permission denied".to_owned()),
        _ => FileError::Other(error.to_string()),
    }
}
