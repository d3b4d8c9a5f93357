//! What commands run on.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::Url;

/// A container, simulated or real, as commands see it.
pub trait Machine: Send + Sync {
    /// The environment variables.
    fn variables(&self) -> &BTreeMap<String, String>;
    /// The commands that there are, as the image lists them; all of [`NAMES`](crate::NAMES) when `None`.
    fn commands(&self) -> Option<&[String]>;
    /// The host's name.
    fn hostname(&self) -> String;
    /// Who runs the command.
    fn user(&self) -> User;
    /// The working folder.
    fn folder(&self) -> String;
    /// The time.
    fn now(&self) -> Timestamp;
    /// Lets time pass.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
    /// The content of a file.
    fn read(&self, path: &str) -> Result<String, FileError>;
    /// The names in a folder, in order.
    fn entries(&self, folder: &str) -> Result<Vec<String>, FileError>;
    /// Writes a file that a command was told to write.
    fn write(&self, path: &str, content: &str) -> Result<(), FileError>;
    /// Looks a name up in the DNS.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Found>>;
    /// Connects to a port and closes the connection again; waits no longer than `patience`.
    fn dial<'a>(&'a self, host: &'a str, port: u16, patience: Duration) -> BoxFuture<'a, Dial>;
    /// Sends an HTTP request.
    fn fetch<'a>(&'a self, request: &'a Request, patience: Patience) -> BoxFuture<'a, Fetched>;
}

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until the whole answer is there.
    pub whole: Duration,
}

/// Numbers of a user and their first group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// Why a file was not read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is nothing at the path.
    NotFound,
    /// A folder is there.
    IsFolder,
    /// No folder is there.
    NotAFolder,
    /// In the system's words, such as `Permission denied`.
    Other(String),
}

impl FileError {
    /// As the C library words it.
    pub fn text(&self) -> &str {
        match self {
            Self::NotFound => "No such file or directory",
            Self::IsFolder => "Is a directory",
            Self::NotAFolder => "Not a directory",
            Self::Other(text) => text,
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name with the domain that was found.
    pub full_name: String,
    /// Its addresses.
    pub addresses: Vec<String>,
}

/// What a connection finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dial {
    /// Somebody listens.
    Connected,
    /// The address that refused.
    Refused(String),
    /// No answer in time.
    Unanswered,
    /// The name stands for nothing.
    NoSuchHost,
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// `GET` and its like.
    pub method: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent with it.
    pub body: String,
}

impl Request {
    /// GET.
    pub fn get(url: Url) -> Self {
        Self { url, method: "GET".to_owned(), headers: Vec::new(), body: String::new() }
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// An answer.
    Answer(Reply),
    /// The name stands for nothing.
    NoSuchHost,
    /// The address that refused the connection.
    Refused(String),
    /// No connection within this time.
    Unanswered(Duration),
    /// A connection, but no answer in time.
    TimedOut,
    /// What came was no HTTP.
    NotHttp,
    /// A TLS handshake was wanted, and the peer does not speak TLS.
    NoTls,
    /// The machine does not speak TLS.
    TlsUnsupported,
}
