//! Where an ingress controller sends requests: rules of Ingresses, as ingress-nginx carries them out.
//!
//! Which rule wins is what nginx makes of the configuration that `internal/ingress/controller` of ingress-nginx
//! writes: the server of the host, then exact paths, then the longest.

use regex::RegexBuilder;
use serde_json::Value;

use super::Node;
use super::catalogue::Answer;
use super::network::{ready_pods, target_port};
use super::traffic::{Asked, Reached};
use crate::store::Store;
use crate::store::object::{self, integer, list, text};

/// Requests that were passed on more often go in a circle.
const MOST_HOPS: u8 = 8;

/// Whether a class of this controller is the class of an Ingress.
fn is_served_by(store: &Store, ingress: &Value, controller: &str) -> bool {
    controller_of(store, ingress).is_some_and(|one| one == controller)
}

/// The controller of an Ingress's class, if there is such a class.
pub(crate) fn controller_of(store: &Store, ingress: &Value) -> Option<String> {
    let annotated = &ingress["metadata"]["annotations"]["kubernetes.io/ingress.class"];
    let class = match text(ingress, "/spec/ingressClassName") {
        "" => annotated.as_str().unwrap_or_default(),
        class => class,
    };
    let found = store.get("ingressclasses.networking.k8s.io", "", class);
    found.map(|class| text(&class.object, "/spec/controller").to_owned())
}

/// The answer of the Service that the rules name, or nginx's own.
pub(super) fn answer(node: &Node, controller: &str, asked: Asked<'_>) -> Answer {
    let Some((namespace, backend, path)) = route(&node.store, controller, asked) else { return own(404, "Not Found") };
    let asked = Asked { host: asked.host, path: &path, hops: asked.hops + 1 };
    if asked.hops > MOST_HOPS {
        return own(502, "Bad Gateway");
    }
    let Some((pod_uid, port)) = endpoint(node, &namespace, &backend) else {
        return own(503, "Service Temporarily Unavailable");
    };
    match node.reach(&pod_uid, port, asked) {
        Reached::Http(answer) => answer,
        Reached::Refused | Reached::NotHttp => own(502, "Bad Gateway"),
    }
}

