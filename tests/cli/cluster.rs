//! `stagegate cluster`: the real kubectl works with what it serves, and what it refuses.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use predicates::str::contains;

use crate::command::{Place, bare};

/// A cluster that serves.
struct Served {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Served {
    fn start(place: &Place, line: &str) -> Self {
        let mut command = bare(&place.path(""));
        command.arg("cluster").args(line.split_whitespace());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, lines }
    }

    /// Reads on until a line holds `text`; gives that line.
    fn until(&mut self, text: &str) -> String {
        let found = self.lines.by_ref().map(|line| line.expect("text")).find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("it never said {text}"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone, unless an assertion failed.
        let _gone = self.child.kill();
    }
}

fn kubectl(kubeconfig: &str, line: &str) -> (bool, String) {
    let output = Command::new("kubectl").env("KUBECONFIG", kubeconfig).args(line.split_whitespace()).output();
    let output = output.expect("kubectl is needed on PATH");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).expect("text"))
}

#[test]
fn kubectl_works_with_the_kubeconfig_that_it_prints_until_a_signal_ends_it() {
    let place = Place::new();
    let mut served = Served::start(&place, "--speed 20");
    let export = served.until("export KUBECONFIG=");
    let kubeconfig = export.split('\'').nth(1).expect("a path").to_owned();
    served.until("Ctrl-C ends the cluster.");
    let (worked, nodes) = kubectl(&kubeconfig, "get nodes --no-headers");
    assert!(worked && nodes.contains(" Ready "), "{nodes}");
    let (_, may) = kubectl(&kubeconfig, "auth can-i create pods");
    assert_eq!(may, "yes\n");
    let (worked, refused) = kubectl(&kubeconfig, "get secrets --as nobody");
    let message = "secrets is forbidden: User \"nobody\" cannot list resource \"secrets\" in API group \"\"";
    assert!(!worked && refused.contains(message), "{refused}");
    let sent = Command::new("kill").args(["-s", "TERM", &served.child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    served.until("ended by SIGTERM");
    assert_eq!(served.child.wait().expect("it ends").code(), Some(143));
    assert!(!std::path::Path::new(&kubeconfig).exists(), "the folder of the kubeconfig is left");
}

#[test]
fn what_cannot_be_served_is_told_before_anything_is() {
    let place = Place::new();
    place.write("own", "current-context: production\n");
    place.write("images.yaml", "images:\n- nam: acme/web\n");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    for (line, status, says) in [
        (format!("--port {port}"), 3, format!("something else may listen on port {port}")),
        ("--kubeconfig own".to_owned(), 2, "is there already and is not one that this command wrote".to_owned()),
        ("--kubeconfig missing/kubeconfig".to_owned(), 3, "cannot write".to_owned()),
        ("--catalogue images.yaml".to_owned(), 2, "cannot read images.yaml".to_owned()),
        ("--catalogue none.yaml".to_owned(), 2, "cannot read none.yaml".to_owned()),
        ("--speed 0".to_owned(), 2, "it is a number above 0".to_owned()),
    ] {
        place.call(&format!("cluster {line}")).code(status).stderr(contains(says));
    }
    assert_eq!(place.read("own"), "current-context: production\n");
}
