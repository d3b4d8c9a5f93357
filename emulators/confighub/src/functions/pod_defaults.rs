//! Settings that every Pod should have.

use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{AccessError, Kind, New, Node, Value, segments, value};

use super::call::{Call, Returned};
use super::container_resources::{Operation, Wanted, with_resources};
use super::placeholders;
use super::quantity::Quantity;
use super::registry::{CONTAINERS, WORKLOADS};

/// `set-pod-defaults`
pub(super) fn set_pod_defaults(call: &mut Call<'_>) -> Returned {
    let flag = |name: &str| call.arguments.named(name) == Some(&Value::Boolean(true));
    let defaults = Defaults {
        token: flag("automount-service-account-token"),
        security: flag("security-context"),
        resources: flag("resources"),
        probes: flag("probes"),
        errors: Vec::new(),
    };
    let pod_security = flag("pod-security");
    let mut errors = Vec::new();
    for document in call.data.iter_mut() {
        let Some(resource_type) = ResourceInfo::type_of(document) else { continue };
        if resource_type == "v1/Namespace" && pod_security {
            errors.extend(secure_namespace(&mut document.root));
            continue;
        }
        let Some((_, spec)) = WORKLOADS.iter().find(|(workload, _)| *workload == resource_type) else { continue };
        if let Some(spec) = document.root.get_mut(&segments(spec)) {
            errors.extend(defaults.clone().apply(spec));
        }
    }
    Returned::changed(errors)
}

fn secure_namespace(root: &mut Node) -> Vec<String> {
    let labels =
        [("enforce", "baseline"), ("enforce-version", "latest"), ("warn", "restricted"), ("warn-version", "latest")];
    let set = |(name, value): (&str, &str)| {
        let key = format!("pod-security.kubernetes.io/{name}");
        root.set(&["metadata", "labels", key.as_str()], &New::text(value)).err().map(|error| error.to_string())
    };
    labels.into_iter().filter_map(set).collect()
}

#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of the function")]
struct Defaults {
    token: bool,
    security: bool,
    resources: bool,
    probes: bool,
    errors: Vec<String>,
}

/// Sets what a container lacks of one kind.
type Setter = fn(&mut Defaults, &mut Node);

impl Defaults {
    fn apply(mut self, spec: &mut Node) -> Vec<String> {
        if self.token {
            self.set(spec, &["automountServiceAccountToken"], &New::boolean(false));
        }
        if spec.step("terminationGracePeriodSeconds").is_none() {
            self.set(spec, &["terminationGracePeriodSeconds"], &New::integer(60));
        }
        if self.security {
            self.set(spec, &["securityContext", "seccompProfile", "type"], &New::text("RuntimeDefault"));
        }
        let setters: [(bool, &[&str], Setter); 3] = [
            (self.security, &CONTAINERS, Self::secure),
            (self.resources, &CONTAINERS, Self::request),
            (self.probes, &CONTAINERS[..1], Self::probe),
        ];
        for (_, lists, setter) in setters.into_iter().filter(|(wanted, ..)| *wanted) {
            for list in lists {
                for container in containers(spec, list) {
                    setter(&mut self, container);
                }
            }
        }
        self.errors
    }

    fn set(&mut self, node: &mut Node, path: &[&str], new: &New) {
        let set = node.set(path, new);
        self.errors.extend(set.err().map(|error: AccessError| error.to_string()));
    }

    fn secure(&mut self, container: &mut Node) {
        for (name, wanted) in [
            ("readOnlyRootFilesystem", true),
            ("runAsNonRoot", true),
            ("allowPrivilegeEscalation", false),
            ("privileged", false),
        ] {
            self.set(container, &["securityContext", name], &New::boolean(wanted));
        }
        let dropped = ["securityContext", "capabilities", "drop"];
        if container.get(&dropped).is_none() {
            let all = Node { content: vec![Node::text("ALL")], ..Node::new(Kind::Sequence) };
            self.set(container, &dropped, &New::Node(all));
        }
        if container.step("imagePullPolicy").is_none() {
            self.set(container, &["imagePullPolicy"], &New::text("Always"));
        }
    }

    fn request(&mut self, container: &mut Node) {
        if container.step("resources").is_none() {
            self.set(container, &["resources"], &New::Node(Node::new(Kind::Mapping)));
        }
        let Some(present) = container.step("resources") else { return };
        let wanted = [("cpu", "128m"), ("memory", "128Mi")].into_iter().filter_map(|(name, text)| {
            let quantity = Quantity::parse(text).ok()?;
            Some(Wanted { path: ["requests", name], text: text.to_owned(), quantity })
        });
        match with_resources(present, Operation::Floor, &wanted.collect::<Vec<_>>(), true) {
            Ok(new) => self.set(container, &["resources"], &New::Node(new)),
            Err(error) => self.errors.push(error.to_string()),
        }
    }

    fn probe(&mut self, container: &mut Node) {
        if container.step("readinessProbe").is_some() {
            return;
        }
        let present = ["livenessProbe", "startupProbe"].into_iter().find_map(|name| container.step(name));
        if let Some(present) = present {
            let copy = readiness_like(present);
            self.set(container, &["readinessProbe"], &New::Node(copy));
            return;
        }
        let port = port_of(container);
        for (name, delay, failures) in [("startupProbe", 10, 30), ("livenessProbe", 30, 3), ("readinessProbe", 5, 3)] {
            let get = Node::mapping([("path", Node::text(placeholders::TEXT)), ("port", Node::integer(port))]);
            let probe = Node::mapping([
                ("httpGet", get),
                ("initialDelaySeconds", Node::integer(delay)),
                ("periodSeconds", Node::integer(10)),
                ("timeoutSeconds", Node::integer(1)),
                ("failureThreshold", Node::integer(failures)),
                ("successThreshold", Node::integer(1)),
            ]);
            self.set(container, &[name], &New::Node(probe));
        }
    }
}

fn containers<'a>(spec: &'a mut Node, list: &str) -> impl Iterator<Item = &'a mut Node> {
    let node = spec.get_mut(&[list]);
    let mapping = node.as_ref().is_some_and(|node| node.is_mapping());
    let all = node.map(|node| node.content.iter_mut()).into_iter().flatten().enumerate();
    // Of a mapping, what is below are its values.
    all.filter(move |(place, _)| !mapping || place % 2 == 1).map(|(_, node)| node)
}

/// A readiness probe that looks where another probe looks.
fn readiness_like(probe: &Node) -> Node {
    let mut copy = plain_copy(probe);
    for (name, seconds) in [("initialDelaySeconds", 5), ("periodSeconds", 10)] {
        // A mapping takes every key.
        let _ = copy.set(&[name], &New::Node(Node::integer(seconds)));
    }
    copy
}

/// A copy without styles and comments.
fn plain_copy(node: &Node) -> Node {
    let content = node.content.iter().map(plain_copy).collect();
    Node { tag: node.tag.clone(), value: node.value.clone(), content, ..Node::new(node.kind) }
}

fn port_of(container: &Node) -> i64 {
    let port = container.get(&["ports", "0", "containerPort"]).and_then(|node| value(node, container));
    if let Some(Value::Integer(port)) = port { port } else { 8080 }
}