/// A page of nginx's own.
fn own(status: u16, words: &str) -> Answer {
    Answer {
        path: String::new(),
        status,
        content_type: "text/html".to_owned(),
        body: format!(
            "<html>\r\n<head><title>{status} {words}</title></head>\r\n<body>\r\n<center><h1>{status} {words}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ),
        delay: std::time::Duration::ZERO,
    }
}

/// A ready Pod behind a backend's Service, and its port.
fn endpoint(node: &Node, namespace: &str, backend: &Value) -> Option<(String, u16)> {
    let name = text(backend, "/service/name");
    let service = node.store.get("services", namespace, name)?;
    let wanted = &backend["service"]["port"];
    let entry = list(&service.object, "/spec/ports").iter().find(|port| match text(wanted, "/name") {
        "" => integer(port, "/port") == integer(wanted, "/number"),
        name => text(port, "/name") == name,
    })?;
    let pods = ready_pods(&node.store, namespace, name);
    let number = node.store.simulation.seed.number("ingress", 0..=1_000_000);
    let chosen = usize::try_from(number).unwrap_or(0).checked_rem(pods.len()).and_then(|at| pods.get(at))?;
    let port = target_port(&chosen.object, &entry["targetPort"])?;
    Some((object::uid(&chosen.object).to_owned(), port))
}

/// One path of a rule.
struct Location {
    host: String,
    path: String,
    exact: bool,
    /// The path is a prefix by whole elements.
    by_element: bool,
    pattern: bool,
    rewrite: Option<String>,
    namespace: String,
    backend: Value,
}

/// Namespace, backend and path for what is asked.
fn route(store: &Store, controller: &str, asked: Asked<'_>) -> Option<(String, Value, String)> {
    let host = asked.host.split(':').next().unwrap_or_default().to_lowercase();
    let path = asked.path.split('?').next().unwrap_or_default();
    let (ingresses, _) = store.list("ingresses.networking.k8s.io", None);
    let served = ingresses.iter().filter(|one| is_served_by(store, &one.object, controller));
    let mut all: Vec<Location> = served.flat_map(|one| locations(&one.object)).collect();
    let wanted = server_of(&all, &host);
    all.retain(|one| one.host == wanted);
    // An exact path wins, then the longest.
    all.sort_by_key(|one| (!one.exact, std::cmp::Reverse(one.path.len())));
    all.into_iter().find_map(|location| {
        let path = location.matches(path)?;
        Some((location.namespace, location.backend, path))
    })
}

/// The host of the rules that a request's host falls under: the same, a wildcard, or none.
fn server_of(locations: &[Location], host: &str) -> String {
    let is_there = |wanted: &str| locations.iter().any(|one| one.host == wanted);
    if is_there(host) {
        return host.to_owned();
    }
    let wildcard = host.split_once('.').map(|(_, rest)| format!("*.{rest}"));
    wildcard.filter(|wildcard| is_there(wildcard)).unwrap_or_default()
}

fn locations(ingress: &Value) -> Vec<Location> {
    let annotation = |name: &str| {
        let found = ingress["metadata"]["annotations"].get(format!("nginx.ingress.kubernetes.io/{name}"));
        found.and_then(Value::as_str).map(str::to_owned)
    };
    let rewrite = annotation("rewrite-target");
    let pattern = rewrite.is_some() || annotation("use-regex").as_deref() == Some("true");
    let of = |host: &str, path: &str, kind: &str, backend: &Value| Location {
        host: host.to_lowercase(),
        path: path.to_owned(),
        exact: kind == "Exact",
        by_element: kind == "Prefix",
        pattern: pattern && kind != "Exact",
        rewrite: rewrite.clone(),
        namespace: object::namespace(ingress).to_owned(),
        backend: backend.clone(),
    };
    let mut all = Vec::new();
    let default = &ingress["spec"]["defaultBackend"];
    for rule in list(ingress, "/spec/rules") {
        let host = text(rule, "/host");
        for path in list(rule, "/http/paths") {
            let given = match text(path, "/path") {
                "" => "/",
                given => given,
            };
            all.push(of(host, given, text(path, "/pathType"), &path["backend"]));
        }
        if default.is_object() {
            all.push(of(host, "/", "", default));
        }
    }
    if default.is_object() {
        all.push(of("", "/", "", default));
    }
    all
}

impl Location {
    /// The path under which the backend is asked, when the location is for `path`.
    fn matches(&self, path: &str) -> Option<String> {
        if self.exact {
            return (self.path == path).then(|| self.rewritten(path, None));
        }
        if self.pattern {
            let pattern = RegexBuilder::new(&format!("^{}", self.path)).case_insensitive(true).build().ok()?;
            let found = pattern.captures(path)?;
            return Some(self.rewritten(path, Some(&found)));
        }
        let rest = path.strip_prefix(self.path.trim_end_matches('/'))?;
        let whole = rest.is_empty() || rest.starts_with('/');
        (whole || (!self.by_element && path.starts_with(&self.path))).then(|| path.to_owned())
    }

    fn rewritten(&self, path: &str, found: Option<&regex::Captures<'_>>) -> String {
        let Some(rewrite) = &self.rewrite else { return path.to_owned() };
        let mut path = rewrite.clone();
        for number in (1..10).rev() {
            let group = found.and_then(|found| found.get(number)).map_or("", |group| group.as_str());
            path = path.replace(&format!("${number}"), group);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn location(path: &str, kind: &str, annotations: &Value) -> Location {
        let ingress = json!({
            "metadata": {"namespace": "a", "annotations": annotations},
            "spec": {"rules": [{"http": {"paths": [{"path": path, "pathType": kind, "backend": {}}]}}]},
        });
        locations(&ingress).remove(0)
    }

    #[test]
    fn a_prefix_goes_by_whole_elements() {
        let plain = json!({});
        let prefix = location("/api", "Prefix", &plain);
        assert_eq!(prefix.matches("/api/v1").as_deref(), Some("/api/v1"));
        assert_eq!(prefix.matches("/api").as_deref(), Some("/api"));
        assert_eq!(prefix.matches("/apiary"), None);
        assert!(location("/api/", "Prefix", &plain).matches("/api").is_some());
        assert!(location("/api", "ImplementationSpecific", &plain).matches("/apiary").is_some());
        assert_eq!(location("/api", "Exact", &plain).matches("/api/v1"), None);
    }

    #[test]
    fn paths_are_rewritten_with_what_their_pattern_found() {
        let to_group = json!({"nginx.ingress.kubernetes.io/rewrite-target": "/$2"});
        let location = location("/app(/|$)(.*)", "ImplementationSpecific", &to_group);
        assert_eq!(location.matches("/app/health").as_deref(), Some("/health"));
        assert_eq!(location.matches("/app").as_deref(), Some("/"));
        assert_eq!(location.matches("/other"), None);
    }
}
