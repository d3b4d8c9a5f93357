//! HorizontalPodAutoscalers and PodDisruptionBudgets: defaults and columns.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME, count};
use crate::store::object::{list, set_default, text};

/// Rules of HorizontalPodAutoscaler.
pub(super) const HORIZONTAL_POD_AUTOSCALER: Rules = Rules {
    defaults: |scaler| {
        set_default(scaler, &["spec", "minReplicas"], 1);
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        set_default(scaler, &["spec", "metrics"], json!([metric]));
    },
    columns: &[
        NAME,
        Column::text("Reference"),
        Column::text("Targets"),
        Column::text("MinPods"),
        Column::text("MaxPods"),
        Column::text("Replicas"),
        AGE,
    ],
    row: |scaler, now| {
        let target = &scaler["spec"]["scaleTargetRef"];
        let as_text = |pointer: &str| json!(count(scaler, pointer).to_string());
        vec![
            columns::name(scaler),
            json!(format!("{}/{}", text(target, "/kind"), text(target, "/name"))),
            json!(targets(scaler)),
            as_text("/spec/minReplicas"),
            as_text("/spec/maxReplicas"),
            as_text("/status/currentReplicas"),
            columns::age(scaler, now),
        ]
    },
    ..Rules::PLAIN
};

/// `cpu: 80%/50%`, as `formatHPAMetrics` of `pkg/printers/internalversion` has it.
fn targets(scaler: &Value) -> String {
    let current = list(scaler, "/status/currentMetrics");
    let shown = list(scaler, "/spec/metrics").iter().enumerate().map(|(index, metric)| {
        if text(metric, "/type") != "Resource" {
            return "<unknown>".to_owned();
        }
        let goal = &metric["resource"]["target"];
        let now = current.get(index).map(|one| &one["resource"]["current"]);
        let show = |field: &str, unit: &str| {
            let of = |place: Option<&Value>| match place.and_then(|place| place.get(field)) {
                Some(Value::String(text)) => format!("{text}{unit}"),
                Some(number) if number.is_number() => format!("{number}{unit}"),
                _ => "<unknown>".to_owned(),
            };
            format!("{}: {}/{}", text(metric, "/resource/name"), of(now), of(Some(goal)))
        };
        if goal.get("averageUtilization").is_some() {
            show("averageUtilization", "%")
        } else {
            show("averageValue", "")
        }
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "<none>".to_owned() } else { shown.join(", ") }
}

/// Rules of PodDisruptionBudget.
pub(super) const POD_DISRUPTION_BUDGET: Rules = Rules {
    columns: &[
        NAME,
        Column::text("Min Available"),
        Column::text("Max Unavailable"),
        Column::number("Allowed Disruptions"),
        AGE,
    ],
    row: |budget, now| {
        let limit = |field: &str| match &budget["spec"][field] {
            Value::Null => json!("N/A"),
            Value::String(text) => json!(text),
            other => json!(other.to_string()),
        };
        vec![
            columns::name(budget),
            limit("minAvailable"),
            limit("maxUnavailable"),
            count(budget, "/status/disruptionsAllowed"),
            columns::age(budget, now),
        ]
    },
    ..Rules::PLAIN
};
