//! Keeping secrets out of everything that is written.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::event::Record;
use super::texts;

/// The shortest value that is taken for a secret; shorter ones occur in plain text by chance.
pub const MINIMUM_SECRET_LENGTH: usize = 6;

/// What stands in a secret's place.
pub const REPLACEMENT: &str = "***";

/// Values that no journal, log or report may show, in every form in which they turn up: as they are, in
/// base64 (both alphabets, at any offset, so that `user:secret` is found too), percent-encoded, escaped
/// for JSON and quoted for a shell.
///
/// Values arrive one by one during a run, often once for each scenario, so the index grows in place;
/// an automaton over all of them would have to be built anew each time.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Every form of every value by its first bytes, the longest first.
    forms: HashMap<[u8; PREFIX], Vec<Box<str>>>,
    /// Which hashes of a prefix occur at all; most positions of a text are dismissed here.
    present: Vec<u64>,
}

const PREFIX: usize = 4;
const FILTER_BITS: u32 = 14;

impl Redactor {
    /// Registers a value. Returns whether it is long enough to be replaced.
    ///
    /// The lines of a value of several lines (a key, a certificate) are registered too, because a tool may
    /// print it indented. Only what is redacted after this call is affected.
    pub fn register(&mut self, secret: &str) -> bool {
        let secret = secret.trim_matches(['\r', '\n']);
        if secret.len() < MINIMUM_SECRET_LENGTH {
            return false;
        }
        self.insert_forms(secret);
        let trimmed = secret.trim();
        if trimmed != secret && trimmed.len() >= MINIMUM_SECRET_LENGTH {
            self.insert_forms(trimmed);
        }
        if secret.contains('\n') {
            for line in secret.lines().map(str::trim).filter(|line| is_key_material(line)) {
                self.insert_forms(line);
            }
        }
        true
    }

    /// The text with every registered value replaced, or `None` when it holds none.
    pub fn redact(&self, text: &str) -> Option<String> {
        if self.present.is_empty() {
            return None;
        }
        let bytes = text.as_bytes();
        let mut out = String::new();
        let mut copied = 0;
        let mut at = 0;
        while at + PREFIX <= bytes.len() {
            if let Some(length) = self.match_at(text, at) {
                out.push_str(&text[copied..at]);
                out.push_str(REPLACEMENT);
                at += length;
                copied = at;
            } else {
                at += 1;
            }
        }
        (copied > 0).then(|| out + &text[copied..])
    }

    /// Replaces every registered value in every text of the record.
    pub fn redact_record(&self, record: &mut Record) {
        if self.present.is_empty() {
            return;
        }
        texts::visit(&mut record.event, &mut |text| {
            if let Some(clean) = self.redact(text) {
                *text = clean;
            }
        });
    }

    /// The length of the longest form that begins at this byte.
    fn match_at(&self, text: &str, at: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let prefix = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let (word, bit) = filter_slot(prefix);
        if self.present[word] & bit == 0 {
            return None;
        }
        let forms = self.forms.get(&prefix)?;
        forms.iter().find(|form| bytes[at..].starts_with(form.as_bytes())).map(|form| form.len())
    }

    fn insert_forms(&mut self, secret: &str) {
        self.insert(secret.to_owned());
        for form in base64_forms(secret.as_bytes()) {
            self.insert(form);
        }
        self.insert(percent_encoded(secret, "0123456789ABCDEF"));
        self.insert(percent_encoded(secret, "0123456789abcdef"));
        self.insert(percent_encoded(secret, "0123456789ABCDEF").replace("%20", "+"));
        self.insert(secret.replace('\'', r"'\''"));
        let json = serde_json::Value::from(secret).to_string();
        self.insert(json[1..json.len() - 1].to_owned());
    }

