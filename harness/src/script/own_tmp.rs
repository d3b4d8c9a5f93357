//! Keeping what scripts write under `/tmp` in the run's own folder.
//!
//! A script that names `/tmp/file` outright ignores TMPDIR, and two runs side by side would write
//! over each other's files. No portable means shows a process another `/tmp`, so the copy's shell
//! scripts get the path of the run's own folder written in its place.
//!
//! Text that is only printed or written somewhere, such as a manifest with `mountPath: /tmp`, stays as
//! it is, unless it names a file that the scripts themselves use.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::rewriting::Edit;
use crate::shell::Script;

const TMP: &str = "/tmp";

/// The files under `/tmp` that a script uses other than in texts.
pub(super) fn used<'t>(text: &'t str, script: &Script) -> BTreeSet<&'t str> {
    let texts = script.texts();
    let outside = |at: &usize| !texts.iter().any(|range| range.contains(at));
    places(text).into_iter().filter(outside).map(|at| named(text, at)).filter(|name| *name != TMP).collect()
}

/// What is to be changed in a script, when the scripts use the files `used`.
pub(super) fn edits(text: &str, script: &Script, tmp: &Path, used: &BTreeSet<&str>) -> Vec<Edit> {
    let texts = script.texts();
    let in_text = |at: usize| texts.iter().any(|range: &Range<usize>| range.contains(&at));
    let changed = places(text).into_iter().filter(|at| !in_text(*at) || used.contains(named(text, *at)));
    changed.map(|at| Edit { range: at..at + TMP.len(), text: tmp.to_string_lossy().into_owned() }).collect()
}

/// Where `/tmp` stands as a whole path or the beginning of one, not the middle of another such as
/// `/var/tmp`.
fn places(text: &str) -> Vec<usize> {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let is_path = |at: &usize| {
        let end = at + TMP.len();
        let begins = text[..*at].chars().next_back().is_none_or(|c| !goes_on(c) && !"~/}$*?".contains(c));
        let ends = text[end..].chars().next().is_none_or(|c| !goes_on(c) && c != '-');
        begins && ends
    };
    text.match_indices(TMP).map(|(at, _)| at).filter(is_path).collect()
}

/// The path that begins at `at`, as far as it is written out.
fn named(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let end = rest.find(|c: char| !(c.is_alphanumeric() || "/_.-".contains(c))).unwrap_or(rest.len());
    rest[..end].trim_end_matches(['.', '/'])
}

#[cfg(test)]
mod tests {
    use super::super::rewriting::rewritten;
    use super::*;

    fn in_own_tmp(text: &str) -> String {
        let script = Script::parse(text);
        rewritten(text, &edits(text, &script, Path::new("/run/t"), &used(text, &script)))
    }

    #[test]
    fn only_the_machines_tmp_is_replaced() {
        let cases = [
            ("cat > /tmp/a.yaml", "cat > /run/t/a.yaml"),
            ("cp /tmp/a /tmp/b;ls /tmp", "cp /run/t/a /run/t/b;ls /run/t"),
            ("f=\"/tmp/x\" g='/tmp'", "f=\"/run/t/x\" g='/run/t'"),
            ("cd ${TMPDIR:-/tmp}", "cd ${TMPDIR:-/run/t}"),
            ("ls >/tmp/log", "ls >/run/t/log"),
            ("ls /var/tmp /tmpfs $HOME/tmp ./tmp ${X}/tmp/a", "ls /var/tmp /tmpfs $HOME/tmp ./tmp ${X}/tmp/a"),
        ];
        for (before, after) in cases {
            assert_eq!(in_own_tmp(before), after);
        }
    }

    #[test]
    fn texts_stay_unless_they_name_what_is_used() {
        let manifest = "kubectl apply -f - <<EOF\nmountPath: /tmp\npath: /tmp/cache\nEOF\n";
        assert_eq!(in_own_tmp(manifest), manifest);
        let told = "kubectl get x > /tmp/log\necho \"see /tmp/log. Not /tmp/other\"\n";
        assert_eq!(in_own_tmp(told), "kubectl get x > /run/t/log\necho \"see /run/t/log. Not /tmp/other\"\n");
    }
}
