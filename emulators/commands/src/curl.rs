//! `curl`: the options that scripts and runbooks use, its messages and its exit statuses.

use std::time::Duration;

use crate::names::KERNEL_PATIENCE;
use crate::{Fetched, Machine, Patience, Reply, Request, Sink, Stream, Url, basic};

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Default)]
struct Options<'a> {
    silent: bool,
    show_error: bool,
    fail: bool,
    include: bool,
    head: bool,
    /// The file for the answer; `-` is the standard output.
    output: Option<&'a str>,
    method: Option<&'a str>,
    headers: Vec<&'a str>,
    data: Vec<&'a str>,
    write_out: Option<&'a str>,
    max_time: Option<Duration>,
    connect_timeout: Option<Duration>,
    url: Option<&'a str>,
}

/// Without a limit; a day is more than anything here waits.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Long options with a value that are without effect here.
const IGNORED_WITH_VALUE: &[&str] = &["--user", "--user-agent", "--retry", "--retry-delay", "--retry-max-time"];

impl<'a> Options<'a> {
    fn read(args: &'a [String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = args.iter().map(String::as_str);
        while let Some(arg) = rest.next() {
            match arg {
                _ if IGNORED_WITH_VALUE.contains(&arg) => drop(rest.next()),
                "--output" => options.output = rest.next(),
                "--request" => options.method = rest.next(),
                "--header" => options.headers.extend(rest.next()),
                "--data" | "--data-raw" => options.data.extend(rest.next()),
                "--write-out" => options.write_out = rest.next(),
                "--max-time" => options.max_time = rest.next().and_then(basic::seconds),
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
                'o' => self.output = take(),
                'X' => self.method = take(),
                'H' => self.headers.extend(take()),
                'd' => self.data.extend(take()),
                'w' => self.write_out = take(),
                'm' => self.max_time = take().and_then(basic::seconds),
                'A' | 'u' => drop(take()),
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

impl Options<'_> {
    fn request(&self, url: Url) -> Request {
        let body = self.data.join("&");
        let method = match self.method {
            Some(method) => method,
            None if self.head => "HEAD",
            None if !self.data.is_empty() => "POST",
            None => "GET",
        };
        let pairs = self.headers.iter().filter_map(|header| header.split_once(':'));
        let mut headers: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        if !self.data.is_empty() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        Request { url, method: method.to_owned(), headers, body }
    }
}

pub(crate) async fn run(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
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
    let status = transfer(machine, &options, url, out).await;
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
async fn transfer(machine: &dyn Machine, options: &Options<'_>, url: &str, out: Sink<'_>) -> Result<u16, Failure> {
    let fail = |exit: i32, text: String| Err((exit, text, 0));
    let Some(url) = Url::parse(url) else {
        return fail(3, "URL rejected: Malformed input to a URL function".to_owned());
    };
    // curl gives up connecting after 300 s (CURLOPT_CONNECTTIMEOUT's default); the kernel does before, after 134 s.
    let limit = [options.max_time, options.connect_timeout].into_iter().flatten().min();
    let patience =
        Patience { connect: limit.unwrap_or(LONGEST), whole: options.max_time.unwrap_or(LONGEST).min(LONGEST) };
    let request = options.request(url);
    let url = &request.url;
    match machine.fetch(&request, patience).await {
        Fetched::NoSuchHost => fail(6, format!("Could not resolve host: {}", url.host)),
        Fetched::Refused(_) => fail(
            7,
            format!("Failed to connect to {} port {} after 0 ms: Could not connect to server", url.host, url.port),
        ),
        Fetched::Unanswered(waited) if limit.is_some_and(|limit| limit < KERNEL_PATIENCE) => {
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
            let waited = patience.whole.as_millis();
            fail(28, format!("Operation timed out after {waited} milliseconds with 0 bytes received"))
        }
        Fetched::NotHttp => fail(1, "Received HTTP/0.9 when not allowed".to_owned()),
        Fetched::TlsUnsupported => {
            fail(1, "Protocol \"https\" not supported by stagegate's curl in a real container".to_owned())
        }
        Fetched::NoTls => fail(35, "TLS connect error: error:00000000:lib(0)::reason(0)".to_owned()),
        Fetched::Answer(answer) if options.fail && answer.status >= 400 => {
            Err((22, format!("The requested URL returned error: {}", answer.status), answer.status))
        }
        Fetched::Answer(answer) => match show(machine, options, &answer, out) {
            Ok(()) => Ok(answer.status),
            Err(text) => Err((23, text, answer.status)),
        },
    }
}

/// Prints the answer, or writes it to the file that is named.
fn show(machine: &dyn Machine, options: &Options<'_>, answer: &Reply, out: Sink<'_>) -> Result<(), String> {
    let mut text = String::new();
    if options.include || options.head {
        let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|code| code.canonical_reason());
        text.push_str(&format!("HTTP/1.1 {} {}\r\n", answer.status, reason.unwrap_or_default()));
        text.extend(answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
        text.push_str("\r\n");
    }
    if !options.head {
        text.push_str(&answer.body);
    }
    match options.output {
        None | Some("-") => out(Stream::Stdout, &text),
        Some("/dev/null") => {}
        Some(file) => {
            machine.write(file, &text).map_err(|error| format!("Failed to open the file {file}: {}", error.text()))?;
        }
    }
    Ok(())
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
