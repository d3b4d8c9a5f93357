//! What clauses on configuration data select.

use crate::functions::DataClause;

const DATA: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
spec:
  replicas: 5
  template:
    spec:
      containers:
      - name: main
        image: nginx:1.14.2
      - name: side
        image: envoy:2
        securityContext:
          runAsNonRoot: true
---
apiVersion: v1
kind: Service
metadata:
  name: web-service
spec:
  type: ClusterIP
";

fn holds(clause: &str, resource_type: &str) -> bool {
    DataClause::parse(clause, resource_type).unwrap_or_else(|error| panic!("{clause}: {error}")).holds_for(DATA)
        == Ok(true)
}

#[test]
fn clauses_select_by_path() {
    for clause in [
        "",
        "spec.replicas > 1",
        "spec.replicas=5 AND metadata.name = 'web'",
        "spec.template.spec.containers.*.image='nginx:1.14.2'",
        "spec.template.spec.containers.0.image LIKE 'nginx:%'",
        "spec.template.spec.containers.?name=side.image = 'envoy:2'",
        "spec.template.spec.containers.?name:container-name=side.image ~ ':2$'",
        "spec.template.spec.containers.*?name:container-name.image = 'envoy:2'",
        "spec.template.spec.containers.*.securityContext.runAsNonRoot = true",
        "spec.template.spec.containers.0.|securityContext.runAsNonRoot != true",
        "metadata.labels.app~1kubernetes~1io/name = 'web'",
        "metadata.name IN ('a', 'web-service')",
        "metadata.name NOT IN ('a', 'b')",
        "spec.type = 'ClusterIP'",
    ] {
        assert!(holds(clause, ""), "should hold: {clause}");
    }
    for clause in [
        "spec.replicas > 5",
        "spec.replicas = '5'",
        // Lists are of strings, to the executor.
        "spec.replicas NOT IN (1, 2)",
        "spec.replicas = 5 AND spec.type = 'ClusterIP'",
        "spec.template.spec.containers.0.securityContext.runAsNonRoot != true",
        "spec.nosuch = 1",
        "metadata.name = 'AND'",
    ] {
        assert!(!holds(clause, ""), "should not hold: {clause}");
    }
    assert!(holds("", "v1/Service") && !holds("", "v1/Pod"));
    assert!(!holds("spec.replicas = 5", "v1/Service"), "the type and the clause are about one resource");
}

#[test]
fn malformed_clauses_are_refused_where_they_go_wrong() {
    for (clause, refusal) in [
        ("spec.replicas", "invalid operator at ``"),
        ("spec.replicas CONTAINS 5", "invalid operator at `CONTAINS 5`"),
        ("spec.replicas = 5 OR spec.replicas = 6", "invalid operator at `spec.replicas = 6`"),
        ("a = 1 AND b ! 2", "invalid operator at `! 2`"),
        ("a IN 1", "invalid IN clause at `1`"),
        ("a = (1)", "no operand found at `(1)`"),
        ("a > true", "invalid boolean operator `>`"),
        ("= 5", "invalid path at `= 5`"),
    ] {
        let error = DataClause::parse(clause, "").expect_err(clause);
        assert_eq!(error.to_string(), refusal);
    }
    assert!(!holds("metadata.name ~ '('", ""), "what cannot be compared does not hold");
}
