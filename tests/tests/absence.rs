//! What must not be there: the house's absence invariants, read from manifests and sources, and
//! guest data in clear, looked for in every file the nodes write.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use keyrack_tests::files::{files_under, holding};
use keyrack_tests::sources::{assert_holds_code, dependencies_of, offences, sources_of};
use keyrack_tests::{Cluster, HotelPlan, fresh_key, refusal};
use serde_json::json;

const ROOMS: [&str; 9] = ["inventory", "merkle", "proto", "pki", "cluster", "node", "client", "cli", "jepsen"];

/// Not compiled but with the feature `sim`.
const SIMULATION: &str = "jepsen/src/sim/";

/// Standard library, clocks, randomness, threads and iteration in random order.
const IMPURE_WORDS: [&str; 12] = [
    "std::",
    "extern crate std",
    "HashMap",
    "HashSet",
    "SystemTime",
    "Instant",
    "thread_rng",
    "getrandom",
    "OsRng",
    "tokio",
    "async fn",
    "println",
];

const IMPURE_CRATES: [&str; 13] = [
    "ahash",
    "chrono",
    "fastrand",
    "getrandom",
    "hashbrown",
    "jiff",
    "openraft",
    "quanta",
    "rand",
    "rand_core",
    "rust-rocksdb",
    "time",
    "tokio",
];

const WEB: [&str; 8] = ["axum", "hyper", "hyper-util", "warp", "actix-web", "askama", "maud", "utoipa"];

#[test]
fn inventory_and_merkle_are_pure() {
    for room in ["inventory", "merkle"] {
        let sources = sources_of(room);
        assert_holds_code(&sources);
        let root = sources.iter().find(|source| source.path.ends_with("src/lib.rs")).unwrap();
        assert!(root.code.contains("#![no_std]"), "{room} is no_std");
        assert_none(offences(&sources, &IMPURE_WORDS));
        assert_no_dependency(room, &IMPURE_CRATES);
        assert_no_dependency(room, &WEB);
    }
}

#[test]
fn cluster_knows_no_http_and_keeps_openraft_and_rocksdb_in_one_folder_each() {
    // One file clothes a TLS stream in hyper's traits, which tonic asks for; that is all of hyper-util there is.
    let web: Vec<&str> = WEB.into_iter().filter(|name| *name != "hyper-util").collect();
    assert_no_dependency("cluster", &web);
    let mut sources = sources_of("cluster");
    let (clothed, others): (Vec<_>, Vec<_>) = sources.drain(..).partition(|s| s.path == "cluster/src/tls/dial.rs");
    assert_eq!(offences(&clothed, &["hyper_util"]).len(), 1, "the words are right");
    assert_none(offences(&clothed, &["axum", "hyper", "<html", "<!doctype"]));
    assert_none(offences(&others, &["axum", "hyper", "hyper_util", "<html", "<!doctype"]));
    sources.extend(clothed.into_iter().chain(others));
    let within = |folder: &str| sources.iter().filter(|s| s.path.starts_with(folder)).count();
    assert!(within("cluster/src/raft/") > 0, "there is a raft folder to speak of");
    assert!(within("cluster/src/storage/") > 0, "there is a storage folder to speak of");
    for room in ROOMS.into_iter().filter(|room| *room != "cluster") {
        let mut of_room = sources_of(room);
        // The simulation compiles the raft folder in, over a network and a disk of its own.
        of_room.retain(|source| !source.path.starts_with(SIMULATION));
        assert_holds_code(&of_room);
        sources.extend(of_room);
    }
    for (name, home) in [("openraft", "cluster/src/raft/"), ("rocksdb", "cluster/src/storage/")] {
        let (inside, outside): (Vec<_>, Vec<_>) = sources.drain(..).partition(|source| source.path.starts_with(home));
        let uses = [format!("{name}::"), format!("use {name}"), format!("extern crate {name}")];
        let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
        assert!(!offences(&inside, &uses).is_empty(), "{home} uses {name}: the words are right");
        assert_none(offences(&outside, &uses));
        sources.extend(inside);
        sources.extend(outside);
    }
}

