//! What an ELF file says of itself: for which processor it is, and what must be there for it to run.

use std::fs::File;
use std::path::{Path, PathBuf};

use object::read::elf::{FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef};
use object::{Endianness, FileKind, elf};

/// An executable or library that cannot be put into an image.
#[derive(Debug, thiserror::Error)]
pub enum ExecutableError {
    /// The file cannot be read.
    #[error("{path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program for macOS.
    #[error(
        "{path}: this is a program for macOS, and the containers of a Linux node cannot run it; expected a 64-bit ELF \
         executable. Build stagegate for Linux (`cargo build --release --target {target}`) and give that file's path",
        path = .path.display(),
        target = format_args!("{}-unknown-linux-gnu", std::env::consts::ARCH)
    )]
    MacOs {
        /// The file.
        path: PathBuf,
    },
    /// Neither an executable nor a library for 64-bit Linux.
    #[error("{path}: expected a 64-bit ELF executable of x86-64 or AArch64, found {found}", path = .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// A library that the executable names is in none of the places where the loader looks.
    #[error(
        "{path} needs the library {name}, which is in none of {searched}. Install it, or give an executable that is \
         linked statically",
        path = .path.display(),
        searched = .searched.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NoLibrary {
        /// Who names it.
        path: PathBuf,
        /// The library's name.
        name: String,
        /// The folders that were searched.
        searched: Vec<PathBuf>,
    },
}

/// The processors that images are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

impl Architecture {
    /// As image configurations spell it (`GOARCH`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As Debian names the folder of its libraries.
    pub(crate) fn multiarch(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-linux-gnu",
            Self::Arm64 => "aarch64-linux-gnu",
        }
    }
}

/// An ELF file and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elf {
    pub(crate) path: PathBuf,
    pub(crate) architecture: Architecture,
    /// The dynamic loader (`PT_INTERP`); `None` for a static executable and most libraries.
    pub(crate) interpreter: Option<PathBuf>,
    /// The libraries that it names (`DT_NEEDED`).
    pub(crate) needed: Vec<String>,
    /// Where it wants them looked for (`DT_RUNPATH`, `DT_RPATH`), `$ORIGIN` replaced.
    pub(crate) runpath: Vec<PathBuf>,
}

impl Elf {
    /// Reads the headers of a file.
    pub(crate) fn read(path: &Path) -> Result<Self, ExecutableError> {
        let file = File::open(path).map_err(|source| ExecutableError::Read { path: path.to_owned(), source })?;
        let cache = ReadCache::new(file);
        let format = |found: String| ExecutableError::Format { path: path.to_owned(), found };
        match FileKind::parse(&cache) {
            Ok(FileKind::Elf64) => {}
            Ok(FileKind::MachO32 | FileKind::MachO64 | FileKind::MachOFat32 | FileKind::MachOFat64) => {
                return Err(ExecutableError::MacOs { path: path.to_owned() });
            }
            Ok(other) => return Err(format(format!("{other:?}"))),
            Err(_) => return Err(format("something that is no executable".to_owned())),
        }
        let architecture = machine(&cache).map_err(format)?;
        parse(path, architecture, &cache).map_err(|error| format(format!("an ELF file that is damaged: {error}")))
    }
}

type Header = elf::FileHeader64<Endianness>;

fn machine<'data, R: ReadRef<'data>>(data: R) -> Result<Architecture, String> {
    let read = || {
        let header = Header::parse(data)?;
        Ok::<_, object::Error>(header.e_machine(header.endian()?))
    };
    match read().map_err(|error| error.to_string())? {
        elf::EM_X86_64 => Ok(Architecture::Amd64),
        elf::EM_AARCH64 => Ok(Architecture::Arm64),
        other => Err(format!("ELF for machine {other:?}")),
    }
}

fn parse<'data, R: ReadRef<'data>>(path: &Path, architecture: Architecture, data: R) -> Result<Elf, object::Error> {
    let header = Header::parse(data)?;
    let endian = header.endian()?;
    let mut interpreter = None;
    for segment in header.program_headers(endian, data)? {
        if let Some(name) = segment.interpreter(endian, data)? {
            interpreter = Some(PathBuf::from(String::from_utf8_lossy(name).into_owned()));
        }
    }
    let table = header.sections(endian, data)?.dynamic_table(endian, data)?;
    let (mut needed, mut runpath) = (Vec::new(), Vec::new());
    for entry in &table {
        let tag = entry.tag;
        if tag == elf::DT_NEEDED {
            needed.push(String::from_utf8_lossy(table.string(entry)?).into_owned());
        } else if tag == elf::DT_RUNPATH || tag == elf::DT_RPATH {
            let origin = path.parent().unwrap_or(Path::new("/")).display().to_string();
            let text = String::from_utf8_lossy(table.string(entry)?).into_owned();
            let folders = text.split(':').filter(|one| !one.is_empty());
            runpath.extend(
                folders.map(|one| PathBuf::from(one.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin))),
            );
        }
    }
    Ok(Elf { path: path.to_owned(), architecture, interpreter, needed, runpath })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_is_an_executable_that_names_its_libraries() {
        let elf = Elf::read(&std::env::current_exe().expect("a path"));
        if cfg!(target_os = "linux") {
            let elf = elf.expect("an ELF file");
            assert_eq!(elf.interpreter.is_some(), !elf.needed.is_empty(), "{elf:?}");
        } else {
            assert!(matches!(elf, Err(ExecutableError::MacOs { .. })), "{elf:?}");
        }
    }

    #[test]
    fn a_program_for_macos_says_what_to_give_instead() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        // MH_MAGIC_64 with the processor type of Apple silicon.
        let mut header = vec![0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1];
        header.resize(64, 0);
        std::fs::write(file.path(), header).expect("written");
        let error = Elf::read(file.path()).expect_err("not for Linux").to_string();
        assert!(error.contains("program for macOS") && error.contains("unknown-linux-gnu"), "{error}");
    }

    #[test]
    fn a_script_is_no_executable() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "#!/bin/sh\n").expect("written");
        let error = Elf::read(file.path()).expect_err("no ELF").to_string();
        assert!(error.ends_with("found something that is no executable"), "{error}");
    }
}
