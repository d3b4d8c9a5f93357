//! Amounts of resources that can be added and compared (`k8s.io/apimachinery/pkg/api/resource`).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use stagegate_kubernetes_schema::{Format, MOST_NANOS, NANO, Quantity};

use crate::store::object::list;

/// An amount to the billionth, and how it is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Amount {
    nanos: i128,
    format: Format,
}

/// Amounts by resource, as in `requests` and `hard`.
pub(crate) type Amounts = BTreeMap<String, Amount>;

impl Amount {
    /// `count` of something.
    pub(crate) fn count(count: i128) -> Self {
        Self { nanos: count * NANO, format: Format::Decimal }
    }

    /// `count` thousandths of something.
    pub(crate) fn of_thousandths(count: i128) -> Self {
        Self { nanos: count * (NANO / 1000), format: Format::Decimal }
    }

    pub(crate) fn parse(amount: &Value) -> Option<Self> {
        Quantity::parse(amount).map(|quantity| Self { nanos: quantity.nanos(), format: quantity.format })
    }

    /// The amounts of a map such as `resources.requests`.
    pub(crate) fn all(map: &Value) -> Amounts {
        let entries = map.as_object().into_iter().flatten();
        entries.filter_map(|(name, amount)| Some((name.clone(), Self::parse(amount)?))).collect()
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let format = if self.nanos == 0 { other.format } else { self.format };
        let nanos = self.nanos.saturating_add(other.nanos).clamp(-MOST_NANOS, MOST_NANOS);
        Self { nanos, format }
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

    /// In thousandths, rounded up (`Quantity.MilliValue`).
    pub(crate) fn thousandths(self) -> i128 {
        rounded_up(self.nanos, NANO / 1000)
    }

    /// In whole units, rounded up (`Quantity.Value`).
    pub(crate) fn whole(self) -> i128 {
        rounded_up(self.nanos, NANO)
    }

    /// How many times the other it is.
    #[expect(clippy::cast_precision_loss, reason = "ratios are told to six digits")]
    pub(crate) fn ratio(self, other: Self) -> f64 {
        self.nanos as f64 / other.nanos as f64
    }
}

fn rounded_up(nanos: i128, unit: i128) -> i128 {
    -(-nanos).div_euclid(unit)
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

impl fmt::Display for Amount {
    /// As the API server writes amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quantity::of_nanos(self.nanos, self.format).fmt(f)
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

/// What a whole Pod needs when a container needs what `of` says: containers and sidecars run at once, the other init
/// containers one after the other before them, beside the sidecars that were started by then
/// (`k8s.io/component-helpers/resource.PodRequests` of Kubernetes 1.34).
pub(crate) fn of_pod(pod: &Value, of: impl Fn(&Value) -> Amounts) -> Amounts {
    let mut sum = Amounts::new();
    for container in list(pod, "/spec/containers") {
        add(&mut sum, &of(container));
    }
    let (mut sidecars, mut most) = (Amounts::new(), Amounts::new());
    for container in list(pod, "/spec/initContainers") {
        let mut now = of(container);
        if container["restartPolicy"] == "Always" {
            add(&mut sidecars, &now);
            now.clone_from(&sidecars);
        } else {
            add(&mut now, &sidecars);
        }
        raise(&mut most, &now);
    }
    add(&mut sum, &sidecars);
    raise(&mut sum, &most);
    add(&mut sum, &Amount::all(&pod["spec"]["overhead"]));
    sum
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
        assert_eq!(of("2e3").to_string(), "2e3");
        assert_eq!(of("-1").to_string(), "-1");
        assert!(of("1Gi") > of("1G"));
        assert!(Amount::parse(&json!("many")).is_none());
    }
}
