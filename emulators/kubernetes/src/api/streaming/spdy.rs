//! Frames of SPDY/3.1, as `kubectl port-forward` tunnels them through a WebSocket.
//!
//! Only what `github.com/moby/spdystream` sends is read: streams, data, pings and resets. There is
//! no flow control in it. The layout is that of the draft "SPDY Protocol - Draft 3.1", section 2.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// A frame that matters to a port-forward.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The client opens a stream.
    Open { stream: u32, headers: BTreeMap<String, String> },
    /// Bytes of a stream; with `end` there will be no more from this side.
    Data { stream: u32, bytes: Vec<u8>, end: bool },
    /// A stream is given up.
    Reset { stream: u32 },
    /// To be sent back.
    Ping { id: u32 },
    /// The connection ends.
    GoAway,
}

/// Bytes that are no SPDY.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SPDY frame: {0}")]
pub(super) struct FrameError(&'static str);

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;

const HEADER: usize = 8;
const FIN: u8 = 1;
const VERSION: u16 = 3;

/// The largest block of headers that is read; kubectl's has three of a few bytes.
const HEADERS_LIMIT: usize = 16 * 1024;

/// Reads frames from the bytes of a connection.
pub(super) struct Reader {
    buffer: Vec<u8>,
    inflate: Decompress,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), inflate: Decompress::new(true) }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame that matters, `None` until more bytes come.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        while let Some(head) = self.buffer.first_chunk::<HEADER>() {
            let word = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
            let flags = head[4];
            let length = u32::from_be_bytes([0, head[5], head[6], head[7]]) as usize;
            if self.buffer.len() < HEADER + length {
                return Ok(None);
            }
            let payload: Vec<u8> = self.buffer.drain(..HEADER + length).skip(HEADER).collect();
            if word & 0x8000_0000 == 0 {
                return Ok(Some(Frame::Data { stream: word, bytes: payload, end: flags & FIN != 0 }));
            }
            let (version, of) = (((word >> 16) & 0x7fff) as u16, (word & 0xffff) as u16);
            if version != VERSION {
                return Err(FrameError("another version than 3"));
            }
            if let Some(frame) = self.control(of, &payload)? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    fn control(&mut self, of: u16, payload: &[u8]) -> Result<Option<Frame>, FrameError> {
        let number = || payload.first_chunk().map(|four| u32::from_be_bytes(*four)).ok_or(FrameError("too short"));
        Ok(match of {
            SYN_STREAM => {
                let block = payload.get(10..).ok_or(FrameError("too short"))?;
                Some(Frame::Open { stream: number()? & 0x7fff_ffff, headers: self.headers(block)? })
            }
            RST_STREAM => Some(Frame::Reset { stream: number()? & 0x7fff_ffff }),
            PING => Some(Frame::Ping { id: number()? }),
            GOAWAY => Some(Frame::GoAway),
            // Settings and windows are of no use without flow control.
            _ => None,
        })
    }

    fn headers(&mut self, block: &[u8]) -> Result<BTreeMap<String, String>, FrameError> {
        let plain = self.inflated(block)?;
        let mut rest = plain.as_slice();
        let count = take_number(&mut rest)?;
        let mut headers = BTreeMap::new();
        for _ in 0..count {
            let name = take_text(&mut rest)?;
            headers.insert(name, take_text(&mut rest)?);
        }
        Ok(headers)
    }

    fn inflated(&mut self, block: &[u8]) -> Result<Vec<u8>, FrameError> {
        let mut plain = Vec::with_capacity(HEADERS_LIMIT);
        let mut rest = block;
        loop {
            let before = self.inflate.total_in();
            let step = self.inflate.decompress_vec(rest, &mut plain, FlushDecompress::Sync);
            let read = usize::try_from(self.inflate.total_in() - before).unwrap_or(rest.len());
            rest = rest.get(read..).unwrap_or_default();
            match step {
                Ok(_) if rest.is_empty() => return Ok(plain),
                Ok(_) if plain.len() == plain.capacity() => return Err(FrameError("too many headers")),
                Ok(Status::Ok) if read > 0 => {}
                Err(error) if error.needs_dictionary().is_some() => {
                    self.inflate.set_dictionary(&DICTIONARY).map_err(|_| FrameError("another dictionary"))?;
                }
                Ok(_) | Err(_) => return Err(FrameError("headers that do not inflate")),
            }
        }
    }
}

fn take_number(rest: &mut &[u8]) -> Result<u32, FrameError> {
    let (number, after) = rest.split_first_chunk().ok_or(FrameError("headers that end early"))?;
    *rest = after;
    Ok(u32::from_be_bytes(*number))
}

