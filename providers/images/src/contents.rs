//! What is in the layers of a stand-in: one with the executable, shared by all images, and a small one with names of
//! commands, shared by all that have the same.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use stagegate_kubernetes::Image;
use stagegate_workload::{CLIENTS, COMMANDS, RUNTIMES};

use crate::executable::{Architecture, Elf, ExecutableError};
use crate::layer::{Builder, Layer};
use crate::libraries;

/// Where the executable is in an image.
pub(crate) const EXECUTABLE: &str = "/stagegate";

/// The layer with the executable.
pub(crate) struct Base {
    pub(crate) layer: Layer,
    pub(crate) architecture: Architecture,
}

impl Base {
    /// Reads the executable and its libraries; takes as long as it takes to hash them.
    pub(crate) fn of(executable: &Path) -> Result<Self, ExecutableError> {
        let elf = Elf::read(executable)?;
        let placed = libraries::of(&elf)?;
        let mut builder = Builder::default();
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| ExecutableError::Read { path, source }
        };
        let folders: BTreeSet<PathBuf> =
            placed.iter().filter_map(|one| one.path.parent()).flat_map(Path::ancestors).map(Path::to_owned).collect();
        skeleton(&mut builder, &folders).map_err(fail(executable))?;
        for one in &placed {
            builder.file(&one.path.to_string_lossy(), 0o755, &one.file).map_err(fail(&one.file))?;
        }
        builder.file(EXECUTABLE, 0o755, executable).map_err(fail(executable))?;
        let layer = builder.finish().map_err(fail(executable))?;
        Ok(Self { layer, architecture: elf.architecture })
    }
}

/// The folders and files that programs expect of every Linux, and `others`.
fn skeleton(builder: &mut Builder, others: &BTreeSet<PathBuf>) -> io::Result<()> {
    let own = ["/bin", "/etc", "/root", "/tmp", "/usr", "/usr/local", "/var", "/var/tmp"].map(PathBuf::from);
    for folder in others.iter().cloned().chain(own).collect::<BTreeSet<_>>() {
        let path = folder.to_string_lossy();
        let mode = match path.as_ref() {
            "/" => continue,
            "/tmp" | "/var/tmp" => 0o1777,
            "/root" => 0o700,
            _ => 0o755,
        };
        builder.folder(&path, mode)?;
    }
    builder.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")?;
    builder.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")?;
    builder.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")?;
    // Whichever folder a manifest says that a command is in.
    for folder in ["/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"] {
        builder.link(folder, "/bin")?;
    }
    Ok(())
}

/// The names by which the executable can be called in an image's containers.
///
/// An image of tools has the commands that its entry lists, whatever the tag: one layer stands for all of them. Others have those, and the names of the programs by which
/// manifests start such services: their process behaves as declared, whatever the manifest calls it.
pub(crate) fn names(image: &Image) -> BTreeSet<String> {
    let only = image.all_commands();
    let has = |name: &&&str| stagegate_workload::exists(only.as_deref(), name);
    let mut names: BTreeSet<String> =
        COMMANDS.iter().chain(CLIENTS).filter(has).map(|name| (*name).to_owned()).collect();
    if !image.is_tool() {
        names.extend(RUNTIMES.iter().map(|name| (*name).to_owned()));
    }
    names
}

/// The layer that makes the executable answer to these names.
pub(crate) fn links(names: &BTreeSet<String>) -> io::Result<Layer> {
    let mut builder = Builder::default();
    for name in names {
        builder.link(&format!("/bin/{name}"), EXECUTABLE)?;
    }
    builder.finish()
}
