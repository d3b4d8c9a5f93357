//! Resource quantities as numbers.

use serde_json::Value;
use stagegate_kubernetes_schema::{NANO, Quantity};

/// A resource quantity (`128Mi`, `100m`, `1`) in its base unit.
#[expect(clippy::cast_precision_loss, reason = "what is measured and compared with it is as rough")]
pub(crate) fn quantity(amount: &Value) -> Option<f64> {
    Quantity::parse(amount).map(|quantity| quantity.nanos() as f64 / NANO as f64)
}
