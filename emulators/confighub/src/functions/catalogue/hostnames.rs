//! Functions on the hosts of Ingresses and Services.

use super::super::patterns;
use super::super::signature::{Function, Parameter};
use super::parameters::{getting, like, matching, setting, text};

const TYPES: &[&str] = &["networking.k8s.io/v1/Ingress", "v1/Service"];
const HOSTNAME: Parameter =
    matching(like(text("hostname", "The whole name"), "myapp.example.com"), patterns::HOSTNAME_ARGUMENT);
const DOMAIN: Parameter = matching(like(text("domain", "All after the first dot"), "example.com"), patterns::DOMAIN);
const SUBDOMAIN: Parameter =
    matching(like(text("subdomain", "All before the first dot"), "myapp"), patterns::SUBDOMAIN);

pub(super) static FUNCTIONS: &[Function] = &[
    getting("get-hostname", "Lists the hosts", &[], "hostname", "hostname", TYPES),
    getting("get-hostname-domain", "Lists the domains of the hosts", &[], "domain", "domain", TYPES),
    getting("get-hostname-subdomain", "Lists the first parts of the hosts", &[], "subdomain", "subdomain", TYPES),
    setting("set-hostname", "Sets the hosts", &[HOSTNAME], "hostname", TYPES),
    setting("set-hostname-domain", "Sets the domain of the hosts", &[DOMAIN], "domain", TYPES),
    setting("set-hostname-subdomain", "Sets the first part of the hosts", &[SUBDOMAIN], "subdomain", TYPES),
];
