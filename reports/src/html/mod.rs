//! One self-contained page.

use minijinja::{Error, ErrorKind};

use crate::model::Run;

/// Renders the run.
pub(crate) fn render(_: &Run) -> Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, "the HTML report is not supported yet"))
}
