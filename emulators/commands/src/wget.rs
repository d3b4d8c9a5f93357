//! busybox's `wget`.

use std::time::Duration;

use crate::{Fetched, Machine, Patience, Request, Sink, Stream, Url, basic};

#[derive(Default)]
struct Options<'a> {
    quiet: bool,
    spider: bool,
    /// `-` is the standard output.
    output: Option<&'a str>,
    timeout: Option<Duration>,
    url: Option<&'a str>,
}

impl<'a> Options<'a> {
    fn read(args: &'a [String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            match arg.as_str() {
                "-q" | "--quiet" => options.quiet = true,
                "--spider" => options.spider = true,
                "-S" | "--no-check-certificate" => {}
                "-O-" => options.output = Some("-"),
                "-qO-" => (options.quiet, options.output) = (true, Some("-")),
                "-O" | "-qO" => {
                    options.quiet |= arg == "-qO";
                    options.output = rest.next().map(String::as_str);
                }
                "-T" => options.timeout = rest.next().and_then(|text| basic::seconds(text)),
                text if text.starts_with("--timeout=") => options.timeout = basic::seconds(&text["--timeout=".len()..]),
                text if text.starts_with('-') => return Err(format!("wget: unrecognized option: {text}\n")),
                url => options.url = Some(url),
            }
        }
        Ok(options)
    }
}

pub(crate) async fn run(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let fail = |text: &str| {
        out(Stream::Stderr, text);
        1
    };
    let options = match Options::read(args) {
        Ok(options) => options,
        Err(text) => return fail(&text),
    };
    let Some(url) = options.url else { return fail("wget: missing URL\n") };
    let Some(url) = Url::parse(url) else { return fail(&format!("wget: not an http or ftp url: {url}\n")) };
    if !options.quiet {
        out(Stream::Stderr, &format!("Connecting to {}:{}\n", url.host, url.port));
    }
    let patience = options.timeout.unwrap_or(Duration::from_secs(900));
    let request = Request::get(url);
    let url = &request.url;
    match machine.fetch(&request, Patience { connect: patience, whole: patience }).await {
        Fetched::NoSuchHost => fail(&format!("wget: bad address '{}'\n", url.host_as_written())),
        Fetched::Refused(address) => {
            fail(&format!("wget: can't connect to remote host ({address}): Connection refused\n"))
        }
        Fetched::Unanswered(_) | Fetched::TimedOut => fail("wget: download timed out\n"),
        Fetched::NotHttp => fail("wget: error getting response\n"),
        Fetched::NoTls => fail("wget: TLS error from peer (alert code 70): protocol version\n"),
        Fetched::TlsUnsupported => fail("wget: stagegate's wget does not speak https in a real container\n"),
        Fetched::Answer(answer) if answer.status >= 300 => {
            let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|code| code.canonical_reason());
            fail(&format!("wget: server returned error: HTTP/1.1 {} {}\n", answer.status, reason.unwrap_or_default()))
        }
        Fetched::Answer(_) if options.spider => 0,
        Fetched::Answer(answer) => save(machine, &options, url, &answer.body, out),
    }
}

/// Shows the answer or writes it to the file that is named, by the URL when no option names one.
fn save(machine: &dyn Machine, options: &Options<'_>, url: &Url, body: &str, out: Sink<'_>) -> i32 {
    let path = url.path.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html");
    let file = options.output.unwrap_or(last);
    if file == "-" {
        out(Stream::Stdout, body);
        return 0;
    }
    match machine.write(file, body) {
        Ok(()) => 0,
        Err(error) => {
            out(Stream::Stderr, &format!("wget: can't open '{file}': {}\n", error.text()));
            1
        }
    }
}
