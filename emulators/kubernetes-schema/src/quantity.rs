//! Quantities: amounts such as `500m`, `1.5Gi` and `1e3`.
//!
//! Read and written as by `ParseQuantity` and `CanonicalizeBytes` of `k8s.io/apimachinery/pkg/api/resource`.

use std::fmt;

use serde_json::Value;

/// The billionths in one.
pub const NANO: i128 = 1_000_000_000;

/// The most billionths that are counted: Go has no limit, this has 36 digits.
pub const MOST_NANOS: i128 = 10_i128.pow(36);

/// How a quantity is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `12M`.
    #[default]
    Decimal,
    /// `12Mi`.
    Binary,
    /// `12e6`.
    Exponent,
}

/// An amount: a whole number times a power of ten that is not below a billionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    mantissa: i128,
    exponent: i32,
    /// How it was written.
    pub format: Format,
}

/// A quantity as the API server writes it: `0.5` is `500m`, `1024Mi` is `1Gi`, `1000m` is `1`.
///
/// `None` when it is none: `quantities must match the regular expression …`.
pub fn canonical_quantity(amount: &Value) -> Option<String> {
    let text = text_of(amount)?;
    let Parts { written, quantity } = parts(text.trim())?;
    Some(written.map_or_else(|| quantity.to_string(), str::to_owned))
}

fn text_of(amount: &Value) -> Option<String> {
    match amount {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Quantity {
    /// Reads a quantity: text, or a number. `None` when it is none.
    pub fn parse(amount: &Value) -> Option<Self> {
        parts(text_of(amount)?.trim()).map(|parts| parts.quantity)
    }

    /// So many billionths.
    pub fn of_nanos(nanos: i128, format: Format) -> Self {
        Self { mantissa: nanos, exponent: NANO_EXPONENT, format }
    }

    /// It in billionths; [`MOST_NANOS`] for what is more.
    pub fn nanos(self) -> i128 {
        let power = u32::try_from(self.exponent - NANO_EXPONENT).unwrap_or(0);
        let nanos = 10_i128.checked_pow(power).and_then(|unit| self.mantissa.checked_mul(unit));
        nanos.unwrap_or(self.mantissa.signum() * MOST_NANOS).clamp(-MOST_NANOS, MOST_NANOS)
    }

    /// A number with what is finer than a billionth rounded up; `None` for one with more digits than are kept.
    fn rounded(mut mantissa: i128, mut exponent: i32, format: Format) -> Option<Self> {
        if mantissa == 0 {
            return Some(Self { format, ..Self::default() });
        }
        if exponent < NANO_EXPONENT {
            let scale = 10_i128.checked_pow(exponent.abs_diff(NANO_EXPONENT));
            mantissa = scale.map_or(1, |scale| mantissa / scale + i128::from(mantissa % scale != 0));
            exponent = NANO_EXPONENT;
        }
        while mantissa % 10 == 0 {
            (mantissa, exponent) = (mantissa / 10, exponent + 1);
        }
        (mantissa <= MOST_NANOS).then_some(Self { mantissa, exponent, format })
    }
}

const NANO_EXPONENT: i32 = -9;
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The most digits of which Go keeps the text of a quantity (`maxInt64Factors`), and the same for powers of
/// 1024, each of which counts as three.
const FEW_DIGITS: usize = 18;
const FEW_BINARY_DIGITS: usize = 14;

struct Parts<'a> {
    /// The text where it counts as canonical already.
    written: Option<&'a str>,
    quantity: Quantity,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    if text.is_empty() {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start_matches('0');
    let (whole, rest) = leading_digits(unsigned);
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), leading_digits);
    let digits = format!("{}{fraction}", if whole.is_empty() { "0" } else { whole });
    let mantissa: i128 = digits.parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?;
    let (mut quantity, short, canonical) = match scale(suffix)? {
        Scale::Ten(exponent, format) => {
            let exponent = exponent - places;
            let canonical = exponent % 3 == 0 && !digits.starts_with('0') && !digits.ends_with("000");
            let short = exponent >= NANO_EXPONENT && digits.len() <= FEW_DIGITS;
            (Quantity::rounded(mantissa, exponent, format)?, short, canonical)
        }
        Scale::Binary(power) => {
            let short = fraction.is_empty() && digits.len() + 3 * power as usize <= FEW_BINARY_DIGITS;
            (binary(mantissa, places, power), short, mantissa % 8 != 0)
        }
    };
    // Without any digit it is zero, but only where Go need not look closely.
    let number = &text[..text.len() - suffix.len()];
    if !short && !number.contains(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    if text.starts_with('-') {
        quantity.mantissa = -quantity.mantissa;
    }
    Some(Parts { written: (short && canonical).then_some(text), quantity })
}

fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

/// The power of ten or of 1024 that a suffix stands for.
enum Scale {
    Ten(i32, Format),
    Binary(u32),
}

fn scale(suffix: &str) -> Option<Scale> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some(Scale::Ten(*exponent, Format::Decimal));
    }
    if let Some(power) = BINARY.iter().position(|name| *name == suffix) {
        return Some(Scale::Binary(u32::try_from(power).ok()?));
    }
    let exponent: i16 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some(Scale::Ten(exponent.into(), Format::Exponent))
}