fn take_text(rest: &mut &[u8]) -> Result<String, FrameError> {
    let length = take_number(rest)? as usize;
    let (text, after) = rest.split_at_checked(length).ok_or(FrameError("headers that end early"))?;
    *rest = after;
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Writes frames.
pub(super) struct Writer {
    deflate: Compress,
    begun: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { deflate: Compress::new(Compression::fast(), true), begun: false }
    }

    /// Accepts a stream.
    pub(super) fn reply(&mut self, stream: u32) -> Vec<u8> {
        // A block of no headers: their count.
        let block = self.deflated(&0_u32.to_be_bytes());
        control(SYN_REPLY, 0, &[stream.to_be_bytes().as_slice(), &block].concat())
    }

    fn deflated(&mut self, plain: &[u8]) -> Vec<u8> {
        if !std::mem::replace(&mut self.begun, true) && self.deflate.set_dictionary(&DICTIONARY).is_err() {
            tracing::debug!("SPDY headers are compressed without the dictionary");
        }
        let mut block = Vec::with_capacity(plain.len() + 64);
        if let Err(error) = self.deflate.compress_vec(plain, &mut block, FlushCompress::Sync) {
            tracing::debug!(%error, "SPDY headers were not compressed");
        }
        block
    }
}

pub(super) fn pong(id: u32) -> Vec<u8> {
    control(PING, 0, &id.to_be_bytes())
}

/// The largest data frame that is sent.
const DATA_LIMIT: usize = 16 * 1024;

/// Data frames of some bytes; the last one ends the stream if `end` says so.
pub(super) fn data(stream: u32, bytes: &[u8], end: bool) -> Vec<u8> {
    let mut frames = Vec::with_capacity(bytes.len() + HEADER);
    let mut chunks = bytes.chunks(DATA_LIMIT).peekable();
    if chunks.peek().is_none() && end {
        return frame(stream, FIN, &[]);
    }
    while let Some(chunk) = chunks.next() {
        let flags = if end && chunks.peek().is_none() { FIN } else { 0 };
        frames.extend(frame(stream, flags, chunk));
    }
    frames
}

fn control(of: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
    frame(0x8000_0000 | (u32::from(VERSION) << 16) | u32::from(of), flags, payload)
}

fn frame(word: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    // Payloads are bounded by `DATA_LIMIT`, far below the 24 bits there are.
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut frame = Vec::with_capacity(payload.len() + HEADER);
    frame.extend(word.to_be_bytes());
    frame.extend([flags, length[1], length[2], length[3]]);
    frame.extend_from_slice(payload);
    frame
}

/// The words of the dictionary that header blocks are compressed with (section 2.6.10.1), each with its length before it.
const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language \
accept-ranges age allow authorization cache-control connection content-base content-encoding content-language \
content-length content-location content-md5 content-range content-type date etag expect expires from host if-match \
if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma \
proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade \
user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie \
keep-alive origin";

/// What follows the words.
const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505\
203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden\
404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug \
Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,\
application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch\
charset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

static DICTIONARY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bytes = Vec::new();
    for word in WORDS.split_whitespace() {
        let word = word.replace('_', " ");
        bytes.extend(u32::try_from(word.len()).unwrap_or(0).to_be_bytes());
        bytes.extend(word.bytes());
    }
    bytes.extend(TAIL.bytes());
    bytes
});

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of headers as a client compresses it.
    fn open(deflate: &mut Compress, stream: u32, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut plain = u32::try_from(headers.len()).unwrap().to_be_bytes().to_vec();
        for text in headers.iter().flat_map(|(name, value)| [name, value]) {
            plain.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            plain.extend(text.bytes());
        }
        let mut block = Vec::with_capacity(512);
        deflate.compress_vec(&plain, &mut block, FlushCompress::Sync).unwrap();
        let payload = [stream.to_be_bytes().as_slice(), &[0; 6], &block].concat();
        control(SYN_STREAM, 0, &payload)
    }

    #[test]
    fn the_dictionary_is_that_of_the_draft() {
        assert_eq!(DICTIONARY.len(), 1423);
        let mut deflate = Compress::new(Compression::fast(), true);
        // The checksum by which the other side knows the dictionary.
        assert_eq!(deflate.set_dictionary(&DICTIONARY).unwrap(), 0xe3c6_a7c2);
    }

    #[test]
    fn streams_are_opened_over_one_compression() {
        let mut deflate = Compress::new(Compression::fast(), true);
        deflate.set_dictionary(&DICTIONARY).unwrap();
        let mut bytes = open(&mut deflate, 1, &[("streamtype", "error"), ("port", "80")]);
        bytes.extend(open(&mut deflate, 3, &[("streamtype", "data"), ("port", "80")]));
        bytes.extend(data(3, b"GET", true));
        let mut reader = Reader::new();
        let mut frames = Vec::new();
        // Byte by byte, as a slow peer would.
        for byte in bytes {
            reader.feed(&[byte]);
            frames.extend(reader.next().expect("a frame"));
        }
        let headers =
            |of: &str| BTreeMap::from([("port".to_owned(), "80".to_owned()), ("streamtype".to_owned(), of.to_owned())]);
        let expected = [
            Frame::Open { stream: 1, headers: headers("error") },
            Frame::Open { stream: 3, headers: headers("data") },
            Frame::Data { stream: 3, bytes: b"GET".to_vec(), end: true },
        ];
        assert_eq!(frames, expected);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_frames_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let mut reader = Reader::new();
            reader.feed(&bytes);
            while let Ok(Some(_)) = reader.next() {}
        }
    }
}
