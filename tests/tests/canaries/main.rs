//! Checks that confidential data of guests and callers is only where it belongs.
//!
//! All kinds of traffic go through three nodes that log at `debug`. Every guest field, key, token, header, query, path
//! and malformed body carries its own random text. Then every log, metrics page and file of every node is searched. The
//! only texts that may be found are those in [`AT_REST`], and only in the data, not in the logs.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod planted;
mod strangers;
mod traffic;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keyrack_tests::files::files_under;
use keyrack_tests::{Cluster, HotelPlan};

use planted::Planted;

/// Texts that may be in a node's data, with the reason. None of them is guest data.
const AT_REST: [(&str, &str); 3] = [
    ("channelRef", "the seller's own reference: bookings are looked up by it, and every caller who may see the booking sees it"),
    ("payment token", "valid only with the hotel's account at its payment provider, which later receives it"),
    ("an unknown room type", "a refusal is stored for its retry, with the code it names: at most 20 letters and digits"),
];
const ROLES: [&str; 5] = ["operator", "manager", "channel", "desk", "auditor"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_confidential_text_leaks_with_a_text_log() {
    round("text", "route=\"/v1/bookings\"").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_confidential_text_leaks_with_a_json_log() {
    round("json", "\"route\":\"/v1/bookings\"").await;
}

/// Sends all traffic with a crash in the middle, then searches.
async fn round(format: &str, line_of_a_booking: &str) {
    let env = [("KEYRACK_LOG_FORMAT", format), ("KEYRACK_LOG_LEVEL", "debug"), ("KEYRACK_RECEIPTS_WAIT_MS", "2000")];
    let mut cluster = Cluster::start_with(&env);
    let hotel = HotelPlan::new("CANARIES", 40).open(&cluster.operator()).await;
    let mut planted = Planted::default();
    for role in ROLES {
        planted.secret(&format!("the key of {role}"), cluster.key(role));
    }
    for node in [1, 2] {
        traffic::sales(&hotel.through(&cluster.api("channel", node)), &mut planted).await;
        traffic::guests(&cluster, &hotel.through(&cluster.api("manager", node)), &mut planted).await;
        traffic::malformed(&hotel.through(&cluster.api("channel", node)), &mut planted).await;
        traffic::command_line(&cluster, node, &hotel.id, &mut planted);
        strangers::credentials(&cluster.api("channel", node), &mut planted).await;
        strangers::requests(&cluster.api("channel", node), &mut planted).await;
        strangers::doors(&cluster, node, &mut planted).await;
    }
    traffic::principals(&cluster, &mut planted).await;
    let mut metrics = pages(&cluster).await;

    // A crash: the node gets missed entries from the others, and applies its own entries again from its log.
    cluster.kill(2);
    traffic::sales(&hotel.through(&cluster.api("channel", 3)), &mut planted).await;
    cluster.restart(2);
    cluster.ready(2).await;
    traffic::sales(&hotel.through(&cluster.api("channel", 2)), &mut planted).await;
    metrics.extend(pages(&cluster).await);
    // Stopping flushes the rows from logs to table files.
    cluster.stop();

    for node in cluster.node_ids() {
        let log = cluster.log(node);
        assert!(log.contains(line_of_a_booking) && log.contains("DEBUG"), "node {node} logged nothing to search");
        assert!(!log.contains("panicked"), "node {node} panicked");
    }
    let files = files_under(cluster.folder());
    let pick = |are_data: bool| {
        let files = files.iter().filter(move |(path, _)| is_data(path) == are_data && !is_configuration(path));
        files.map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    };
    let mut leaks = planted.leaks(pick(true), true);
    leaks.extend(planted.leaks(pick(false), false));
    leaks.extend(planted.leaks(metrics.iter().map(|(path, page)| (path.as_path(), page.as_slice())), false));
    assert_eq!(leaks, Vec::<String>::new(), "of {} texts", planted.count());
    // The search finds the texts that may be there.
    for node in cluster.node_ids() {
        let of_node = format!("node-{node}");
        let here = pick(true).filter(|(path, _)| path.iter().any(|part| part.to_str() == Some(&of_node)));
        let expected = AT_REST.map(|(what, why)| (what.to_string(), why));
        assert_eq!(planted.at_rest(here), BTreeSet::from(expected), "node {node}");
    }
    println!("{} texts, {} files of nodes that log {format}", planted.count(), files.len());
}

/// Each node's `/metrics`, in the form of files.
async fn pages(cluster: &Cluster) -> Vec<(PathBuf, Vec<u8>)> {
    let mut pages = Vec::new();
    for api in cluster.everywhere("operator") {
        let page = api.get("/metrics").send().await.expect(200).body;
        assert!(!page.is_empty());
        pages.push((PathBuf::from(format!("{}/metrics", api.base())), page));
    }
    pages
}

fn is_data(path: &Path) -> bool {
    path.iter().any(|part| part.to_str() == Some("data"))
}

/// Files in which an operator keeps keys.
fn is_configuration(path: &Path) -> bool {
    let is_named = |name: &str| path.file_name().is_some_and(|file| file == name);
    path.iter().any(|part| part.to_str() == Some("pki")) || ["keyrackd.toml", "keys.toml", "keyring"].into_iter().any(is_named)
}
