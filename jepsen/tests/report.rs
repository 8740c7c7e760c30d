//! The page of a run: it shows verdict and findings, loads no other file, and stays small.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::check::{Check, Finding, Verdict, judge};
use keyrack_jepsen::history::*;
use keyrack_jepsen::report::{page, write_index, write_page};
use story::Story;
use story::crowd::{self, Crowd};

const MS: u64 = story::MS;

fn fault(nemesis: &str, phase: &str, what: &str, at_ms: u64, nodes: &[u32]) -> Fault {
    Fault { nemesis: nemesis.into(), phase: phase.into(), what: what.into(), at_ns: at_ms * MS, nodes: nodes.into() }
}

/// A few operations, a fault, and texts that look like markup.
fn small() -> History {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.read("DLX", (100, 101));
    story.reserve("k<script>alert(1)</script>", (100, 101), "DLX", 1);
    story.reserve("k3", (103, 104), "DLX", 1);
    let mut history = story.end();
    history.ops[3].outcome = Outcome::Unknown { why: "\"><img alt=x>".into() };
    history.ops[3].returned_ns = None;
    history.setup.seed = 4711;
    history.setup.workloads = vec!["story".into()];
    history.setup.nemeses = vec!["kill-leader".into(), "clock".into()];
    history.setup.not_run.insert("loss".into(), "no namespaces & no </b> rights".into());
    history.setup.versions.insert("keyrackd".into(), "<b>0.1.0</b>".into());
    history.setup.bug = Some("early-ack".into());
    (history.setup.seconds, history.setup.callers, history.setup.rate) = (60, 5, 300);
    history.faults = vec![
        fault("kill-leader", "begin", "SIGKILL of [2] <i>", 1, &[2]),
        fault("supervisor", "begin", "node 3 had stopped without being asked to: <signal>", 2, &[3]),
        fault("kill-leader", "end", "started [2] again", 4, &[2]),
        fault("heal", "end", "all nodes are ready after 1 ms", 5, &[]),
        fault("rot-sst", "not-done", "there was no such file", 6, &[1]),
    ];
    history
}

/// The same with a wrong read.
fn bad() -> (History, Verdict) {
    let mut history = small();
    let night = &mut story::nights_of(&mut history.ops[1])[0];
    (night.sold, night.available) = (0, 2);
    let verdict = judge(&history);
    assert!(!verdict.valid);
    (history, verdict)
}

#[track_caller]
fn assert_has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "the page does not contain {part:?}");
    }
}

#[test]
fn the_page_of_a_valid_run_shows_the_verdict_and_what_was_not_run() {
    let history = small();
    let page = page(&history, &Verdict { valid: true, checks: vec![check("witness", 4, &[])], ..Verdict::default() });
    assert_has(&page, &["Every promise was kept", "NOT RUN", "<b>loss</b>: no namespaces &amp; no &lt;/b&gt; rights"]);
    assert_has(&page, &["<b>rot-sst</b>: there was no such file", "<b>clock</b>: it was never drawn"]);
    assert_has(
        &page,
        &["SIGKILL of [2] &lt;i&gt; → started [2] again", "node 3 had stopped without being asked to: &lt;signal&gt;"],
    );
    let again =
        "--workload story --nemesis kill-leader,clock,loss --seconds 60 --seed 4711 --nodes 3 --callers 5 --rate 300 --bug";
    assert_has(&page, &[again]);
    assert_has(
        &page,
        &["planted bug: early-ack", "writes still unknown: 1", "&lt;b&gt;0.1.0&lt;/b&gt;", "cluster/node-3/keyrackd.log"],
    );
    assert!(!page.contains("<h2>Findings</h2>"));
}

#[test]
fn the_page_of_a_bad_run_shows_the_operations_of_its_findings() {
    let (history, verdict) = bad();
    let page = page(&history, &verdict);
    assert_has(&page, &["A promise was not kept", "<h2>Findings</h2>", "class=\"zoom\"", "#1 availability @1/11"]);
    assert_has(&page, &["read DLX [100, 101) at H", "100: 0 sold, 0 held, 2 left"]);
    let nothing = Verdict { valid: true, ..Verdict::default() };
    assert_has(&keyrack_jepsen::report::page(&History::default(), &nothing), &["Nothing was checked"]);
}

