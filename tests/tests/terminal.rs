//! Text from elsewhere cannot steer the terminal of a user, and cannot add a line to what it shows. A node refuses such text today;
//! rows of older versions and files can have it.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use keyrack_tests::{Cluster, HotelPlan, refusal, run_until_exit};
use serde_json::json;

const WITHIN: Duration = Duration::from_secs(30);
const HOSTILE: &str = "Ada\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{2066}\r\nNORM-1  confirmed  bk_forged";

/// Whether the text changes how a terminal shows what follows.
fn steers(letter: char) -> bool {
    let is_direction = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter != '\n' && (letter.is_control() || is_direction)
}

#[track_caller]
fn is_harmless(shown: &str) {
    assert!(!shown.contains(steers), "{shown:?}");
    assert!(!shown.lines().any(|line| line.trim_start().starts_with("NORM-1")), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_of_arguments_and_files_is_shown_without_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.json");
    let receipt = json!({"origin": HOSTILE, "index": 1, "leaf": HOSTILE, "disclosures": [{"name": HOSTILE, "value": "", "salt": HOSTILE}], "proof": HOSTILE});
    std::fs::write(&file, receipt.to_string()).unwrap();
    let file = file.to_str().unwrap();
    for line in [
        &["booking", "get", HOSTILE, "--endpoint", "http://127.0.0.1:9", "--key", "kr_x"][..],
        &["booking", "list", "here", "--endpoint", HOSTILE, "--key", "kr_x"],
        &["receipt", "verify", file, "--policy", HOSTILE],
        &["receipt", "verify", file, "--policy", file],
        &["import", "bookings", HOSTILE, "--dry-run"],
    ] {
        let report = run_until_exit("keyrack", line, WITHIN);
        assert_ne!(report.code, Some(0), "{line:?}");
        is_harmless(&report.stdout);
        is_harmless(&report.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stores_no_control_characters() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("TERM", 2).open(&cluster.operator()).await;
    for pointer in ["/guest/name", "/guest/email", "/guest/phone", "/channelRef", "/payment/token"] {
        let mut request = hotel.request("2027-03-01", "2027-03-02");
        *request.pointer_mut(pointer).unwrap_or(&mut json!(null)) = json!(HOSTILE);
        if pointer == "/channelRef" {
            request["channelRef"] = json!(HOSTILE);
        }
        refusal(&hotel.book(&request).await, 400, "invalid_field");
    }
    let property = json!({"name": HOSTILE, "timeZone": "Europe/Lisbon", "currency": "EUR"});
    refusal(&cluster.operator().put("/v1/properties/OTHER", &property).send().await, 400, "invalid_field");
}
