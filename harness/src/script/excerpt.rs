//! The beginning and the end of an output of any length, in bounded memory.

use std::collections::VecDeque;

use stagegate_reports::journal::Output;

/// Bytes kept from the beginning of an output.
const HEAD: usize = 48 * 1024;
/// Bytes kept from its end.
const TAIL: usize = 16 * 1024;

/// Takes an output as it comes and keeps its beginning and its end.
#[derive(Debug, Default)]
pub(crate) struct Excerpt {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    bytes: u64,
}

impl Excerpt {
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        let (head, rest) = chunk.split_at(chunk.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(TAIL)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(TAIL);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// What was kept, as text; what was left out is named between beginning and end.
    pub(crate) fn output(&self) -> Output {
        let left_out = self.bytes - (self.head.len() + self.tail.len()) as u64;
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if left_out == 0 {
            let all = [self.head.as_slice(), &tail].concat();
            return Output { text: text(&all), bytes: self.bytes, truncated: false };
        }
        let text = format!("{}\n[{left_out} bytes left out]\n{}", text(&self.head), text(&tail));
        Output { text, bytes: self.bytes, truncated: true }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_output_is_kept_whole() {
        let mut excerpt = Excerpt::default();
        excerpt.push(b"one\n");
        excerpt.push("zwei ü\n".as_bytes());
        assert_eq!(excerpt.output(), Output { text: "one\nzwei ü\n".to_owned(), bytes: 12, truncated: false });
    }

    #[test]
    fn a_long_output_keeps_its_beginning_and_its_end() {
        let mut excerpt = Excerpt::default();
        excerpt.push(b"first\n");
        for _ in 0..1000 {
            excerpt.push(&[b'x'; 1000]);
        }
        excerpt.push(b"\nlast\n");
        let output = excerpt.output();
        assert!(output.truncated);
        assert_eq!(output.bytes, 6 + 1_000_000 + 6);
        assert!(output.text.starts_with("first\n"));
        assert!(output.text.ends_with("\nlast\n"));
        assert!(output.text.contains(&format!("[{} bytes left out]", 1_000_012 - HEAD - TAIL)));
    }

    #[test]
    fn what_just_fits_is_not_called_truncated() {
        let mut excerpt = Excerpt::default();
        excerpt.push(&vec![b'y'; HEAD + TAIL]);
        assert!(!excerpt.output().truncated);
    }
}
