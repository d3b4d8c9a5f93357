//! Ingresses and the controller that serves them once it is installed.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use cluster::Lab;
use serde_json::{Value, json};

const CATALOGUE: &str = "
images:
- name: acme/web
  loaded: true
  listen:
  - port: 8080
    answers: [{ path: /, body: home }, { path: /health, body: well }, { path: /api/v1, body: api }]
- { name: acme/tool, loaded: true, cmd: [sh] }
";

const WEB: &str = "
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: main, image: acme/web, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: web, port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { selector: { app: nobody }, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  ingressClassName: nginx
  rules:
  - host: web.acme.example
    http:
      paths:
      - { path: /, pathType: Prefix, backend: { service: { name: web, port: { name: web } } } }
      - { path: /empty, pathType: Prefix, backend: { service: { name: nobody, port: { number: 80 } } } }
  - host: '*.any.example'
    http: { paths: [{ path: /api, pathType: Exact, backend: { service: { name: web, port: { number: 80 } } } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: rewritten
  annotations: { nginx.ingress.kubernetes.io/rewrite-target: /$1 }
spec:
  ingressClassName: nginx
  rules: [{ http: { paths: [{ path: /app/(.*), pathType: ImplementationSpecific, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: other }
spec: { ingressClassName: other, defaultBackend: { service: { name: web, port: { number: 80 } } } }
";

const CONTROLLER: &str = "
apiVersion: v1
kind: Namespace
metadata: { name: ingress-nginx }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx }
spec: { controller: k8s.io/ingress-nginx }
---
apiVersion: v1
kind: Service
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
spec: { selector: { app: ingress }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
spec:
  selector: { matchLabels: { app: ingress } }
  template:
    metadata: { labels: { app: ingress } }
    spec:
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:e6b8de175acda6ca913891f0f727bca4527e797d52688cbe9fec9040d6f6b6fa
        args: [/nginx-ingress-controller, --publish-status-address=localhost]
        ports: [{ name: http, containerPort: 80, hostPort: 80 }]
        readinessProbe: { httpGet: { path: /healthz, port: 10254 } }
";

fn status(lab: &Lab, name: &str) -> Value {
    lab.cluster.object("ingresses.networking.k8s.io", "default", name).expect("the Ingress")["status"].clone()
}

/// What a Pod prints that runs `command`.
async fn printed(lab: &Lab, name: &str, command: &str) -> String {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "acme/tool", "command": ["sh", "-c", command]}]}});
    lab.apply(&pod.to_string()).await;
    lab.pass(10.0).await;
    lab.get(&format!("/api/v1/namespaces/default/pods/{name}/log")).await.body.as_str().expect("a log").to_owned()
}

#[tokio::test]
async fn without_a_controller_nothing_happens() {
    let lab = Lab::new(CATALOGUE).await;
    lab.apply(WEB).await;
    lab.pass(60.0).await;
    assert_eq!(status(&lab, "web"), json!({"loadBalancer": {}}));
}

#[tokio::test]
async fn an_installed_controller_publishes_its_address_and_takes_it_back() {
    let lab = Lab::new(CATALOGUE).await;
    lab.apply(WEB).await;
    for reply in lab.apply(CONTROLLER).await {
        assert!(reply.status < 300, "{}", reply.body);
    }
    lab.pass(60.0).await;
    assert_eq!(status(&lab, "web"), json!({"loadBalancer": {"ingress": [{"hostname": "localhost"}]}}));
    assert_eq!(status(&lab, "other"), json!({"loadBalancer": {}}), "its class is of nobody");
    let table = lab.table("/apis/networking.k8s.io/v1/namespaces/default/ingresses/web").await;
    assert!(table.contains("web | nginx | web.acme.example,*.any.example | localhost | 80"), "{table}");
    let scaled = br#"{"spec":{"replicas":0}}"#.to_vec();
    let path = "/apis/apps/v1/namespaces/ingress-nginx/deployments/ingress-nginx-controller";
    lab.send("PATCH", path, &[("content-type", "application/merge-patch+json")], scaled).await;
    lab.pass(60.0).await;
    assert_eq!(status(&lab, "web"), json!({"loadBalancer": {}}));
}

#[tokio::test]
async fn rules_lead_to_services() {
    let lab = Lab::new(CATALOGUE).await;
    lab.apply(WEB).await;
    lab.apply(CONTROLLER).await;
    lab.pass(60.0).await;
    let ask = |host: &str, path: &str| {
        format!("curl -s -H 'Host: {host}' -w ' %{{http_code}}\\n' http://ingress-nginx-controller.ingress-nginx{path}")
    };
    let commands = [
        ask("web.acme.example", "/health"),
        ask("WEB.acme.example:80", "/"),
        format!("{} | cat", ask("web.acme.example", "/empty/x")).replace(" | cat", " -o /dev/null"),
        format!("{} -o /dev/null", ask("one.any.example", "/api/v1")),
        format!("{} -o /dev/null", ask("one.any.example", "/nothing")),
        ask("elsewhere.example", "/app/health"),
        "curl -s -H 'Host: web.acme.example' http://172.18.0.2/health".to_owned(),
    ];
    let printed = printed(&lab, "tool", &commands.join("; ")).await;
    assert_eq!(printed, "well 200\nhome 200\n 503\n 404\n 404\nwell 200\nwell\n");
}
