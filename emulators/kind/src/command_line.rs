//! Reading command lines as kind does, which uses cobra and pflag.

use crate::failure::Failure;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    CreateCluster,
    DeleteCluster,
    DeleteClusters,
    GetClusters,
    GetNodes,
    GetKubeconfig,
    ExportKubeconfig,
    LoadDockerImage,
    Version,
    VersionFlag,
}

/// A flag: its name, its letter, and whether it takes a value.
type Flag = (&'static str, Option<char>, bool);

/// What every command takes.
const GLOBAL: [Flag; 4] =
    [("help", Some('h'), false), ("quiet", Some('q'), false), ("verbosity", Some('v'), true), ("version", None, false)];
const NAME: Flag = ("name", Some('n'), true);
const KUBECONFIG: Flag = ("kubeconfig", None, true);

/// The commands that are done: their words, what they are, and their flags.
const COMMANDS: [(&str, Command, &[Flag]); 9] = [
    (
        "create cluster",
        Command::CreateCluster,
        &[
            NAME,
            KUBECONFIG,
            ("config", None, true),
            ("image", None, true),
            ("retain", None, false),
            ("wait", None, true),
        ],
    ),
    ("delete cluster", Command::DeleteCluster, &[NAME, KUBECONFIG]),
    ("delete clusters", Command::DeleteClusters, &[("all", Some('A'), false), KUBECONFIG]),
    ("get clusters", Command::GetClusters, &[]),
    ("get nodes", Command::GetNodes, &[NAME, ("all-clusters", Some('A'), false)]),
    ("get kubeconfig", Command::GetKubeconfig, &[NAME, ("internal", None, false)]),
    ("export kubeconfig", Command::ExportKubeconfig, &[NAME, KUBECONFIG, ("internal", None, false)]),
    ("load docker-image", Command::LoadDockerImage, &[NAME, ("nodes", None, true)]),
    ("version", Command::Version, &[]),
];
/// Those that only have others.
const GROUPS: [&str; 6] = ["build", "create", "delete", "export", "get", "load"];
/// Those that kind has besides.
const OTHERS: [&str; 5] = ["build node-image", "completion", "export logs", "help", "load image-archive"];

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    pub(crate) command: Command,
    pub(crate) words: Vec<String>,
    flags: Vec<(&'static str, String)>,
}

impl CommandLine {
    pub(crate) fn parse(args: &[String]) -> Result<Self, Failure> {
        let named: Vec<&str> = args.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
        let path = |length: usize| named.get(..length).map(|words| words.join(" ")).unwrap_or_default();
        let found = COMMANDS.iter().find(|(name, ..)| *name == path(2) || *name == path(1));
        let Some((name, command, flags)) = found else { return Self::other(args, &named, (path(1), path(2))) };
        let mut line = Self { command: *command, words: Vec::new(), flags: Vec::new() };
        let known: Vec<Flag> = flags.iter().chain(&GLOBAL).copied().collect();
        let words = line.take_flags(args, &known)?;
        line.words = words.into_iter().skip(name.split(' ').count()).collect();
        if line.has("help") {
            return Err(Failure::not_supported(format!("the help of `kind {name}`")));
        }
        let takes_words = matches!(command, Command::LoadDockerImage | Command::DeleteClusters | Command::Version);
        match line.words.first() {
            Some(word) if !takes_words => Err(Failure::failed(format!("unknown command {word:?} for \"kind {name}\""))),
            None if *command == Command::LoadDockerImage => Err(Failure::failed("a list of image names is required")),
            _ => Ok(line),
        }
    }

    /// What is none of the commands that are done.
    fn other(args: &[String], named: &[&str], (first, both): (String, String)) -> Result<Self, Failure> {
        let mut line = Self { command: Command::VersionFlag, words: Vec::new(), flags: Vec::new() };
        if let Some(other) = OTHERS.iter().find(|other| **other == both || **other == first) {
            return Err(Failure::not_supported(format!("`kind {other}`")));
        }
        line.take_flags(args, &GLOBAL)?;
        match named.first() {
            None if line.has("version") => Ok(line),
            Some(group) if GROUPS.contains(group) => Err(Failure::failed("Subcommand is required")),
            Some(word) => Err(Failure::failed(format!("unknown command {word:?} for \"kind\""))),
            None => Err(Failure::not_supported("the help of `kind`")),
        }
    }

    /// Takes the flags out of the words.
    fn take_flags(&mut self, args: &[String], known: &[Flag]) -> Result<Vec<String>, Failure> {
        let mut words = Vec::new();
        let mut rest = args.iter();
        while let Some(word) = rest.next() {
            if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
                let (name, given) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let flag = known.iter().find(|(flag, ..)| *flag == name);
                let (flag, _, takes) = flag.ok_or_else(|| Failure::failed(format!("unknown flag: --{name}")))?;
                let next = |rest: &mut std::slice::Iter<'_, String>| rest.next().cloned();
                let value = match given {
                    Some(value) => Some(value.to_owned()),
                    None if *takes => next(&mut rest),
                    None => Some("true".to_owned()),
                };
                let value = value.ok_or_else(|| Failure::failed(format!("flag needs an argument: --{name}")))?;
                self.flags.push((flag, value));
            } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
                self.take_short(short, known, &mut rest)?;
            } else {
                words.push(word.clone());
            }
        }
        Ok(words)
    }

    /// `-n name`, `-nname`, `-qn name`.
    fn take_short(
        &mut self,
        letters: &str,
        known: &[Flag],
        rest: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), Failure> {
        for (at, letter) in letters.char_indices() {
            let flag = known.iter().find(|(_, short, _)| *short == Some(letter));
            let unknown = || Failure::failed(format!("unknown shorthand flag: {letter:?} in -{letters}"));
            let (flag, _, takes) = flag.ok_or_else(unknown)?;
            if !takes {
                self.flags.push((flag, "true".to_owned()));
                continue;
            }
            let own = letters[at + letter.len_utf8()..].trim_start_matches('=');
            let value = if own.is_empty() { rest.next().cloned() } else { Some(own.to_owned()) };
            let needs = || Failure::failed(format!("flag needs an argument: {letter:?} in -{letters}"));
            self.flags.push((flag, value.ok_or_else(needs)?));
            return Ok(());
        }
        Ok(())
    }

    /// Whether a switch is on.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value != "false")
    }

    /// The value of a flag that is not empty; the last one counts.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let given = self.flags.iter().rev().find(|(flag, _)| *flag == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<CommandLine, Failure> {
        CommandLine::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn mistakes_are_told_as_the_real_one_tells_them() {
        // Seen with kind v0.30.0.
        let cases = [
            ("create", "ERROR: Subcommand is required"),
            ("get bogus", "ERROR: Subcommand is required"),
            ("bogus", "ERROR: unknown command \"bogus\" for \"kind\""),
            ("create cluster x", "ERROR: unknown command \"x\" for \"kind create cluster\""),
            ("create cluster --bogus", "ERROR: unknown flag: --bogus"),
            ("create cluster --name", "ERROR: flag needs an argument: --name"),
            ("create cluster -n", "ERROR: flag needs an argument: 'n' in -n"),
            ("load docker-image", "ERROR: a list of image names is required"),
            ("--bogus", "ERROR: unknown flag: --bogus"),
            ("export logs out", "stagegate kind: not supported: `kind export logs`"),
            ("get nodes -h", "stagegate kind: not supported: the help of `kind get nodes`"),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line).map_err(|failure| failure.to_string()), Err(expected.to_owned()), "{line}");
        }
    }

    #[test]
    fn flags_may_stand_anywhere() {
        let line = parse("-q create --name=a cluster -nb --wait 5m").unwrap();
        assert_eq!(
            (line.command, line.value("name"), line.value("wait")),
            (Command::CreateCluster, Some("b"), Some("5m"))
        );
        assert!(line.has("quiet"));
        assert_eq!(parse("load docker-image a b").unwrap().words, ["a", "b"]);
        assert_eq!(parse("--version").unwrap().command, Command::VersionFlag);
    }
}
