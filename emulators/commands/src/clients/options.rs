//! Command lines of clients.

/// Options with their values, and what is no option.
#[derive(Debug)]
pub(super) struct Given<'a> {
    options: Vec<(&'a str, &'a str)>,
    pub(super) words: Vec<&'a str>,
}

impl<'a> Given<'a> {
    /// Reads a command line: `-x`, `-x VALUE`, `-xVALUE`, `--long`, `--long VALUE`, `--long=VALUE`. An option that is in
    /// neither list is the error, as is one whose value is missing.
    pub(super) fn read(args: &'a [String], flags: &[&str], valued: &[&str]) -> Result<Self, &'a str> {
        let mut given = Self { options: Vec::new(), words: Vec::new() };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            let (name, attached) = match arg.split_once('=') {
                Some((name, value)) if arg.starts_with("--") => (name, Some(value)),
                _ => (arg, None),
            };
            if !arg.starts_with('-') || arg == "-" {
                given.words.push(arg);
            } else if flags.contains(&name) {
                given.options.push((name, attached.unwrap_or_default()));
            } else if valued.contains(&name) {
                given.options.push((name, attached.or_else(|| args.next()).ok_or(arg)?));
            } else {
                let short = arg.get(..2).filter(|short| !arg.starts_with("--") && valued.contains(short)).ok_or(arg)?;
                given.options.push((short, &arg[2..]));
            }
        }
        Ok(given)
    }

    /// The value of the last option that has one of these names.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.options.iter().rfind(|(name, _)| names.contains(name)).map(|(_, value)| *value)
    }

    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.value(names).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_all_their_forms() {
        let line = ["-h", "db", "-p5433", "--user=a", "--quiet", "ping"].map(str::to_owned);
        let given = Given::read(&line, &["--quiet"], &["-h", "-p", "--user"]).expect("options");
        assert_eq!((given.value(&["-h", "--host"]), given.value(&["-p"])), (Some("db"), Some("5433")));
        assert!(given.has(&["--quiet"]) && given.value(&["--user"]) == Some("a"));
        assert_eq!(given.words, ["ping"]);
        let unknown = ["--never".to_owned()];
        assert_eq!(Given::read(&unknown, &[], &[]).err(), Some("--never"));
        let missing = ["-h".to_owned()];
        assert_eq!(Given::read(&missing, &[], &["-h"]).err(), Some("-h"));
    }
}
