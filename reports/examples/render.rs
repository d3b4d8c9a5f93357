//! Renders a journal: `cargo run -p stagegate-reports --example render -- html journal.ndjson > report.html`.

use std::error::Error;
use std::io::Write;

use stagegate_reports::model::Run;
use stagegate_reports::{journal, render};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [format, path] = arguments.as_slice() else { return Err("usage: render FORMAT JOURNAL".into()) };
    let run = Run::from_journal(journal::read(path.as_ref())?)?;
    Ok(std::io::stdout().write_all(render(format.parse()?, &run)?.as_bytes())?)
}
