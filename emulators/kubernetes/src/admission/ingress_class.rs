//! The class of Ingresses that name none (admission plug-in `DefaultIngressClass`).

use serde_json::Value;

use super::default_class::newest;
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{name, set};

const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class";

/// A new Ingress without a class gets the default one, the youngest when there are several.
pub(super) fn admit(store: &Store, kind: &Kind, ingress: &mut Value) {
    let named = ingress["spec"].get("ingressClassName").is_some_and(|class| !class.is_null())
        || ingress["metadata"]["annotations"].get("kubernetes.io/ingress.class").is_some();
    if &*kind.resource != "ingresses.networking.k8s.io" || named {
        return;
    }
    if let Some(class) = newest(store, "ingressclasses.networking.k8s.io", DEFAULT) {
        set(ingress, &["spec", "ingressClassName"], name(&class));
    }
}
