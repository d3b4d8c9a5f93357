//! The URLs that commands take.

/// The parts of an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// The host's name or address.
    pub host: String,
    /// The port, that of the scheme when none is written.
    pub port: u16,
    /// The path with its query; `/` when there is none.
    pub path: String,
    /// Whether the scheme is `https`.
    pub https: bool,
    explicit_port: bool,
}

impl Url {
    /// `[http[s]://]HOST[:PORT][/PATH]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (https, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return None,
            None => (false, text),
        };
        let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (authority, None),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return None;
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let fallback = if https { 443 } else { 80 };
        Some(Self { host: host.to_owned(), port: port.unwrap_or(fallback), path, https, explicit_port: port.is_some() })
    }

    /// The host, with the port if the URL said one.
    pub fn host_as_written(&self) -> String {
        if self.explicit_port { format!("{}:{}", self.host, self.port) } else { self.host.clone() }
    }
}
