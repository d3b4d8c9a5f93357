//! Kubernetes' resource quantities: `500m`, `1.5Gi`, `2e3`.

use std::cmp::Ordering;

/// A quantity in billionths, with the way it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity {
    nanos: i128,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

const NANO: i128 = 1_000_000_000;
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

impl Quantity {
    /// Reads a quantity; the refusal is worded as Kubernetes words it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str =
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        const SUFFIX: &str = "unable to parse quantity's suffix";
        if text.is_empty() {
            return Err(WRONG);
        }
        let digits_end = text
            .char_indices()
            .find(|(place, character)| {
                !(character.is_ascii_digit() || *character == '.' || (*place == 0 && matches!(character, '+' | '-')))
            })
            .map_or(text.len(), |(place, _)| place);
        let (number, suffix) = text.split_at(digits_end);
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(WRONG);
        }
        let (format, power, shift) = scale(suffix).ok_or(if suffix.chars().all(is_suffix) { SUFFIX } else { WRONG })?;
        let nanos = nanos(whole, fraction, power, shift).ok_or("unable to parse numeric part of quantity")?;
        Ok(Self { nanos: sign * nanos, format })
    }

    pub(super) fn times(self, factor: i64) -> Self {
        Self { nanos: self.nanos.saturating_mul(i128::from(factor)), ..self }
    }

    /// How its size compares with another's.
    pub(super) fn compare(self, other: Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }

    /// In its canonical form, with the largest suffix that leaves a whole number.
    pub(super) fn text(self) -> String {
        if self.nanos == 0 {
            return "0".to_owned();
        }
        let binary = self.format == Format::Binary && self.nanos.abs() >= 1024 * NANO;
        if binary && self.nanos % NANO == 0 {
            let whole = self.nanos / NANO;
            let fits = |(_, bits): &&(&str, u32)| whole % (1_i128 << bits) == 0;
            return match BINARY.iter().rev().find(fits) {
                Some((suffix, bits)) => format!("{}{suffix}", whole >> bits),
                None => whole.to_string(),
            };
        }
        let power = |exponent: i32| 10_i128.checked_pow(u32::try_from(exponent + 9).unwrap_or_default());
        let fits = |(_, exponent): &&(&str, i32)| power(*exponent).is_some_and(|power| self.nanos % power == 0);
        let (suffix, exponent) = DECIMAL.iter().rev().find(fits).copied().unwrap_or(("n", -9));
        let number = self.nanos / power(exponent).unwrap_or(1);
        if self.format == Format::Exponent && exponent != 0 {
            return format!("{number}e{exponent}");
        }
        format!("{number}{suffix}")
    }
}

fn is_suffix(character: char) -> bool {
    "eEinumkKMGTP+-0123456789".contains(character)
}

/// What a suffix stands for: a power of ten and one of two.
fn scale(suffix: &str) -> Option<(Format, i32, u32)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((Format::Decimal, *exponent, 0));
    }
    if let Some((_, bits)) = BINARY.iter().find(|(known, _)| *known == suffix) {
        return Some((Format::Binary, 0, *bits));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((Format::Exponent, exponent, 0))
}

fn nanos(whole: &str, fraction: &str, power: i32, bits: u32) -> Option<i128> {
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let shifted = digits.checked_mul(1_i128 << bits)?;
    let exponent = 9 + power - i32::try_from(fraction.len()).ok()?;
    if let Ok(exponent) = u32::try_from(exponent) {
        shifted.checked_mul(10_i128.checked_pow(exponent)?)
    } else {
        // Smaller than can be kept is rounded up.
        let divisor = 10_i128.checked_pow(exponent.unsigned_abs())?;
        Some(shifted / divisor + i128::from(shifted % divisor != 0))
    }
}
