//! A run's folder loads as it was saved, and errors name the file and line that are wrong.

#![allow(clippy::unwrap_used)]

mod story;

use std::path::Path;

use keyrack_jepsen::history::*;
use keyrack_jepsen::run::rejudge;
use story::Story;
use story::crowd::{self, Crowd};

#[test]
fn a_saved_run_loads_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = crowd::run(3, Crowd { ops: 300, callers: 6, baskets: true, house_limit: Some(4), rooms: 3, replays: true });
    let (nemesis, phase, what) = ("partition".into(), "begin".into(), "node 1 alone".into());
    history.faults.push(Fault { nemesis, phase, what, at_ns: 5, nodes: vec![1] });
    history.ops[7].outcome = Outcome::Unknown { why: "a \"quoted\" reason\n".into() };
    history.ops[7].returned_ns = None;
    history.save(folder.path()).unwrap();
    assert_eq!(History::load(folder.path()).unwrap(), history);
}

#[test]
fn a_bad_line_is_named_with_its_file_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.read("DLX", (100, 101));
    story.end().save(folder.path()).unwrap();
    let path = folder.path().join("history.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(lines.len(), 4);
    let broken = [
        (good.trim_end().to_owned(), "history.jsonl:4: the line is torn"),
        (good[..good.len() - 20].to_owned(), "history.jsonl:4: the line is torn"),
        (good.replacen(lines[1], "{\"index\":1", 1), "history.jsonl:2: it is not an event"),
        (good.replacen(&format!("{}\n", lines[1]), "", 1), "history.jsonl:2: event 2 is out of order"),
        (numbered(&[lines[0], lines[0]]), "history.jsonl:2: operation 0 is invoked a second time"),
        (numbered(&[lines[1]]), "history.jsonl:1: operation 0 was never invoked"),
        (numbered(&[lines[0], lines[1], lines[1]]), "history.jsonl:3: operation 0 is completed a second time"),
        (good.replacen("\"type\":\"ok\"", "\"type\":\"fail\"", 1), "history.jsonl:2: the type contradicts the outcome"),
        (good.replacen("\"returned_ns\":", "\"returned_ns\":1", 1), "history.jsonl:2: the times contradict each other"),
        (good.replacen("\"tries\":1", "\"tries\":0", 1), "history.jsonl:2: it has an answer, but was never sent"),
    ];
    for (text, message) in broken {
        std::fs::write(&path, text).unwrap();
        let error = format!("{:#}", History::load(folder.path()).unwrap_err());
        assert!(error.contains(message), "{error:?} does not contain {message:?}");
    }
    // An operation without a completion has an unknown outcome.
    std::fs::write(&path, format!("{}\n", lines[..3].join("\n"))).unwrap();
    let history = History::load(folder.path()).unwrap();
    assert!(matches!(history.ops[1].outcome, Outcome::Unknown { .. }));
    assert!(History::load(Path::new("/nowhere")).is_err());
}

/// Lines renumbered by their position.
fn numbered(lines: &[&str]) -> String {
    let renumbered = |(number, line): (usize, &&str)| {
        let (_, rest) = line.split_once(',').unwrap();
        format!("{{\"index\":{number},{rest}\n")
    };
    lines.iter().enumerate().map(renumbered).collect()
}

/// A history that was cut between two lines or edited can still be well-formed. Only the checksums show the change.
#[test]
fn a_history_that_changed_after_the_run_is_judged_only_with_edited() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.read("DLX", (100, 101));
    story.end().save(folder.path()).unwrap();
    assert!(changed_files(folder.path()).unwrap().is_empty());
    rejudge(folder.path(), false).unwrap();
    let path = folder.path().join("history.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    let cut: String = good.lines().take(3).map(|line| format!("{line}\n")).collect();
    for edited in [cut, good.replacen("\"replayed\":false", "\"replayed\":true", 1)] {
        assert_ne!(edited, good);
        std::fs::write(&path, edited).unwrap();
        assert_eq!(changed_files(folder.path()).unwrap(), ["history.jsonl"]);
        let refused = rejudge(folder.path(), false).unwrap_err().to_string();
        assert!(refused.contains("changed after the run: history.jsonl"), "{refused}");
        rejudge(folder.path(), true).unwrap();
    }
    assert_eq!(rejudge(folder.path(), true).unwrap().1.edited, ["history.jsonl"]);
    // Without the checksums, a change cannot be detected.
    std::fs::write(&path, good).unwrap();
    std::fs::remove_file(folder.path().join("SHA256SUMS")).unwrap();
    assert!(rejudge(folder.path(), false).is_err());
    assert_eq!(rejudge(folder.path(), true).unwrap().1.edited, ["SHA256SUMS"]);
}

/// A run without answers or faults has no findings, but proves nothing.
#[test]
fn a_run_without_answers_or_without_its_fault_is_inconclusive() {
    let fault = |nemesis: &str, phase: &str| Fault {
        nemesis: nemesis.into(),
        phase: phase.into(),
        what: String::new(),
        at_ns: 1,
        nodes: vec![1],
    };
    let mut story = Story::new();
    story.read("DLX", (100, 101));
    let mut history = story.end();
    assert_eq!(history.why_inconclusive(), None);
    history.setup.nemeses = vec!["none".into()];
    assert_eq!((history.why_inconclusive(), history.not_run()), (None, vec![]));
    history.setup.nemeses = vec!["clock".into(), "loss".into()];
    history.setup.not_run.insert("delay".into(), "no namespaces".into());
    history.faults.push(fault("supervisor", "begin"));
    assert_eq!(history.why_inconclusive(), Some("no fault was injected"));
    assert_eq!(history.not_run().iter().map(|(nemesis, _)| *nemesis).collect::<Vec<_>>(), ["delay", "clock", "loss"]);
    history.faults.push(fault("clock", "begin"));
    assert_eq!(history.why_inconclusive(), None);
    assert_eq!(history.not_run().iter().map(|(nemesis, _)| *nemesis).collect::<Vec<_>>(), ["delay", "loss"]);
    history.ops.clear();
    assert_eq!(history.why_inconclusive(), Some("no operation was answered"));
}

#[test]
fn jepsens_history_has_a_map_per_event() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 2);
    story.reserve("k\"2", (100, 101), "DLX", 1);
    story.read("DLX", (100, 101));
    story.reserve("k3", (102, 103), "DLX", 1);
    story.read("DLX", (102, 103));
    let mut history = story.end();
    history.ops[3].outcome = Outcome::Unknown { why: "timed out".into() };
    history.ops[3].returned_ns = None;
    history.save(folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("history.edn")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 10);
    assert!(lines[0].starts_with("{:type :invoke, :f :reserve, :value {"), "{}", lines[0]);
    assert!(lines[0].ends_with(", :process 1, :time 0, :index 0}"), "{}", lines[0]);
    assert!(lines[1].contains(":type :ok") && lines[1].contains(":as-of [1 11]"), "{}", lines[1]);
    assert!(lines[2].contains(":key \"k\\\"2\"") && lines[2].contains(":room-type \"DLX\""), "{}", lines[2]);
    assert!(lines[3].contains(":type :fail") && lines[3].contains(":error {:code \"sold_out\""), "{}", lines[3]);
    let info = lines.iter().find(|line| line.contains(":type :info")).unwrap();
    assert!(info.contains(":error \"timed out\"") && info.contains(":process 1,"), "{info}");
    // A process without an answer sends nothing more.
    let last = lines.iter().rfind(|line| line.contains(":type :invoke")).unwrap();
    assert!(last.contains(":process 3,"), "{last}");
}
