//! Help texts in cobra's layout.

use crate::contract::{Arity, Command, Contract, Flag, FlagKind};

/// The help of a command.
pub(crate) fn text<'t>(contract: &Contract<'t>, command: &Command<'t>) -> String {
    let full = if command.path.is_empty() { "cub".to_owned() } else { format!("cub {}", command.path) };
    let mut text = format!("{}\n\nUsage:\n  {full} {}\n", command.about, command.usage);
    let is_group = command.arity == Arity::Group;
    if is_group {
        let below: Vec<_> = contract.below(command.path).collect();
        let width = below.iter().map(|command| command.name().len()).max().unwrap_or(0).max(11);
        let line = |command: &&Command<'_>| format!("  {:<width$} {}\n", command.name(), command.about);
        text.push_str("\nAvailable Commands:\n");
        text.extend(below.iter().map(line));
    }
    let mut own = command.flags.clone();
    let inherited = contract.inherited(command);
    if command.path.is_empty() {
        own.extend(&inherited);
        own.sort_by_key(|flag| flag.name);
    }
    text.push_str("\nFlags:\n");
    text.push_str(&flags(&own, command.name()));
    if !command.path.is_empty() {
        text.push_str("\nGlobal Flags:\n");
        text.push_str(&flags(&inherited, command.name()));
    }
    if is_group {
        text + &format!("\nUse \"{full} [command] --help\" for more information about a command.\n")
    } else {
        text
    }
}

fn flags(flags: &[Flag<'_>], command: &str) -> String {
    let heads: Vec<String> = flags.iter().map(head).collect();
    let width = heads.iter().map(String::len).max().unwrap_or(0);
    flags.iter().zip(heads).fold(String::new(), |text, (flag, head)| {
        let help = if flag.name == "help" { format!("help for {command}") } else { flag.help.to_owned() };
        text + &format!("{head:<width$}   {help}{}\n", default(flag))
    })
}

fn head(flag: &Flag<'_>) -> String {
    let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    format!("  {short}--{} {}", flag.name, flag.kind.placeholder()).trim_end().to_owned()
}

fn default(flag: &Flag<'_>) -> String {
    match flag.kind {
        _ if flag.default.is_empty() => String::new(),
        FlagKind::Bool | FlagKind::Int => format!(" (default {})", flag.default),
        _ => format!(" (default {:?})", flag.default),
    }
}
