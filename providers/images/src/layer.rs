//! A layer: a tar archive whose small parts are in memory and whose files are read when they are asked for.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// Bytes of one tar record, to which everything in an archive is filled up.
const RECORD: usize = 512;

/// How much of a file is read at once.
const CHUNK: u64 = 1 << 20;

/// A finished layer, uncompressed: its digest is also its diff id.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    parts: Arc<Vec<Part>>,
    /// `sha256:…` of the whole.
    pub(crate) digest: String,
    pub(crate) size: u64,
}

#[derive(Debug)]
enum Part {
    Memory(Bytes),
    /// A file that is kept open: another one put in its place, as a build does, changes nothing.
    File(File, u64),
    Layer(Layer),
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
            Self::Layer(layer) => layer.size,
        }
    }

    fn read(&self, from: u64, length: u64) -> io::Result<Bytes> {
        let (start, count) = (usize_of(from)?, usize_of(length)?);
        match self {
            // It may give less than is asked for; the rest is asked for again.
            Self::Layer(layer) => layer.read(&(from..from + length)),
            Self::Memory(bytes) => Ok(bytes.slice(start..start + count)),
            Self::File(file, _) => {
                let mut buffer = vec![0; count];
                file.read_exact_at(&mut buffer, from)?;
                Ok(buffer.into())
            }
        }
    }
}

fn usize_of(number: u64) -> io::Result<usize> {
    usize::try_from(number).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))
}

impl Layer {
    /// Up to one chunk of the layer's bytes, from the beginning of `range`; empty at its end.
    pub(crate) fn read(&self, range: &Range<u64>) -> io::Result<Bytes> {
        let mut start = 0;
        for part in self.parts.iter() {
            let end = start + part.len();
            if range.start < end && range.start < range.end {
                let length = (end.min(range.end) - range.start).min(CHUNK);
                return part.read(range.start - start, length);
            }
            start = end;
        }
        Ok(Bytes::new())
    }
}

/// Puts a layer together. Times, owners and order are always the same, and so is the digest.
#[derive(Default)]
pub(crate) struct Builder {
    parts: Vec<Part>,
}

impl Builder {
    pub(crate) fn folder(&mut self, path: &str, mode: u32) -> io::Result<()> {
        self.entry(&format!("{}/", path.trim_end_matches('/')), tar::EntryType::Directory, mode, 0)
    }

    pub(crate) fn text(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.entry(path, tar::EntryType::Regular, 0o644, text.len() as u64)?;
        self.fill(Part::Memory(Bytes::copy_from_slice(text.as_bytes())));
        Ok(())
    }

    pub(crate) fn file(&mut self, path: &str, mode: u32, source: &Path) -> io::Result<()> {
        let file = File::open(source)?;
        let length = file.metadata()?.len();
        self.entry(path, tar::EntryType::Regular, mode, length)?;
        self.fill(Part::File(file, length));
        Ok(())
    }

    /// A layer as a file of this archive.
    pub(crate) fn layer(&mut self, path: &str, layer: Layer) -> io::Result<()> {
        self.entry(path, tar::EntryType::Regular, 0o644, layer.size)?;
        self.fill(Part::Layer(layer));
        Ok(())
    }

    pub(crate) fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        header.set_link_name(target)?;
        self.head(header, path)
    }

    fn entry(&mut self, path: &str, kind: tar::EntryType, mode: u32, size: u64) -> io::Result<()> {
        self.head(header(kind, mode, size), path)
    }

    fn head(&mut self, mut header: tar::Header, path: &str) -> io::Result<()> {
        header.set_path(path.trim_start_matches('/'))?;
        header.set_cksum();
        self.parts.push(Part::Memory(Bytes::copy_from_slice(header.as_bytes())));
        Ok(())
    }

    /// Adds content and fills the record up.
    fn fill(&mut self, part: Part) {
        let over = part.len() % RECORD as u64;
        self.parts.push(part);
        // Less than a record, whatever the length.
        self.zeros(usize::try_from(over).map_or(0, |over| (RECORD - over) % RECORD));
    }

    fn zeros(&mut self, count: usize) {
        static ZEROS: [u8; 2 * RECORD] = [0; 2 * RECORD];
        self.parts.push(Part::Memory(Bytes::from_static(&ZEROS[..count])));
    }

    /// Ends the archive, whose digest nobody asks for.
    pub(crate) fn unhashed(mut self) -> Layer {
        self.zeros(2 * RECORD);
        let size = self.parts.iter().map(Part::len).sum();
        Layer { parts: Arc::new(self.parts), digest: String::new(), size }
    }

    /// Ends the archive and computes its digest; reads every file once.
    pub(crate) fn finish(self) -> io::Result<Layer> {
        let mut layer = self.unhashed();
        let (mut hash, mut at) = (Sha256::new(), 0);
        while at < layer.size {
            let chunk = layer.read(&(at..layer.size))?;
            hash.update(&chunk);
            at += chunk.len() as u64;
        }
        layer.digest = format!("sha256:{:x}", hash.finalize());
        Ok(layer)
    }
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn bytes(layer: &Layer, range: Range<u64>) -> Vec<u8> {
        let (mut all, mut at) = (Vec::new(), range.start);
        while at < range.end {
            let chunk = layer.read(&(at..range.end)).expect("a chunk");
            assert!(!chunk.is_empty(), "the layer ends at {at}");
            at += chunk.len() as u64;
            all.extend_from_slice(&chunk);
        }
        all
    }

    #[test]
    fn an_archive_is_read_whole_and_in_pieces() {
        let source = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(source.path(), vec![7; 3_000_001]).expect("written");
        let mut builder = Builder::default();
        builder.folder("/tmp", 0o1777).expect("a folder");
        builder.text("/etc/passwd", "root:x:0:0::/root:/bin/sh\n").expect("a text");
        builder.file("/stagegate", 0o755, source.path()).expect("a file");
        builder.link("/bin/sh", "/stagegate").expect("a link");
        let layer = builder.finish().expect("a layer");
        let whole = bytes(&layer, 0..layer.size);
        assert_eq!(layer.digest, format!("sha256:{:x}", Sha256::digest(&whole)));
        assert_eq!(bytes(&layer, 700..2_500_000), whole[700..2_500_000]);

        let mut seen = Vec::new();
        for entry in tar::Archive::new(whole.as_slice()).entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            let path = entry.path().expect("a path").display().to_string();
            seen.push((path, entry.header().mode().expect("a mode"), content.len()));
        }
        let expected =
            [("tmp/", 0o1777, 0), ("etc/passwd", 0o644, 26), ("stagegate", 0o755, 3_000_001), ("bin/sh", 0o777, 0)];
        assert_eq!(seen, expected.map(|(path, mode, length)| (path.to_owned(), mode, length)));
    }
}
