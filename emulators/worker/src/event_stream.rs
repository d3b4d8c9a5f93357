//! The stream's framing: lines that start with `data: ` carry one JSON event each, all others carry nothing.

use bytes::{Buf, BytesMut};

/// Cuts what arrives into lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
}

impl Lines {
    /// Takes what arrived.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next whole line without its line end (LF or CRLF).
    pub(crate) fn next_line(&mut self) -> Option<Vec<u8>> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(found) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let mut line = self.buffer.split_to(self.searched + found).to_vec();
        self.buffer.advance(1);
        self.searched = 0;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(line)
    }
}

/// The JSON text of a data line. The blank behind the colon is required (recorded run 12b).
pub(crate) fn data_of(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"data: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(chunks: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for chunk in chunks {
            lines.push(chunk.as_bytes());
            while let Some(line) = lines.next_line() {
                found.push(String::from_utf8(line).expect("text"));
            }
        }
        found
    }

    #[test]
    fn joins_split_writes_and_splits_joined_ones() {
        assert_eq!(lines_of(&["da", "ta: 1\nda", "ta: 2\r\ndata: 3\n\nrest"]), ["data: 1", "data: 2", "data: 3", ""]);
    }

    proptest::proptest! {
        #[test]
        fn however_the_text_is_cut_the_lines_are_the_same(text in "[a-z:{} \\r\\n]{0,60}", cut in 0_usize..60) {
            let cut = cut.min(text.len());
            proptest::prop_assert_eq!(lines_of(&[&text[..cut], &text[cut..]]), lines_of(&[&text]));
        }
    }

    #[test]
    fn a_line_without_the_blank_carries_nothing() {
        assert_eq!(data_of(b"data:{}"), None);
        assert_eq!(data_of(b": comment"), None);
        assert_eq!(data_of(b"data: {}"), Some(&b"{}"[..]));
    }
}
