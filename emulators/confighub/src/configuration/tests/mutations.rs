//! What mutation sources say.

use crate::configuration::record_mutations;

#[test]
fn each_path_has_the_latest_mutation_that_changed_it() {
    let one = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n";
    let two = one.replace("replicas: 1", "replicas: 2");
    let three = two.replace("  name: web\n", "  name: web\n  namespace: prod\n")
        + "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: prod\n";
    let (sources, _) = record_mutations(&[], "", one, 1).unwrap();
    let (sources, change) = record_mutations(&sources, one, &two, 2).unwrap();
    assert_eq!(change[0]["PathMutationMap"]["spec.replicas"]["MutationType"], "Update");
    let (sources, _) = record_mutations(&sources, &two, &three, 3).unwrap();
    insta::assert_json_snapshot!(sources);
    let (sources, change) = record_mutations(&sources, &three, &two, 4).unwrap();
    assert_eq!((sources.len(), change.len()), (1, 2));
}