    fn insert(&mut self, form: String) {
        let Some(prefix) = form.as_bytes().first_chunk::<PREFIX>().copied() else { return };
        let forms = self.forms.entry(prefix).or_default();
        if forms.iter().any(|known| **known == *form) {
            return;
        }
        let place = forms.partition_point(|known| known.len() >= form.len());
        forms.insert(place, form.into_boxed_str());
        self.present.resize((1 << FILTER_BITS) / 64, 0);
        let (word, bit) = filter_slot(prefix);
        self.present[word] |= bit;
    }
}

/// Whether a line of a longer secret is telling on its own.
fn is_key_material(line: &str) -> bool {
    line.len() >= 16 && !line.starts_with("-----") && !line.contains(' ')
}

fn filter_slot(prefix: [u8; PREFIX]) -> (usize, u64) {
    let hash = u32::from_le_bytes(prefix).wrapping_mul(0x9E37_79B1) >> (32 - FILTER_BITS);
    ((hash / 64) as usize, 1 << (hash % 64))
}

/// The base64 characters that the value alone decides, for each of the three offsets at which it can lie
/// in a longer text.
fn base64_forms(secret: &[u8]) -> impl Iterator<Item = String> {
    (0..3).flat_map(move |offset| {
        let mut padded = vec![0; offset];
        padded.extend_from_slice(secret);
        let first = (offset * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD].map(|engine| engine.encode(&padded)[first..last].to_owned())
    })
}

/// RFC 3986 §2.1: everything but the unreserved characters as `%XX`.
fn percent_encoded(text: &str, digits: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let digits = digits.as_bytes();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(digits[usize::from(byte >> 4)]));
            out.push(char::from(digits[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_is_replaced() {
        let mut redactor = Redactor::default();
        assert!(redactor.register("p@ss w'rd/\"1"));
        for text in [
            "token=p@ss w'rd/\"1.",
            "p%40ss%20w%27rd%2F%221",
            "p%40ss%20w%27rd%2f%221",
            "p%40ss+w%27rd%2F%221",
            r#"{"token":"p@ss w'rd/\"1"}"#,
            r#"curl -H 'p@ss w'\''rd/"1'"#,
        ] {
            let clean = redactor.redact(text).expect(text);
            assert!(!clean.contains("rd"), "{clean}");
            assert!(clean.contains("***"), "{clean}");
        }
    }

    #[test]
    fn base64_is_found_at_every_offset() {
        let mut redactor = Redactor::default();
        redactor.register("s3cr3t-value");
        for before in ["", "u", "us", "usr:", "worker:"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}s3cr3t-value and more"));
            let clean = redactor.redact(&encoded).expect("found");
            assert!(clean.contains("***"), "{clean}");
        }
    }

    #[test]
    fn short_values_and_plain_text_stay() {
        let mut redactor = Redactor::default();
        assert!(!redactor.register("abc12"));
        assert!(redactor.redact("abc12").is_none());
        redactor.register("abc123");
        assert_eq!(redactor.redact("abc12 stays"), None);
        assert_eq!(redactor.redact("xabc123abc123").as_deref(), Some("x******"));
    }

    #[test]
    fn the_longer_secret_wins() {
        let mut redactor = Redactor::default();
        redactor.register("secret-1");
        redactor.register("secret-12345");
        assert_eq!(redactor.redact("a secret-12345 b").as_deref(), Some("a *** b"));
    }

    #[test]
    fn lines_of_a_key_are_secrets_too() {
        let mut redactor = Redactor::default();
        redactor.register("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----\n");
        assert_eq!(redactor.redact("    MIIEvQIBADANBgkqhkiG").as_deref(), Some("    ***"));
    }

    proptest! {
        #[test]
        fn no_registered_value_survives(
            secret in "\\PC{6,20}", before in "\\PC{0,20}", after in "\\PC{0,20}"
        ) {
            let mut redactor = Redactor::default();
            prop_assume!(redactor.register(&secret));
            let clean = redactor.redact(&format!("{before}{secret}{after}")).expect("the secret is there");
            prop_assert!(clean.contains(REPLACEMENT));
            prop_assert!(secret.contains("***") || !clean.replace(REPLACEMENT, "\n").contains(&secret));
        }
    }
}
