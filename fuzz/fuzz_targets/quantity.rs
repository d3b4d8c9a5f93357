//! Quantities: one, then another. What the API takes quotas can count; a canonical form is its own; a sum does not
//! go by the order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use stagegate_kubernetes::fuzzing::{quota_amount, quota_sum};
use stagegate_kubernetes_schema::canonical_quantity;

fuzz_target!(|text: &str| {
    let (one, other) = text.split_once('\n').unwrap_or((text, "1"));
    let written = canonical_quantity(&json!(one));
    if let Some(written) = &written {
        assert_eq!(canonical_quantity(&json!(written)).as_ref(), Some(written), "{one}");
    }
    let counted = quota_amount(one);
    assert_eq!(counted.is_some(), written.is_some(), "{one}: counted as {counted:?}, written as {written:?}");
    if let Some(counted) = counted {
        assert_eq!(quota_amount(&counted).as_ref(), Some(&counted), "{one}");
        assert_eq!(quota_amount(&written.unwrap_or_default()), Some(counted), "{one}");
    }
    if let Some((sum, greater)) = quota_sum(one, other) {
        let (turned, _) = quota_sum(other, one).expect("both are quantities");
        assert!(quota_amount(&sum).is_some() && quota_amount(&turned).is_some());
        assert!([quota_amount(one), quota_amount(other)].contains(&Some(greater)));
    }
});
