//! Checks that things are absent from manifests and sources: forbidden dependencies and words, import cycles and
//! imports against the order of a crate's modules, and files and functions that are too long. It also searches every
//! file that the nodes write for guest data in plain text.
//!
//! New crates are included, because the members come from `Cargo.toml`. `src/imports/mod.rs` defines what counts as an
//! import. `cargo run --example imports -- CRATE` lists a crate's cycles.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use keyrack_tests::files::{files_under, holding};
use keyrack_tests::imports::{Layers, file_cycles, folder_cycles, imports_of, layer_violations, packages};
use keyrack_tests::sizes::{functions_of, quantile, rust_files};
use keyrack_tests::sources::{assert_holds_code, dependencies_of, offences, sources_of, workspace};
use keyrack_tests::{Cluster, HotelPlan, fresh_key, refusal};
use serde_json::json;

/// Compiled only with the feature `sim`.
const SIMULATION: &str = "jepsen/src/sim/";

/// Standard library, clocks, randomness, threads and random iteration order.
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

/// Forbids all crates of Keyrack.
const ANY: &[&str] = &["any"];

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
fn cluster_has_no_http_and_uses_openraft_and_rocksdb_in_one_folder_each() {
    // One file wraps a TLS stream in hyper's traits, which tonic requires. Nothing else uses hyper-util.
    let web: Vec<&str> = WEB.into_iter().filter(|name| *name != "hyper-util").collect();
    assert_no_dependency("cluster", &web);
    let mut sources = sources_of("cluster");
    let (clothed, others): (Vec<_>, Vec<_>) = sources.drain(..).partition(|s| s.path == "cluster/src/peers/tls/dial.rs");
    assert_eq!(offences(&clothed, &["hyper_util"]).len(), 1, "the search finds the known use");
    assert_none(offences(&clothed, &["axum", "hyper", "<html", "<!doctype"]));
    assert_none(offences(&others, &["axum", "hyper", "hyper_util", "<html", "<!doctype"]));
    sources.extend(clothed.into_iter().chain(others));
    let within = |folder: &str| sources.iter().filter(|s| s.path.starts_with(folder)).count();
    assert!(within("cluster/src/raft/") > 0, "the raft folder has sources");
    assert!(within("cluster/src/storage/") > 0, "the storage folder has sources");
    // These tests contain the words that they search for.
    for room in rooms().iter().filter(|room| !["cluster", "tests"].contains(&room.as_str())) {
        let mut of_room = sources_of(room);
        // The simulation compiles the raft folder with its own network and disk.
        of_room.retain(|source| !source.path.starts_with(SIMULATION));
        assert_holds_code(&of_room);
        sources.extend(of_room);
    }
    for (name, home) in [("openraft", "cluster/src/raft/"), ("rocksdb", "cluster/src/storage/")] {
        let (inside, outside): (Vec<_>, Vec<_>) = sources.drain(..).partition(|source| source.path.starts_with(home));
        let uses = [format!("{name}::"), format!("use {name}"), format!("extern crate {name}")];
        let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
        assert!(!offences(&inside, &uses).is_empty(), "{home} uses {name}: the search finds it");
        assert_none(offences(&outside, &uses));
        sources.extend(inside);
        sources.extend(outside);
    }
}

#[test]
fn crates_depend_only_on_crates_below_them() {
    assert_no_dependency("node", &["openraft", "rust-rocksdb", "rocksdb"]);
    for (room, forbidden) in [
        ("client", &["cluster", "node", "cli", "pki"][..]),
        ("cli", &["cluster", "node"]),
        ("cluster", &["node", "client", "cli"]),
        ("proto", &["cluster", "node", "client", "cli"]),
        ("inventory", ANY),
        ("merkle", ANY),
        ("os-error", ANY),
        ("pki", &["inventory", "merkle", "proto", "texts", "cluster", "node", "client", "cli"]),
        // Black-box tests know only what a customer can know.
        ("tests", ANY),
    ] {
        if !rooms().iter().any(|there| there == room) {
            continue;
        }
        let forbids =
            |name: &str| name.strip_prefix("keyrack-").is_some_and(|ours| forbidden == ANY || forbidden.contains(&ours));
        let found = dependencies_of(room).into_iter().filter(|dependency| forbids(&dependency.name));
        assert_none(found.map(|dependency| format!("{room} depends on {}", dependency.name)).collect());
    }
    for room in ["client", "cli"].into_iter().filter(|room| rooms().iter().any(|there| there == room)) {
        assert_no_dependency(room, &["openraft", "rust-rocksdb"]);
    }
}

