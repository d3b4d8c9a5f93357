//! Which commands an image has.

use crate::{CLIENTS, NAMES, base_name};

/// What images have that are made of Debian: no `curl`, `nc`, `wget` or `nslookup` unless they add them.
const DEBIAN: &[&str] = &[
    "bash", "cat", "date", "echo", "env", "false", "grep", "head", "hostname", "id", "ls", "printenv", "pwd", "sh",
    "sleep", "sort", "tail", "test", "timeout", "true", "uname", "wc", "whoami",
];

/// What images have that are made of busybox, such as those of Alpine.
const BUSYBOX: &[&str] = &[
    "ash", "cat", "date", "echo", "env", "false", "grep", "head", "hostname", "id", "ls", "nc", "nslookup", "printenv",
    "pwd", "sh", "sleep", "sort", "tail", "test", "timeout", "true", "uname", "wc", "wget", "whoami",
];

/// Whether an image that lists `entry` has the command `name`: the entry is it, or stands for a set that has it.
fn covers(entry: &str, name: &str) -> bool {
    match entry {
        "@debian" => DEBIAN.contains(&name),
        "@busybox" => BUSYBOX.contains(&name),
        entry => entry == name,
    }
}

/// Whether `program` could be started; a path counts by its last part. `only` is what an image lists: commands, or
/// `@debian` and `@busybox` for those that such images have. One that lists nothing has all of [`NAMES`].
pub fn exists(only: Option<&[String]>, program: &str) -> bool {
    let name = base_name(program);
    match only {
        None => NAMES.contains(&name),
        Some(only) => {
            (NAMES.contains(&name) || CLIENTS.contains(&name)) && only.iter().any(|entry| covers(entry, name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_what_it_lists_and_a_client_only_then() {
        let listed = |entries: &[&str]| entries.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let debian = listed(&["@debian", "pg_isready"]);
        for (only, program, there) in [
            (None, "curl", true),
            (None, "pg_isready", false),
            (Some(&debian), "/usr/bin/pg_isready", true),
            (Some(&debian), "bash", true),
            (Some(&debian), "wget", false),
            (Some(&listed(&["@busybox"])), "wget", true),
            (Some(&listed(&["@busybox", "unheard-of"])), "unheard-of", false),
        ] {
            assert_eq!(exists(only.map(Vec::as_slice), program), there, "{program} of {only:?}");
        }
    }
}
