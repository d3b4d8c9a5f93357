//! Logging in as a person, as clients of late 2025 do, against a hub with a single user.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use stagegate_confighub::{Hub, Options};
use stagegate_cub::{Invocation, Streams};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

async fn cub(line: &str, home: &Path, url: Option<&str>) -> (u8, String, String) {
    let mut env = BTreeMap::from([("HOME".to_owned(), home.display().to_string())]);
    env.extend(url.map(|url| ("CONFIGHUB_URL".to_owned(), url.to_owned())));
    let invocation = Invocation { args: line.split(' ').map(str::to_owned).collect(), env, cwd: home.to_owned() };
    let (mut stdout, mut stderr, mut stdin) = (Vec::new(), Vec::new(), std::io::empty());
    let streams = Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let status = stagegate_cub::run(invocation, streams).await;
    (status, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn a_login_is_kept_and_names_the_server() {
    let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
    let hub = Hub::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let refused = cub("space list", home.path(), Some(&hub.url())).await;
    assert_eq!(refused.0, 1, "{}", refused.2);

    let (status, said, failed) = cub("auth login", home.path(), Some(&hub.url())).await;
    assert_eq!((status, failed.as_str()), (0, ""), "{said}");
    assert!(said.contains(&format!("Authenticating to {}\n", hub.url())), "{said}");
    assert!(said.contains("/auth/device?user_code=") && said.ends_with("Authentication successful\n"), "{said}");

    // From here on the configuration knows the server.
    let created = cub("space create s", home.path(), None).await;
    assert_eq!(created.0, 0, "{}", created.2);
    let functions = cub("run set-replicas --space s --replicas 2 --quiet", home.path(), None).await;
    assert_eq!(functions.0, 0, "{}", functions.2);
    let (status, token, _) = cub("auth get-token", home.path(), None).await;
    assert!(status == 0 && !token.is_empty() && !said.contains(&token));

    // A second login replaces the first one's tokens.
    assert_eq!(cub("auth login", home.path(), None).await.0, 0);
    assert_ne!(cub("auth get-token", home.path(), None).await.1, token);
}
