//! Text that a caller stored cannot steer the terminal of another user, and cannot add a line to what it shows.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use keyrack_tests::{Cluster, ExitReport, HotelPlan, run_until_exit};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(30);
const HOSTILE: &str = "Ada\u{1b}[2J\u{0}\u{7f}\u{9b}31m\u{202e}\u{2066}\r\nNORM-1  confirmed  bk_forged";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_text_is_shown_on_one_line_without_control_characters() {
    let cluster = Cluster::start();
    let mut plan = HotelPlan::new("TERM", 2);
    plan.name = HOSTILE.to_owned();
    let hotel = plan.open(&cluster.operator()).await;
    let mut request = hotel.request("2027-03-01", "2027-03-02");
    request["guest"] = json!({ "name": HOSTILE, "email": HOSTILE, "phone": HOSTILE });
    request["channelRef"] = json!(HOSTILE);
    let booking = hotel.book(&request).await.expect(201).json();
    let id = booking["bookingId"].as_str().unwrap();
    let property = booking["propertyId"].as_str().unwrap();
    let keyrack = |line: &[&str]| -> ExitReport {
        let to = ["--endpoint", &cluster.node(1).http, "--key", cluster.key("operator")];
        run_until_exit("keyrack", &[&to[..], line].concat(), WITHIN)
    };
    for line in
        [&["booking", "get", id][..], &["booking", "list", property], &["property", "get", property], &["property", "list"]]
    {
        let report = keyrack(line);
        assert_eq!(report.code, Some(0), "{line:?}: {}", report.stderr);
        assert!(!report.stdout.contains(steers), "{line:?}: {:?}", report.stdout);
        assert!(!report.stdout.lines().any(|line| line.trim_start().starts_with("NORM-1")), "{line:?}: {}", report.stdout);
        let report = keyrack(&[line, &["--json"]].concat());
        assert!(!report.stdout.contains(steers), "{line:?}: {:?}", report.stdout);
        serde_json::from_str::<Value>(&report.stdout).unwrap();
    }
    let shown: Value = serde_json::from_str(&keyrack(&["booking", "get", id, "--json"]).stdout).unwrap();
    assert_eq!(shown["guest"]["name"], HOSTILE, "JSON keeps the value");
    let refused = keyrack(&["booking", "list", HOSTILE.trim_matches('\0').replace('\0', "").as_str()]);
    assert!(refused.code != Some(0) && !refused.stderr.contains(steers), "{:?}", refused.stderr);
}

fn steers(letter: char) -> bool {
    let is_direction = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter != '\n' && (letter.is_control() || is_direction)
}