/// Jepsen's models must not share Keyrack's bugs. Only the simulation, a separate program, runs Keyrack's crates, and
/// only the feature `sim` builds it.
#[test]
fn jepsen_uses_keyracks_crates_only_in_the_simulation() {
    let ours = |name: &str| name.starts_with("keyrack-") && name != "keyrack-tests";
    let always = dependencies_of("jepsen").into_iter().filter(|dependency| ours(&dependency.name) && !dependency.optional);
    assert_none(always.map(|dependency| format!("jepsen always depends on {}", dependency.name)).collect());
    let crates: Vec<String> = rooms().iter().filter(|room| *room != "tests").map(|room| format!("keyrack_{room}")).collect();
    let crates: Vec<&str> = crates.iter().map(String::as_str).collect();
    let (simulation, others): (Vec<_>, Vec<_>) =
        sources_of("jepsen").into_iter().partition(|source| source.path.starts_with(SIMULATION));
    assert!(!offences(&simulation, &["keyrack_inventory"]).is_empty(), "the search finds the known use");
    let itself = |offence: &String| offence.ends_with(": keyrack_jepsen");
    assert_none(offences(&others, &crates).into_iter().filter(|offence| !itself(offence)).collect());
}

#[test]
fn jepsen_includes_no_source_file_of_another_crate() {
    let files = rust_files(&workspace(), "jepsen");
    let including = files.iter().filter(|file| file.text.contains("#[path"));
    assert_none(including.map(|file| file.path.clone()).collect());
}

/// No two files import each other, directly or through others, and neither do two modules of a folder.
#[test]
fn imports_make_no_cycle() {
    let (mut found, mut read) = (Vec::new(), 0);
    for package in packages(&workspace()) {
        let imports = imports_of(&package);
        read += imports.edges.len();
        found.extend(imports.unresolved.iter().map(|path| format!("unresolved: {path}")));
        found.extend(file_cycles(&imports).iter().map(|circle| format!("files: {circle}")));
        found.extend(folder_cycles(&imports).iter().map(|circle| format!("folders: {circle}")));
    }
    assert!(read > 1_000, "only {read} imports were read");
    assert_none(found);
}

/// The declared order of modules, from the top down.
const LAYERS: [Layers; 3] = [
    Layers {
        folder: "cluster/src",
        floors: &[
            "start inspect",
            "feed usage principals",
            "cluster open",
            "serving",
            "upkeep membership",
            "node",
            "config cosigning",
            "shard",
            "raft",
            "state",
            "receipts",
            "directory",
            "peers",
            "error halt",
            "storage",
            "clock freshness key_prints malformed shared_settings start_progress tasks seldom",
        ],
    },
    Layers {
        folder: "node/src",
        floors: &[
            "dev",
            "run data",
            "process insecure witness",
            "edge",
            "service",
            "access",
            "convert",
            "guests",
            "tls",
            "metrics",
            "config",
            "outbound",
            "budget clock messages",
        ],
    },
    Layers {
        folder: "jepsen/src",
        floors: &["cli", "recall", "run", "report", "nemesis", "workload", "check cluster", "model net disk", "history rng"],
    },
];

#[test]
fn imports_follow_the_declared_order_of_modules() {
    let packages = packages(&workspace());
    let mut found = Vec::new();
    for floors in &LAYERS {
        let package = packages.iter().find(|package| floors.folder.starts_with(&format!("{}/", package.folder))).unwrap();
        found.extend(layer_violations(&imports_of(package), floors));
    }
    assert_none(found);
}

/// A task has a name, an owner and an end. `cluster/src/tasks.rs` starts everything that a node runs in the background,
/// except what openraft spawns through its runtime, and a thread that waits for the end of stdin.
#[test]
fn every_background_task_has_an_owner() {
    let sources: Vec<_> = ["cluster", "node", "client", "cli"].iter().flat_map(|room| sources_of(room)).collect();
    assert_holds_code(&sources);
    let spawns = ["tokio::spawn", "task::spawn", "spawn_local", "std::thread::spawn", "thread::spawn"];
    let found = offences(&sources, &spawns).into_iter();
    assert_none(
        found
            .filter(|offence| !offence.starts_with("node/src/process.rs: ") && !offence.contains("/handshake_tests.rs: "))
            .collect(),
    );
    let owners = offences(&sources, &["TaskTracker"]);
    assert_eq!(owners, ["cluster/src/tasks.rs: TaskTracker"], "the search finds the known use");
}