/// The largest amount in powers of 1024; a larger one is that.
const MOST_BINARY: i128 = i64::MAX as i128;

fn binary(mut mantissa: i128, mut places: i32, power: u32) -> Quantity {
    let unit = 1024_i128.pow(power);
    // Digits that do not fit are far beyond a billionth.
    while mantissa.checked_mul(unit).is_none() && places > 0 {
        (mantissa, places) = (mantissa / 10 + 1, places - 1);
    }
    let most = Quantity { mantissa: MOST_BINARY, exponent: 0, format: Format::Binary };
    let found = Quantity::rounded(mantissa.saturating_mul(unit), -places, Format::Binary).unwrap_or(most);
    match found.nanos() {
        nanos if nanos > MOST_BINARY * NANO => most,
        nanos if nanos < NANO && nanos > 0 => Quantity { format: Format::Decimal, ..found },
        _ => found,
    }
}

impl fmt::Display for Quantity {
    /// The shortest way without a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mantissa == 0 {
            return write!(f, "0");
        }
        let whole = self.nanos() / NANO;
        if self.format == Format::Binary && self.nanos() % NANO == 0 && whole.abs() >= 1024 {
            let (mut value, mut power) = (whole, 0);
            while value % 1024 == 0 && power < BINARY.len() - 1 {
                value /= 1024;
                power += 1;
            }
            return write!(f, "{value}{}", BINARY[power]);
        }
        let (mut mantissa, mut exponent) = (self.mantissa, self.exponent);
        while mantissa % 10 == 0 {
            (mantissa, exponent) = (mantissa / 10, exponent + 1);
        }
        let most = if self.format == Format::Exponent { i32::MAX } else { 18 };
        let shift = if exponent > most { exponent - most } else { exponent.rem_euclid(3) };
        let zeros = "0".repeat(usize::try_from(shift).unwrap_or(0));
        exponent -= shift;
        let suffix = match self.format {
            Format::Exponent if exponent == 0 => String::new(),
            Format::Exponent => format!("e{exponent}"),
            _ => DECIMAL.iter().find(|(_, one)| *one == exponent).map_or("", |(name, _)| name).to_owned(),
        };
        write!(f, "{mantissa}{zeros}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As `resource.Quantity` of Kubernetes reads the first and writes the second.
    #[test]
    fn quantities_are_written_as_the_api_server_writes_them() {
        for (given, written) in [
            (json!("0.5"), "500m"),
            (json!(1), "1"),
            (json!("1000m"), "1"),
            (json!("1024Mi"), "1Gi"),
            (json!("1.5Gi"), "1536Mi"),
            (json!("1.5Ki"), "1536"),
            (json!("128974848"), "128974848"),
            (json!("1000000"), "1M"),
            (json!("1e3"), "1e3"),
            (json!("1E3"), "1E3"),
            (json!("1000e3"), "1e6"),
            (json!("12e4"), "120e3"),
            (json!("0Mi"), "0"),
            (json!("-1.50"), "-1500m"),
            (json!("0.5Ki"), "512"),
            (json!("0.1Ki"), "102400m"),
            (json!("0.000001Ki"), "1024u"),
            (json!("1.00000000001Ki"), "1024000000011n"),
            (json!("1500k"), "1500k"),
            (json!("9Ei"), "9223372036854775807"),
            (json!("4096Pi"), "4Ei"),
            (json!("92233720368547758080"), "92233720368547758080"),
            (json!("-0.0000000001"), "-1n"),
            (json!("1e-40"), "1e-9"),
            (json!("1e100"), "10e99"),
            (json!("1023Ki"), "1023Ki"),
            (json!(" 1 "), "1"),
            (json!("1."), "1."),
            (json!("Ki"), "0"),
            (json!("-"), "0"),
        ] {
            assert_eq!(canonical_quantity(&given).as_deref(), Some(written), "{given}");
        }
        for bad in ["lots", "", "1Zi", "1 G", "--1", "1K", "1e", "1k5", "1e1e1"] {
            assert_eq!(canonical_quantity(&json!(bad)), None, "{bad}");
        }
    }
}
