//! The class of Ingresses that name none (admission plug-in `DefaultIngressClass`).

use std::cmp::Reverse;

use serde_json::Value;

use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{name, set, text};

const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class";

/// A new Ingress without a class gets the default one, the youngest when there are several.
pub(super) fn admit(store: &Store, kind: &Kind, ingress: &mut Value) {
    let named = ingress["spec"].get("ingressClassName").is_some_and(|class| !class.is_null())
        || ingress["metadata"]["annotations"].get("kubernetes.io/ingress.class").is_some();
    if &*kind.resource != "ingresses.networking.k8s.io" || named {
        return;
    }
    let classes = store.list("ingressclasses.networking.k8s.io", None).0.into_iter().map(|class| class.object);
    let defaults = classes.filter(|class| class["metadata"]["annotations"][DEFAULT] == "true");
    let youngest = defaults
        .min_by_key(|class| (Reverse(text(class, "/metadata/creationTimestamp").to_owned()), name(class).to_owned()));
    if let Some(class) = youngest {
        set(ingress, &["spec", "ingressClassName"], name(&class));
    }
}
