//! Directories that can be read, and what is said of those that cannot.

use stagegate_confighub::identity::Directory;

fn refusal(json: &str) -> String {
    serde_json::from_str::<Directory>(json).unwrap_err().to_string()
}

#[test]
fn a_directory_survives_being_written_and_read() {
    let directory: Directory = serde_json::from_str(include_str!("directory.json")).unwrap();
    let written = serde_json::to_value(&directory).unwrap();
    let again: Directory = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), written);
    let shown = format!("{directory:?}");
    assert!(!shown.contains("token-of") && !shown.contains("password-of"), "{shown}");
}

#[test]
fn mistakes_are_named() {
    let user = r#""users": [{"email": "a@x.org"}]"#;
    let organization =
        |members: &str| format!(r#"{{{user}, "organizations": [{{"slug": "o", "members": [{members}]}}]}}"#);
    let owner = r#"{"user": "a@x.org", "role": "owner"}"#;
    let grant = |grant: &str| organization(&format!(r#"{{"user": "a@x.org", "role": "owner", "grants": [{grant}]}}"#));
    let messages = [
        refusal(&format!(r#"{{{user}, "organizations": []}}"#)),
        refusal(r#"{"users": [{"email": "a:b"}], "organizations": []}"#),
        refusal(r#"{"users": [{"email": "a@x.org"}, {"email": "a@x.org"}], "organizations": []}"#),
        refusal(&format!(r#"{{{user}, "organizations": [{{"slug": "../o", "members": [{owner}]}}]}}"#)),
        refusal(&format!(
            r#"{{{user}, "organizations": [{{"slug": "O", "members": [{owner}]}}, {{"slug": "o", "members": [{owner}]}}]}}"#
        )),
        refusal(&organization("")),
        refusal(&organization(&format!("{owner}, {owner}"))),
        refusal(&organization(r#"{"user": "b@x.org", "role": "owner"}"#)),
        refusal(&organization(r#"{"user": "a@x.org", "role": "king"}"#)),
        refusal(&grant(r#"{"actions": ["read"]}"#)),
        refusal(&grant(r#"{"spaces": "*", "actions": []}"#)),
        refusal(&grant(r#"{"where": "Label = 'x'", "actions": ["read"]}"#)),
        refusal(&grant(r#"{"space": "*", "actions": ["read"]}"#)),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}
