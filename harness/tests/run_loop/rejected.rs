//! Features that cannot be run: one file a mistake, the message beside it.

use stagegate_harness::features::{Plan, PlanError, Selector};
use stagegate_reports::terminal::render_diagnostic;

use crate::bench::{source, vocabulary};

#[test]
fn each_mistake_has_its_message() {
    insta::glob!("../corpus/rejected", "*.feature", |path| {
        let text = std::fs::read_to_string(path).expect("the case can be read");
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let selector = Selector::new(None, None).expect("no filter");
        let problems = match Plan::new(&[source(&name, &text)], &selector, &vocabulary()) {
            Err(PlanError::Features(problems)) => problems,
            other => panic!("{name} is not rejected: {other:?}"),
        };
        let message: String = problems.iter().map(|problem| render_diagnostic(problem, false)).collect();
        let stem = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../corpus/rejected");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_suffix("");
        settings.bind(|| insta::assert_snapshot!(stem, message));
    });
}