#[test]
fn texts_are_escaped_and_the_page_loads_nothing() {
    let (mut history, mut verdict) = bad();
    history.setup.workloads.push("<x>'\"".into());
    let (kind, text) = ("<kind>".into(), "<script>all</script>\u{0}".into());
    verdict.checks[0].findings.push(Finding { kind, ops: vec![0, 2, 3, 99], text });
    verdict.checks[0].notes.push("<note>".into());
    let page = page(&history, &verdict);
    for forbidden in
        ["<script", "<img", "<kind>", "<note>", "<x>", "<signal>", "http:", "https:", "src=", "url(", "@import", "\u{0}"]
    {
        assert!(!page.contains(forbidden), "the page contains {forbidden:?}");
    }
    assert_has(&page, &["&lt;kind&gt;", "&lt;note&gt;", "key k&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;x&gt;&#39;&quot;"]);
}

#[test]
fn the_same_run_gives_the_same_page() {
    let history = crowd::run(5, Crowd { ops: 2_000, callers: 8, baskets: true, house_limit: None, rooms: 3, replays: true });
    let verdict = judge(&history);
    assert_eq!(page(&history, &verdict), page(&history.clone(), &verdict.clone()));
}

#[test]
fn a_hundred_thousand_operations_and_many_findings_make_a_small_page() {
    let ops: Vec<Op> = (0..100_000).map(busy).collect();
    let mut history = History { ops, ..small() };
    for round in 0..200 {
        let nodes = [1 + round as u32 % 3];
        history.faults.push(fault("pause-leader", "begin", "SIGSTOP", round * 1_500, &nodes));
        history.faults.push(fault("pause-leader", "end", "SIGCONT", round * 1_500 + 700, &nodes));
    }
    let finding =
        |at: u64| Finding { kind: format!("kind-{}", at % 7), ops: (at * 90..at * 90 + 60).collect(), text: "x".repeat(3_000) };
    let findings: Vec<Finding> = (0..200).map(finding).collect();
    let checks: Vec<Check> = (0..14).map(|at| check(&format!("checker-{at}"), 100_000, &findings)).collect();
    let began = std::time::Instant::now();
    let page = page(&history, &Verdict { valid: false, checks, ..Verdict::default() });
    println!("{} bytes in {} ms", page.len(), began.elapsed().as_millis());
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
}

#[test]
fn a_folder_of_runs_has_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let (history, verdict) = bad();
    keyrack_jepsen::run::write(&folder.path().join("1 <bad>"), &history, &verdict).unwrap();
    let history = Story::new().end();
    keyrack_jepsen::run::write(&folder.path().join("2-good"), &history, &judge(&history)).unwrap();
    let written = std::fs::read_to_string(folder.path().join("2-good/report.html")).unwrap();
    assert_eq!(std::fs::read_to_string(write_page(&folder.path().join("2-good")).unwrap()).unwrap(), written);
    std::fs::create_dir(folder.path().join("3-torn")).unwrap();
    let index = std::fs::read_to_string(write_index(folder.path()).unwrap()).unwrap();
    assert_has(
        &index,
        &["1 of 2 runs did not keep a promise", "href=\"1%20%3Cbad%3E/report.html\"", "href=\"2-good/report.html\""],
    );
    assert_has(
        &index,
        &[
            "NOT READ",
            "<b>3-torn</b>",
            "scene.json",
            "NOT RUN: loss",
            "planted bug: early-ack",
            "<b>search: not-linearizable</b>",
        ],
    );
    assert!(write_index(&folder.path().join("3-torn")).is_err());
}

fn check(checker: &str, looked_at: u64, findings: &[Finding]) -> Check {
    Check { checker: checker.into(), looked_at, findings: findings.to_vec(), ..Check::default() }
}

/// One of 100,000 operations, which thirty callers send within 300 seconds.
fn busy(id: u64) -> Op {
    let call = story::reserve(&format!("busy-{id}"), (100, 103), "DLX", 1);
    let answer =
        Answer::Booking(Booking { booking: format!("B{id}"), revision: 1, state: "confirmed".into(), ..Booking::default() });
    let outcome = story::outcome(&call, Ok(answer), Some(Position { shard: 1, index: id }), false);
    let invoked_ns = id * 3 * MS;
    let took_ns = MS + id * 7_919 % (90 * MS);
    let op = story::op(id as usize, call, (invoked_ns, Some(invoked_ns + took_ns)), outcome);
    Op { process: (id % 30) as u32, workload: format!("w{}", id % 6), ..op }
}
