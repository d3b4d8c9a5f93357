//! Amounts of resources that can be added and compared (`k8s.io/apimachinery/pkg/api/resource`).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

const NANO: i128 = 1_000_000_000;
const DECIMAL: [(&str, i128); 10] = [
    ("E", 1_000_000_000_000_000_000 * NANO),
    ("P", 1_000_000_000_000_000 * NANO),
    ("T", 1_000_000_000_000 * NANO),
    ("G", 1_000_000_000 * NANO),
    ("M", 1_000_000 * NANO),
    ("k", 1000 * NANO),
    ("", NANO),
    ("m", 1_000_000),
    ("u", 1000),
    ("n", 1),
];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// An amount to the billionth, and whether it is written with powers of 1024.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Amount {
    nanos: i128,
    binary: bool,
}

/// Amounts by resource, as in `requests` and `hard`.
pub(crate) type Amounts = BTreeMap<String, Amount>;

impl Amount {
    /// `count` of something.
    pub(crate) fn count(count: i128) -> Self {
        Self { nanos: count * NANO, binary: false }
    }

    pub(crate) fn parse(amount: &Value) -> Option<Self> {
        let text = match amount {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let end = text.find(|c: char| !c.is_ascii_digit() && !".+-".contains(c)).unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        let (unit, binary) = unit(suffix)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let exact = mantissa.checked_mul(unit)?;
        // What is finer is rounded up.
        let nanos = if exact % scale == 0 { exact / scale } else { exact.div_euclid(scale) + 1 };
        Some(Self { nanos, binary })
    }

    /// The amounts of a map such as `resources.requests`.
    pub(crate) fn all(map: &Value) -> Amounts {
        let entries = map.as_object().into_iter().flatten();
        entries.filter_map(|(name, amount)| Some((name.clone(), Self::parse(amount)?))).collect()
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let binary = if self.nanos == 0 { other.binary } else { self.binary };
        Self { nanos: self.nanos.saturating_add(other.nanos), binary }
    }

    pub(crate) fn negated(self) -> Self {
        Self { nanos: -self.nanos, ..self }
    }

    pub(crate) fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    pub(crate) fn is_negative(self) -> bool {
        self.nanos < 0
    }

    pub(crate) fn is_zero(self) -> bool {
        self.nanos == 0
    }

    pub(crate) fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }

    /// How many times the other it is.
    #[expect(clippy::cast_precision_loss, reason = "ratios are told to six digits")]
    pub(crate) fn ratio(self, other: Self) -> f64 {
        self.nanos as f64 / other.nanos as f64
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// Billionths that a suffix stands for, and whether it is one of powers of 1024.
fn unit(suffix: &str) -> Option<(i128, bool)> {
    if let Some((_, unit)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((*unit, false));
    }
    if let Some(power) = BINARY.iter().position(|name| *name == suffix) {
        return Some((NANO * 1024_i128.pow(u32::try_from(power).ok()?), true));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    Some((if exponent < 0 { NANO / power } else { NANO.checked_mul(power)? }, false))
}

impl fmt::Display for Amount {
    /// The shortest way without a fraction, as the API server writes amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return write!(f, "0");
        }
        let whole = self.nanos / NANO;
        if self.binary && self.is_whole() && whole.abs() >= 1024 {
            let (mut value, mut power) = (whole, 0);
            while value % 1024 == 0 && power < BINARY.len() - 1 {
                value /= 1024;
                power += 1;
            }
            return write!(f, "{value}{}", BINARY[power]);
        }
        let fits = DECIMAL.iter().find(|(_, unit)| self.nanos % unit == 0);
        let (suffix, unit) = fits.copied().unwrap_or(("n", 1));
        write!(f, "{}{suffix}", self.nanos / unit)
    }
}

/// `amounts` as JSON.
pub(crate) fn to_json(amounts: &Amounts) -> Value {
    amounts.iter().map(|(name, amount)| (name.clone(), Value::from(amount.to_string()))).collect()
}

/// `amounts` as messages show them: `cpu=1,pods=2`.
pub(crate) fn to_text(amounts: &Amounts) -> String {
    let parts: Vec<_> = amounts.iter().map(|(name, amount)| format!("{name}={amount}")).collect();
    parts.join(",")
}

/// Adds each amount of `more`.
pub(crate) fn add(amounts: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let sum = amounts.get(name).copied().unwrap_or_default().plus(*amount);
        amounts.insert(name.clone(), sum);
    }
}

/// Takes each amount of `other` that is larger.
pub(crate) fn raise(amounts: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let larger = amounts.get(name).map_or(*amount, |known| known.larger(*amount));
        amounts.insert(name.clone(), larger);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sums_are_written_as_the_api_server_writes_them() {
        let of = |text: &str| Amount::parse(&json!(text)).unwrap();
        assert_eq!(of("256Mi").plus(of("128Mi")).to_string(), "384Mi");
        assert_eq!(of("600m").plus(of("300m")).to_string(), "900m");
        assert_eq!(of("600m").plus(of("0.4")).to_string(), "1");
        assert_eq!(of("0").plus(of("1Gi")).to_string(), "1Gi");
        assert_eq!(of("1500k").to_string(), "1500k");
        assert_eq!(of("512").to_string(), "512");
        assert_eq!(of("0.5Ki").to_string(), "512");
        assert_eq!(of("2e3").to_string(), "2k");
        assert_eq!(of("-1").to_string(), "-1");
        assert!(of("1Gi") > of("1G"));
        assert!(Amount::parse(&json!("many")).is_none());
    }
}
