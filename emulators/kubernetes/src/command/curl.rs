//! `curl`: the options that scripts and runbooks use, its messages and its exit statuses.

use std::time::Duration;

use super::{Place, Sink, Stream, basic};
use crate::node::catalogue::Answer;
use crate::node::network::{Fetched, Url, fetch};

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Default)]
struct Options<'a> {
    silent: bool,
    show_error: bool,
    fail: bool,
    include: bool,
    head: bool,
    discard: bool,
    write_out: Option<&'a str>,
    max_time: Option<Duration>,
    connect_timeout: Option<Duration>,
    url: Option<&'a str>,
}

/// Options with a value, long and short, whose value does not change the answer.
const IGNORED_WITH_VALUE: &[&str] =
    &["-H", "--header", "-X", "--request", "-d", "--data", "--data-raw", "-A", "-u", "--retry", "--retry-delay"];

impl<'a> Options<'a> {
    fn read(args: &'a [String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = args.iter().map(String::as_str);
        while let Some(arg) = rest.next() {
            match arg {
                _ if IGNORED_WITH_VALUE.contains(&arg) => drop(rest.next()),
                "-o" | "--output" => options.discard = rest.next().is_some_and(|file| file != "-"),
                "-w" | "--write-out" => options.write_out = rest.next(),
                "-m" | "--max-time" => options.max_time = rest.next().and_then(basic::seconds),
                "--connect-timeout" => options.connect_timeout = rest.next().and_then(basic::seconds),
                "--url" => options.url = rest.next(),
                long if long.starts_with("--") => options.flag(long, long)?,
                short if short.starts_with('-') && short.len() > 1 => options.cluster(short, &mut rest)?,
                url => options.url = Some(url),
            }
        }
        Ok(options)
    }

    /// `-sSf`, or `-so FILE`: the last letter of a cluster may take a value.
    fn cluster(&mut self, cluster: &'a str, rest: &mut impl Iterator<Item = &'a str>) -> Result<(), String> {
        for (at, letter) in cluster.char_indices().skip(1) {
            let value = &cluster[at + letter.len_utf8()..];
            let mut take = || if value.is_empty() { rest.next() } else { Some(value) };
            match letter {
                'o' => self.discard = take().is_some_and(|file| file != "-"),
                'w' => self.write_out = take(),
                'm' => self.max_time = take().and_then(basic::seconds),
                'H' | 'X' | 'd' | 'A' | 'u' => drop(take()),
                letter => {
                    self.flag(&format!("-{letter}"), cluster)?;
                    continue;
                }
            }
            return Ok(());
        }
        Ok(())
    }

    fn flag(&mut self, flag: &str, written: &str) -> Result<(), String> {
        match flag {
            "-s" | "--silent" => self.silent = true,
            "-S" | "--show-error" => self.show_error = true,
            "-f" | "--fail" => self.fail = true,
            "-i" | "--include" => self.include = true,
            "-I" | "--head" => self.head = true,
            "-k" | "--insecure" | "-L" | "--location" | "-v" | "--verbose" | "-4" | "-N" | "--compressed" => {}
            _ => {
                return Err(format!(
                    "curl: option {written}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n"
                ));
            }
        }
        Ok(())
    }
}

pub(super) async fn run(place: &Place, args: &[String], _stdin: &str, out: Sink<'_>) -> i32 {
    let options = match Options::read(args) {
        Ok(options) => options,
        Err(text) => {
            out(Stream::Stderr, &text);
            return 2;
        }
    };
    let Some(url) = options.url else {
        out(Stream::Stderr, "curl: (2) no URL specified\n");
        return 2;
    };
    let status = transfer(place, &options, url, out).await;
    match status {
        Ok(code) => {
            write_out(&options, code, out);
            0
        }
        Err((exit, text, code)) => {
            if !options.silent || options.show_error {
                out(Stream::Stderr, &format!("curl: ({exit}) {text}\n"));
            }
            write_out(&options, code, out);
            exit
        }
    }
}

/// The exit status and words of a failure, and the HTTP status that came before it.
type Failure = (i32, String, u16);

/// Fetches and shows; gives the HTTP status.
async fn transfer(place: &Place, options: &Options<'_>, url: &str, out: Sink<'_>) -> Result<u16, Failure> {
    let fail = |exit: i32, text: String| Err((exit, text, 0));
    let Some(url) = Url::parse(url) else {
        return fail(3, "URL rejected: Malformed input to a URL function".to_owned());
    };
    // curl gives up connecting after 300 s (CURLOPT_CONNECTTIMEOUT's default); the kernel does before, after 134 s.
    let kernel = Duration::from_secs(134);
    let limit = [options.max_time, options.connect_timeout].into_iter().flatten().min();
    let patience = options.max_time.unwrap_or(Duration::MAX);
    match fetch(&place.pod, &url, patience.min(limit.unwrap_or(Duration::MAX)).min(Duration::from_secs(86_400))).await {
        Fetched::NoSuchHost => fail(6, format!("Could not resolve host: {}", url.host)),
        Fetched::Refused(_) => fail(
            7,
            format!("Failed to connect to {} port {} after 0 ms: Could not connect to server", url.host, url.port),
        ),
        Fetched::Unanswered(waited) if limit.is_some_and(|limit| limit < kernel) => {
            fail(28, format!("Connection timed out after {} milliseconds", waited.as_millis()))
        }
        Fetched::Unanswered(waited) => fail(
            28,
            format!(
                "Failed to connect to {} port {} after {} ms: Could not connect to server",
                url.host,
                url.port,
                waited.as_millis()
            ),
        ),
        Fetched::TimedOut => {
            let waited = patience.as_millis();
            fail(28, format!("Operation timed out after {waited} milliseconds with 0 bytes received"))
        }
        Fetched::NotHttp => fail(1, "Received HTTP/0.9 when not allowed".to_owned()),
        Fetched::Https => fail(35, "TLS connect error: error:00000000:lib(0)::reason(0)".to_owned()),
        Fetched::Answer(answer) if options.fail && answer.status >= 400 => {
            Err((22, format!("The requested URL returned error: {}", answer.status), answer.status))
        }
        Fetched::Answer(answer) => {
            show(options, &answer, out);
            Ok(answer.status)
        }
    }
}

fn show(options: &Options<'_>, answer: &Answer, out: Sink<'_>) {
    if options.discard {
        return;
    }
    if options.include || options.head {
        let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|code| code.canonical_reason());
        let head = format!(
            "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            answer.status,
            reason.unwrap_or_default(),
            answer.content_type,
            answer.body.len()
        );
        out(Stream::Stdout, &head);
    }
    if !options.head {
        out(Stream::Stdout, &answer.body);
    }
}

fn write_out(options: &Options<'_>, code: u16, out: Sink<'_>) {
    if let Some(format) = options.write_out {
        let text = format
            .replace("%{http_code}", &format!("{code:03}"))
            .replace("%{response_code}", &format!("{code:03}"))
            .replace("\\n", "\n");
        out(Stream::Stdout, &text);
    }
}
