//! Frames of SPDY for the fuzz targets; see `api/fuzzing.rs`.

use super::spdy::{self, Reader};

/// The frames in what a connection gives piece by piece, as text, and the error that ends them.
pub fn spdy_frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Option<String>) {
    let (mut reader, mut frames) = (Reader::new(), Vec::new());
    for piece in pieces {
        reader.feed(piece);
        loop {
            match reader.next() {
                Ok(Some(frame)) => frames.push(format!("{frame:?}")),
                Ok(None) => break,
                Err(error) => return (frames, Some(error.to_string())),
            }
        }
    }
    (frames, None)
}

/// The frames that carry some bytes of a stream.
pub fn data_frames(stream: u32, bytes: &[u8], end: bool) -> Vec<u8> {
    spdy::data(stream, bytes, end)
}
