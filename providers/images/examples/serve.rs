//! Serves the stand-ins of a catalogue until it is ended: `serve EXECUTABLE ADDRESS [CATALOGUE]`.

use std::io::Write as _;

use stagegate_images::Registry;
use stagegate_kubernetes::Catalogue;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [executable, address, rest @ ..] = arguments.as_slice() else {
        return Err("usage: serve EXECUTABLE ADDRESS [CATALOGUE]".into());
    };
    let mut catalogue = Catalogue::built_in()?;
    if let Some(path) = rest.first() {
        catalogue = catalogue.with(Catalogue::parse(&std::fs::read_to_string(path)?)?);
    }
    let told = |pull| {
        let _nobody_reads_it = writeln!(std::io::stdout(), "{pull:?}");
    };
    let registry = Registry::start(catalogue, executable.into(), &[address.parse()?], told).await?;
    writeln!(std::io::stdout(), "{:?}", registry.addresses())?;
    for import in registry.imports(registry.addresses()[0]) {
        if let Some((path, content)) = &import.file {
            writeln!(std::io::stdout(), "{} bytes into {path}", content.len())?;
        }
        for words in &import.commands {
            writeln!(std::io::stdout(), "{}", words.join(" "))?;
        }
    }
    std::future::pending().await
}
