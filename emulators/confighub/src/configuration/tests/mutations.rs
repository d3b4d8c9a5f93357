//! What mutation sources say.

use crate::configuration::{MutationSources, mutations, record_mutations};

const ONE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n";
const NAMESPACE: &str = "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: prod\n";

#[test]
fn each_path_has_the_latest_mutation_that_changed_it() {
    let two = ONE.replace("replicas: 1", "replicas: 2");
    let three = two.replace("  name: web\n", "  name: web\n  namespace: prod\n") + NAMESPACE;
    let sources = record_mutations(&MutationSources::default(), "", ONE, 1).unwrap();
    let sources = record_mutations(&sources, ONE, &two, 2).unwrap();
    let sources = record_mutations(&sources, &two, &three, 3).unwrap();
    insta::assert_json_snapshot!(sources);
    let sources = record_mutations(&sources, &three, &two, 4).unwrap();
    insta::assert_json_snapshot!("what_is_gone", sources);
}

#[test]
fn a_change_names_all_resources_and_none_when_there_is_no_change() {
    let both = format!("{ONE}{NAMESPACE}");
    let told = serde_json::json!(mutations(&both, &both.replace("replicas: 1", "replicas: 5")).unwrap());
    assert_eq!(told[0]["PathMutationMap"]["spec.replicas"]["Value"], "5\n");
    assert_eq!(told[1]["ResourceMutationInfo"]["MutationType"], "None");
    assert!(mutations(&both, &both).unwrap().is_empty());
    let gone = serde_json::json!(mutations(&both, ONE).unwrap());
    assert_eq!(gone[1]["ResourceMutationInfo"]["MutationType"], "Delete");
}
