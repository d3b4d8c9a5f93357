//! What a command reads and writes.

use std::io::{Read, Write};

use crate::failure::Failure;

/// The three streams of a command.
pub struct Streams<'a> {
    /// Standard input.
    pub stdin: &'a mut (dyn Read + Send),
    /// Standard output.
    pub stdout: &'a mut (dyn Write + Send),
    /// Standard error.
    pub stderr: &'a mut (dyn Write + Send),
}

impl Streams<'_> {
    /// Prints text with exactly one line end, and none at its start: the client's own rule.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.stdout, "{}", text.trim_matches('\n'))?)
    }

    /// Prints text as it is.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        Ok(write!(self.stdout, "{text}")?)
    }

    /// Prints one line on standard error.
    pub(crate) fn error(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.stderr, "{}", text.trim_matches('\n'))?)
    }

    /// All of standard input.
    pub(crate) fn read_all(&mut self) -> Result<Vec<u8>, Failure> {
        let mut content = Vec::new();
        self.stdin.read_to_end(&mut content)?;
        Ok(content)
    }
}