/// Every source file that the documentation names exists.
#[test]
fn documentation_names_files_that_exist() {
    // `pki/ca.pem` is an operator's file; `pki/src` is in this repository.
    let inside = ["src", "tests", "proto", "samples", "fuzz", "planted"];
    let folders: Vec<String> = rooms().iter().flat_map(|room| inside.map(|folder| format!("{room}/{folder}"))).collect();
    let mut pages: Vec<_> = ["README.md", "ARCHITECTURE.md", "SECURITY.md"].map(|page| workspace().join(page)).into();
    for folder in ["docs", "docs/adr"] {
        let entries = std::fs::read_dir(workspace().join(folder)).unwrap();
        pages.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "md")));
    }
    let (mut named, mut missing) = (0, Vec::new());
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let is_path = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
        let words = text.split(|c| !is_path(c)).map(|word| word.trim_end_matches(['.', '/']));
        for word in words.filter(|word| folders.iter().any(|folder| word.starts_with(folder.as_str()))) {
            named += 1;
            if !workspace().join(word).exists() {
                missing.push(format!("{}: {word}", page.display()));
            }
        }
    }
    assert!(named > 50, "the search finds paths");
    assert_none(missing);
}

#[test]
fn files_and_functions_are_short() {
    let files: Vec<_> = rooms().iter().flat_map(|room| rust_files(&workspace(), room)).collect();
    let shipped: Vec<_> = files.iter().filter(|file| file.path.contains("/src/")).collect();
    assert!(shipped.len() > 100, "sources were read");
    let lines: Vec<usize> = shipped.iter().map(|file| file.text.lines().count()).collect();
    let (median, tenth) = (quantile(&lines, 0.5), quantile(&lines, 0.9));
    assert!(median <= 200 && tenth <= 400, "half of the files have {median} lines or fewer, nine in ten {tenth}");
    let long = files.iter().map(|file| (&file.path, file.text.lines().count())).filter(|(_, lines)| *lines > 600);
    let mut found: Vec<String> = long.map(|(path, lines)| format!("{path}: {lines} lines")).collect();
    for function in shipped.iter().flat_map(|file| functions_of(&file.path, &file.text)).filter(|function| function.lines > 70) {
        found.push(format!("{}: {} has {} lines", function.place, function.name, function.lines));
    }
    assert_none(found);
}

// These texts have no letter sequence that a compressor could find twice, so that a compressed file contains them
// unchanged.
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
    assert_eq!(hotel.get(&booking).await["guest"], guest, "the guest is stored and readable");
    let hold = hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    let path = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let confirm = hotel.api.post(&path, &fresh_key()).json(&json!({"guest": guest}));
    confirm.send().await.expect(201);
    // A refusal and an invalid request are logged and recorded, too.
    refusal(&hotel.book(&request).await, 409, "duplicate_reference");
    request["channelRef"] = json!("another");
    refusal(&hotel.book(&request).await, 409, "sold_out");
    let mut mistaken = request.clone();
    mistaken["guest"][name] = json!(mailbox);
    refusal(&hotel.book(&mistaken).await, 400, "unknown_field");
    // Stopping flushes, so that all stored data is in files.
    cluster.stop();

    let files = files_under(cluster.folder());
    assert!(!files.is_empty());
    for canary in GUEST_CANARIES.into_iter().flat_map(str::split_whitespace) {
        assert_eq!(holding(&files, canary.as_bytes()), Vec::<&Path>::new(), "{canary} is in plain text");
    }
    // The search finds existing text: these parts of a booking and of a hotel are not secret.
    for clear in TRAVELS_IN_CLEAR {
        assert!(!holding(&files, clear.as_bytes()).is_empty(), "the search does not find {clear}");
    }
}

/// The folders of all crates.
fn rooms() -> Vec<String> {
    packages(&workspace()).into_iter().map(|package| package.folder).collect()
}

#[track_caller]
fn assert_no_dependency(room: &str, forbidden: &[&str]) {
    let found = dependencies_of(room);
    let offending: Vec<&str> =
        found.iter().map(|dependency| dependency.name.as_str()).filter(|name| forbidden.contains(name)).collect();
    assert!(offending.is_empty(), "{room} must not depend on {offending:?}");
}

#[track_caller]
fn assert_none(found: Vec<String>) {
    assert!(found.is_empty(), "must be absent:\n{}", found.join("\n"));
}
