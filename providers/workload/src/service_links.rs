//! The variables that the kubelet makes of Services, told from those that a manifest gives.

use crate::Variables;

/// The variables without those of Docker links to Services (`k8s.io/kubernetes/pkg/kubelet/envvars`).
///
/// A real service may well read such a variable by accident, `WEB_SERVICE_PORT` of a Service `web` for one; but what the
/// catalogue says of a variable is what the manifest means by it. The container itself sees only values: where a
/// manifest gives such a variable the very value that the link has, it counts as the link's.
pub(crate) fn without(variables: &Variables) -> Variables {
    let is_link = |name: &str, value: &str| {
        let Some(service) = name.strip_suffix("_SERVICE_PORT") else {
            return value.starts_with("tcp://") || value.starts_with("udp://");
        };
        let host = variables.get(&format!("{service}_SERVICE_HOST"));
        let url = variables.get(&format!("{service}_PORT"));
        host.zip(url).is_some_and(|(host, url)| url.ends_with(&format!("://{host}:{value}")))
    };
    variables.iter().filter(|(name, value)| !is_link(name, value)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_told_from_what_a_manifest_gives() {
        let variables = [
            ("WEB_SERVICE_HOST", "10.96.3.4"),
            ("WEB_SERVICE_PORT", "8080"),
            ("WEB_PORT", "tcp://10.96.3.4:8080"),
            ("DATABASE_SERVICE_PORT", "18083"),
            ("TRADE_FEED_PORT", "18086"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let own = without(&Variables::from(variables.clone()));
        assert_eq!(own.keys().collect::<Vec<_>>(), ["DATABASE_SERVICE_PORT", "TRADE_FEED_PORT", "WEB_SERVICE_HOST"]);
        // The manifest's own value goes before the link's.
        let mut overridden = Variables::from(variables);
        overridden.insert("WEB_SERVICE_PORT".to_owned(), "18093".to_owned());
        assert_eq!(without(&overridden).get("WEB_SERVICE_PORT").map(String::as_str), Some("18093"));
    }
}
