//! Quantities: amounts such as `500m`, `1.5Gi` and `1e3` (`k8s.io/apimachinery/pkg/api/resource`).

use serde_json::Value;

/// The power of ten or of 1024 that a suffix stands for.
#[derive(Clone, Copy, PartialEq)]
enum Scale {
    Decimal(i32),
    Binary(u32),
    Exponent(i32),
}

/// A quantity as the API server writes it: `0.5` is `500m`, `1024Mi` is `1Gi`, `1000m` is `1`.
///
/// `None` when it is none: `quantities must match the regular expression …`.
pub fn canonical_quantity(amount: &Value) -> Option<String> {
    let text = match amount {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && !['.', '-', '+'].contains(&c)).unwrap_or(text.len());
    let scale = scale(&text[end..])?;
    let (sign, digits) = match text[..end].strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text[..end].strip_prefix('+').unwrap_or(&text[..end])),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mantissa: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?;
    let text = match scale {
        Scale::Binary(power) => binary(mantissa, places, power)?,
        Scale::Decimal(exponent) => decimal(mantissa, exponent - places, false)?,
        Scale::Exponent(exponent) => decimal(mantissa, exponent - places, true)?,
    };
    Some(if text == "0" { text } else { format!("{sign}{text}") })
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

fn scale(suffix: &str) -> Option<Scale> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some(Scale::Decimal(*exponent));
    }
    if let Some(power) = BINARY.iter().position(|name| *name == suffix) {
        return Some(Scale::Binary(u32::try_from(power).ok()?));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    exponent.parse().ok().filter(|one: &i32| one.abs() <= 30).map(Scale::Exponent)
}

fn binary(mantissa: i128, places: i32, power: u32) -> Option<String> {
    let scaled = mantissa.checked_mul(1024_i128.checked_pow(power)?)?;
    let divisor = 10_i128.checked_pow(u32::try_from(places).ok()?)?;
    if scaled % divisor != 0 || scaled / divisor < 1024 {
        return decimal(scaled, -places, false);
    }
    let (mut value, mut power) = (scaled / divisor, 0);
    while value % 1024 == 0 && power < BINARY.len() - 1 {
        value /= 1024;
        power += 1;
    }
    Some(format!("{value}{}", BINARY[power]))
}

/// `mantissa` times ten to `exponent`, with the largest suffix that leaves no fraction; what is finer than
/// a billionth is rounded up.
fn decimal(mut mantissa: i128, mut exponent: i32, scientific: bool) -> Option<String> {
    if mantissa == 0 {
        return Some("0".to_owned());
    }
    while exponent < -9 {
        mantissa = (mantissa + 9) / 10;
        exponent += 1;
    }
    while mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    while exponent.rem_euclid(3) != 0 || exponent > 18 {
        mantissa = mantissa.checked_mul(10)?;
        exponent -= 1;
    }
    if scientific {
        return Some(if exponent == 0 { mantissa.to_string() } else { format!("{mantissa}e{exponent}") });
    }
    let (suffix, _) = DECIMAL.iter().find(|(_, one)| *one == exponent)?;
    Some(format!("{mantissa}{suffix}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_are_written_as_the_api_server_writes_them() {
        for (given, written) in [
            (json!("0.5"), "500m"),
            (json!(1), "1"),
            (json!("1000m"), "1"),
            (json!("1024Mi"), "1Gi"),
            (json!("1.5Gi"), "1536Mi"),
            (json!("128974848"), "128974848"),
            (json!("1000000"), "1M"),
            (json!("1e3"), "1e3"),
            (json!("0Mi"), "0"),
            (json!("-1.50"), "-1500m"),
            (json!("0.5Ki"), "512"),
            (json!("1500k"), "1500k"),
        ] {
            assert_eq!(canonical_quantity(&given).as_deref(), Some(written), "{given}");
        }
        for bad in ["lots", "", "1Zi", "m", "1 G", "--1"] {
            assert_eq!(canonical_quantity(&json!(bad)), None, "{bad}");
        }
    }
}
