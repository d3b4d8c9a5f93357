//! Commands that read files: `cat`, `ls`.

use crate::input::{self, Input, Options};
use crate::{FileError, Machine, Sink, Stream};

pub(crate) fn cat(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let options = match Options::read("cat", args) {
        Ok(options) => options,
        Err(text) => {
            out(Stream::Stderr, &text);
            return 1;
        }
    };
    let mut status = 0;
    for Input { name, content } in input::of(machine, &options.rest, stdin, "-") {
        match content {
            Ok(content) => out(Stream::Stdout, &content),
            Err(error) => {
                let text = match error {
                    FileError::IsFolder => "cat: read error: Is a directory\n".to_owned(),
                    other => format!("cat: can't open '{name}': {}\n", other.text()),
                };
                out(Stream::Stderr, &text);
                status = 1;
            }
        }
    }
    status
}

pub(crate) fn ls(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let paths: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let folder = machine.folder();
    let mut status = 0;
    for path in if paths.is_empty() { vec![folder.as_str()] } else { paths } {
        let names = match machine.entries(path) {
            Ok(names) => names,
            Err(FileError::NotAFolder) => vec![path.to_owned()],
            Err(error) => {
                out(Stream::Stderr, &format!("ls: {path}: {}\n", error.text()));
                status = 1;
                continue;
            }
        };
        for name in names {
            out(Stream::Stdout, &(name + "\n"));
        }
    }
    status
}