#[test]
fn no_arrow_between_the_rooms_points_the_wrong_way() {
    assert_no_dependency("node", &["openraft", "rust-rocksdb", "rocksdb"]);
    for room in ["pki", "client", "cli"] {
        assert_no_dependency(room, &["keyrack-cluster", "keyrack-node", "openraft", "rust-rocksdb"]);
    }
    assert_no_dependency("client", &["keyrack-cli", "keyrack-pki"]);
    assert_no_dependency("cluster", &["keyrack-node", "keyrack-client"]);
    assert_no_dependency("proto", &["keyrack-cluster", "keyrack-node", "keyrack-client"]);
    for room in ["inventory", "merkle"] {
        let ours: Vec<String> = dependencies_of(room).into_iter().filter(|name| name.starts_with("keyrack-")).collect();
        assert_none(ours);
    }
}

/// Its models would agree with our bugs. Only the simulation, a program of its own, runs the inventory.
#[test]
fn jepsen_never_sees_inventory() {
    assert_no_dependency("jepsen", &["keyrack-cluster", "keyrack-node"]);
    let (simulation, others): (Vec<_>, Vec<_>) =
        sources_of("jepsen").into_iter().partition(|source| source.path.starts_with(SIMULATION));
    assert!(!offences(&simulation, &["keyrack_inventory"]).is_empty(), "the words are right");
    assert_none(offences(&others, &["keyrack_inventory"]));
}

/// The black box: what these tests know, a customer knows.
#[test]
fn these_tests_depend_on_no_room_of_the_house() {
    let ours: Vec<String> = dependencies_of("tests").into_iter().filter(|name| name.starts_with("keyrack-")).collect();
    assert_none(ours);
}

// Letters in an order that no compressor finds twice, so that a canary would stand in a compressed
// file as it stands here.
const GUEST_CANARIES: [&str; 3] = ["Wqzjxk Ypvbgfdm", "uz7kq9vx2jw4nt8", "+35184629513706"];
const TRAVELS_IN_CLEAR: [&str; 2] = ["OTA-hx3Vq8Zk2Lw", "Kvartz Jumbo Fyldwin"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_name_mail_and_phone_are_in_no_file_of_any_node() {
    let mut cluster = Cluster::start();
    let mut plan = HotelPlan::new("CANARY", 2);
    plan.name = TRAVELS_IN_CLEAR[1].to_string();
    let hotel = plan.open(&cluster.operator()).await;
    let [name, mailbox, phone] = GUEST_CANARIES;
    let guest = json!({"name": name, "email": format!("{mailbox}@example.com"), "phone": phone});
    let mut request = hotel.request("2027-03-01", "2027-03-02");
    request["guest"] = guest.clone();
    request["channelRef"] = json!(TRAVELS_IN_CLEAR[0]);

    let booking = hotel.book(&request).await.expect(201).json();
    assert_eq!(hotel.get(&booking).await["guest"], guest, "the guest is kept, and readable to us");
    let hold = hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    let path = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let confirm = hotel.api.post(&path, &fresh_key()).json(&json!({"guest": guest}));
    confirm.send().await.expect(201);
    // A refusal and a mistake are logged and recorded too.
    refusal(&hotel.book(&request).await, 409, "sold_out");
    let mut mistaken = request.clone();
    mistaken["guest"][name] = json!(mailbox);
    refusal(&hotel.book(&mistaken).await, 400, "unknown_field");
    // Stopping flushes, so afterwards everything that was kept is in files.
    cluster.stop();

    let files = files_under(cluster.folder());
    assert!(!files.is_empty());
    for canary in GUEST_CANARIES.into_iter().flat_map(str::split_whitespace) {
        assert_eq!(holding(&files, canary.as_bytes()), Vec::<&Path>::new(), "{canary} stands in clear");
    }
    // The search sees what is there: this much of a booking and of a hotel is no secret.
    for clear in TRAVELS_IN_CLEAR {
        assert!(!holding(&files, clear.as_bytes()).is_empty(), "the search would not even find {clear}");
    }
}

#[track_caller]
fn assert_no_dependency(room: &str, forbidden: &[&str]) {
    let found: BTreeSet<String> = dependencies_of(room);
    let offending: Vec<&&str> = forbidden.iter().filter(|name| found.contains(**name)).collect();
    assert!(offending.is_empty(), "{room} must not depend on {offending:?}");
}

#[track_caller]
fn assert_none(found: Vec<String>) {
    assert!(found.is_empty(), "must not be there:\n{}", found.join("\n"));
}
