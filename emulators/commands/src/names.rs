//! Commands that look for somebody: `nc -z`, `nslookup`.

use std::time::Duration;

use crate::{Dial, Found, Machine, Sink, Stream, basic};

/// How long the kernel tries to connect (`tcp_syn_retries` of 6).
pub(crate) const KERNEL_PATIENCE: Duration = Duration::from_secs(134);

/// `nc -z HOST PORT`: whether something listens.
pub(crate) async fn nc(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let words: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let port = words.last().and_then(|port| port.parse::<u16>().ok());
    let (Some(port), true) = (port, args.iter().any(|arg| arg.starts_with('-') && arg.contains('z'))) else {
        out(Stream::Stderr, "nc: stagegate's nc has only `nc -z HOST PORT`\n");
        return 1;
    };
    let patience = args.iter().position(|arg| arg == "-w").and_then(|at| args.get(at + 1));
    let patience = patience.and_then(|text| basic::seconds(text)).unwrap_or(KERNEL_PATIENCE);
    // `-w SECONDS` leaves its number among the words: the host is the word before the port.
    let host = words.get(words.len().wrapping_sub(2)).map_or("", |host| host.as_str());
    match machine.dial(host, port, patience).await {
        Dial::Connected => 0,
        Dial::NoSuchHost => {
            out(Stream::Stderr, &format!("nc: bad address '{host}'\n"));
            1
        }
        Dial::Refused(_) | Dial::Unanswered => 1,
    }
}

pub(crate) async fn nslookup(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let Some(name) = args.first() else {
        out(Stream::Stderr, "nslookup: a name is needed\n");
        return 1;
    };
    let configuration = machine.read("/etc/resolv.conf").unwrap_or_default();
    let server = configuration.lines().find_map(|line| line.strip_prefix("nameserver")).unwrap_or_default().trim();
    out(Stream::Stdout, &format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n"));
    let Some(Found { full_name, addresses }) = machine.resolve(name).await else {
        out(Stream::Stdout, &format!("** server can't find {name}: NXDOMAIN\n\n"));
        return 1;
    };
    for address in addresses {
        out(Stream::Stdout, &format!("Name:\t{full_name}\nAddress: {address}\n"));
    }
    out(Stream::Stdout, "\n");
    0
}
