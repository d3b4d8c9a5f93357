//! The page: self-contained, escaped, readable without JavaScript, bounded.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::path::Path;

use stagegate_reports::journal::{self, Attachment, Event, Output, Record, Redactor};
use stagegate_reports::model::Run;
use stagegate_reports::{Format, render};

fn records(case: &str) -> Vec<Record> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(case).join("journal.ndjson");
    journal::read(&path).unwrap().collect::<Result<_, _>>().unwrap()
}

fn run(records: Vec<Record>) -> Run {
    Run::from_journal(records.into_iter().map(Ok)).unwrap()
}

fn page(case: &str) -> String {
    render(Format::Html, &run(records(case))).unwrap()
}

/// The page without its own style sheet and script.
fn body(page: &str) -> &str {
    let body = page.split_once("</style>").expect("a style sheet").1;
    body.rsplit_once("<script>").expect("a script").0
}

#[test]
fn text_of_unknown_origin_stays_text() {
    let page = page("hostile-text");
    let body = body(&page);
    assert_eq!(page.matches("<script").count(), 1, "only the page's own script");
    assert_eq!(page.matches("<style").count(), 1);
    assert!(
        body.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;quotes&quot; &#39;single&#39; &amp; &lt;/style&gt;")
    );
    assert!(body.contains("{{ name }}"), "no template is made of data");
    let title = page.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
    assert!(title.contains("&lt;script&gt;"), "{title}");
    let hidden = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!page.contains(hidden), "a control character got into the page");
    assert!(body.contains("red ␛]0;title ␀␇␈"), "control characters are shown");
}

#[test]
fn only_the_script_of_the_page_may_run() {
    let page = page("passed");
    assert!(page.contains("default-src &#39;none&#39;"));
    assert!(page.contains("script-src &#39;sha256-"));
    assert!(!page.contains(" onclick") && !page.contains(" onload"));
}

#[test]
fn nothing_is_fetched() {
    for case in ["passed", "failed-step", "denied-finding", "leftovers"] {
        let page = page(case);
        for reference in ["src=", "<link", "@import", "url(", "<iframe", "<img", "<base", "<object"] {
            assert!(!page.contains(reference), "{case}: {reference}");
        }
        let links = page.matches("href=\"").count();
        assert_eq!(links, page.matches("href=\"#").count(), "{case}: a link leaves the page");
    }
}

#[test]
fn every_anchor_leads_somewhere() {
    for case in ["denied-finding", "expected-finding", "flaky", "leftovers"] {
        let page = page(case);
        for link in page.split("href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{target}\"")), "{case}: #{target} is missing");
        }
    }
}

#[test]
fn without_javascript_everything_is_there_and_no_control_is() {
    let page = page("failed-step");
    let body = body(&page);
    assert!(body.contains(r#"<form class="filters" role="search" hidden>"#));
    for text in ["deployment is not available", "ImagePullBackOff", "events in namespace default", "not run"] {
        assert!(body.contains(text), "{text}");
    }
}

#[test]
fn the_lane_is_unmistakable() {
    let emulated = page("passed");
    assert!(emulated.contains(r#"class="lane emulated""#) && emulated.contains("emulated hub, emulated cluster"));
    assert!(emulated.contains("A pass on an emulator is not a pass on the real thing."));
    let real = page("leftovers");
    assert!(real.contains(r#"class="lane real""#) && real.contains("real hub, real cluster"));
    assert!(!real.contains("A pass on an emulator"));
}

#[test]
fn what_failed_comes_first_and_is_open() {
    let page = page("failed-step");
    let first = page.split("<details class=\"scenario\"").nth(1).unwrap();
    assert!(first.starts_with(" id=\"s0\" data-verdict=\"failed\""), "{}", &first[..80]);
    assert!(first.split('>').next().unwrap().ends_with(" open"));
    let flaky = page_order(&self::page("flaky"));
    assert_eq!(flaky, ["failed", "flaky"]);
}

fn page_order(page: &str) -> Vec<String> {
    let parts = page.split("data-verdict=\"").skip(1).map(|part| part.split('"').next().unwrap().to_owned());
    let buttons = page.matches("<button type=\"button\" class=\"verdict").count();
    parts.skip(buttons).collect()
}

#[test]
fn a_flood_of_evidence_does_not_make_a_page_that_cannot_be_opened() {
    let mut records = records("denied-finding");
    let text = "<&> a line of output of a very talkative script\n".repeat(4_000);
    let place =
        records.iter().position(|record| matches!(record.event, Event::Attachment(_) | Event::CommandFinished(_)));
    let sample = records[place.expect("a command")].clone();
    for number in 0..1_000 {
        let attachment =
            Attachment { name: format!("flood {number}"), media_type: "text/plain".to_owned(), text: text.clone() };
        records.insert(place.unwrap(), Record { event: Event::Attachment(attachment), ..sample.clone() });
    }
    for record in &mut records {
        if let Event::CommandFinished(finished) = &mut record.event {
            finished.stdout = Output { bytes: text.len() as u64, text: text.clone(), truncated: false };
        }
    }
    let page = render(Format::Html, &run(records)).unwrap();
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("left out of this page"));
    assert!(page.contains("left out to keep this page small; the JSON report has all."));
    assert!(page.contains("cub unit set-target"), "the finding is there all the same");
}

#[test]
fn a_secret_is_in_no_report() {
    let secret = "reference-data";
    let mut redactor = Redactor::default();
    redactor.register(secret);
    for case in ["failed-step", "denied-finding", "flaky", "hostile-text"] {
        let mut records = records(case);
        for record in &mut records {
            redactor.redact_record(record);
        }
        let run = run(records);
        for format in Format::ALL {
            assert!(!render(format, &run).unwrap().contains(secret), "{case}: {format}");
        }
    }
}

#[test]
fn a_run_of_very_many_scenarios_still_names_each() {
    let mut records = records("passed");
    let planned = records.iter().position(|record| matches!(record.event, Event::ScenarioPlanned(_))).unwrap();
    let sample = records[planned].clone();
    for scenario in 1..10_000 {
        records.insert(planned, Record { scenario: Some(scenario), ..sample.clone() });
    }
    let page = render(Format::Html, &run(records)).unwrap();
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert_eq!(page.matches("data-tags=").count(), 10_000);
    assert!(page.contains("are shown as one line to keep this page small"));
}

#[test]
fn findings_are_counted_with_the_defects_that_they_tell_of() {
    let page = page("repeated-defect");
    let counted = page.split("href=\"#findings\">").nth(1).unwrap().split("</a>").next().unwrap();
    let console = std::fs::read_to_string("tests/corpus/repeated-defect/terminal.txt").unwrap();
    assert!(counted.contains(" defect"), "{counted}");
    assert!(console.contains(counted), "{counted}\n{console}");
}
