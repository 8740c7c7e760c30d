//! Injects failures into the command line and into the start of the daemon, and reads the messages.
//!
//! A case is a command, its surroundings, the exit code, words of the cause, and a word of the hint. The tables of cases
//! are in the files of their areas. `judge.rs` has the rules that hold for every message: no panic, no secret, no jargon,
//! few lines. `run.rs` ends a command after 30 s. `findings.rs` lists what is known to be wrong.
//!
//! One test for each cluster that cases need: none, a development cluster, a cluster with TLS. The cases of a test share
//! its cluster and run in parallel.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod addresses;
mod case;
mod config;
mod credentials;
mod dates;
mod dev;
mod findings;
mod fixture;
mod ids;
mod jepsen;
mod judge;
mod keyring;
mod node_start;
mod options;
mod outage;
mod pki;
mod places;
mod receipts;
mod run;
mod streams;
mod tls;
mod usage;

use std::sync::atomic::{AtomicUsize, Ordering};

use keyrack_tests::{Cluster, until};

use crate::case::Case;
use crate::fixture::Fixture;
use crate::places::Places;

/// Most cases wait for a connection, so more of them run at once than there are processors.
const AT_ONCE: usize = 16;

/// The name of an area, and its cases.
type Area = (&'static str, fn() -> Vec<Case>);

const WITHOUT_A_CLUSTER: [Area; 12] = [
    ("usage", usage::cases),
    ("dates", dates::cases),
    ("addresses", addresses::cases),
    ("files of options", options::cases),
    ("pki", pki::cases),
    ("keyring", keyring::cases),
    ("streams", streams::cases),
    ("configuration", config::cases),
    ("node start", node_start::cases),
    ("data commands", node_start::data_commands),
    ("keyrackd dev", dev::cases),
    ("keyrack-jepsen", jepsen::cases),
];
const ON_A_FULL_DISK: [Area; 2] =
    [("pki on a full disk", pki::on_the_full_disk), ("keyring on a full disk", keyring::on_the_full_disk)];
const AT_A_CLUSTER: [Area; 5] = [
    ("credentials", credentials::cases),
    ("operators", credentials::of_operators),
    ("ids and stays", ids::cases),
    ("receipts", receipts::cases),
    ("cluster in use", outage::while_all_run),
];
const DURING_AN_OUTAGE: [Area; 4] = [
    ("one node down", outage::without_node_1),
    ("no majority", outage::without_a_majority),
    ("not ready", outage::before_it_is_ready),
    ("set aside while it runs", outage::at_last),
];
const AT_A_CLUSTER_WITH_TLS: [Area; 1] = [("TLS", tls::cases)];

#[test]
fn a_failure_without_a_cluster_has_a_message_with_cause_and_hint() {
    let fixture = Fixture::new();
    let mut wrong = run_all(&WITHOUT_A_CLUSTER, &fixture.places);
    if fixture.has_full_disk {
        wrong.extend(run_all(&ON_A_FULL_DISK, &fixture.places));
    }
    assert_none(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_at_a_cluster_has_a_message_with_cause_and_hint() {
    let mut cluster = Cluster::start_with(&[("KEYRACK_LIMITS_FAILED_SIGN_INS_PER_MINUTE", "0")]);
    let mut fixture = Fixture::new();
    fixture.add_cluster(&cluster);
    fixture.add_contents();
    let mut wrong = run_all(&AT_A_CLUSTER, &fixture.places);
    cluster.kill(1);
    until("another node leads", keyrack_tests::PATIENCE, async || {
        let call = cluster.api("operator", 3).get("/readyz").timeout(std::time::Duration::from_secs(2));
        call.try_send().await.ok().filter(|answer| answer.status == 200)
    })
    .await;
    wrong.extend(run_all(&DURING_AN_OUTAGE[..1], &fixture.places));
    cluster.kill(2);
    // A bounded read needs no majority, so it shows that node 3 runs.
    let bounded = "/v1/properties/lisbon-alfama/availability?from={arrival}&to={departure}";
    let bounded = fixture.places.fill(bounded) + "&consistency=bounded&maxStalenessMs=600000";
    cluster.api("operator", 3).get(&bounded).send().await.expect(200);
    wrong.extend(run_all(&DURING_AN_OUTAGE[1..2], &fixture.places));
    cluster.kill(3);
    cluster.restart(3);
    until("node 3 accepts connections", keyrack_tests::PATIENCE, async || std::net::TcpStream::connect(cluster.door(3, 0)).ok())
        .await;
    wrong.extend(run_all(&DURING_AN_OUTAGE[2..3], &fixture.places));
    wrong.extend(run_all(&DURING_AN_OUTAGE[3..], &fixture.places));
    assert_none(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_at_a_cluster_with_tls_has_a_message_with_cause_and_hint() {
    let cluster = Cluster::start_secure(&[]);
    let mut fixture = Fixture::new();
    fixture.add_cluster(&cluster);
    let (endpoint, ca) = (fixture.places.fill("https://{secure}"), fixture.places.fill("{ca}"));
    let policy = ["--endpoint", &endpoint, "--ca", &ca, "receipt", "policy", "--out", &fixture.places.fill("{f}/policy")];
    until("the replicas have published their keys", keyrack_tests::PATIENCE, async || {
        let done = keyrack_tests::command("keyrack").args(policy).output().unwrap();
        done.status.success().then_some(())
    })
    .await;
    assert_none(&run_all(&AT_A_CLUSTER_WITH_TLS, &fixture.places));
}

#[test]
fn there_are_at_least_300_failures() {
    let areas = [&WITHOUT_A_CLUSTER[..], &ON_A_FULL_DISK, &AT_A_CLUSTER, &DURING_AN_OUTAGE, &AT_A_CLUSTER_WITH_TLS].concat();
    let counts: Vec<(&str, usize)> = areas.iter().map(|(name, cases)| (*name, cases().len())).collect();
    counts.iter().for_each(|(name, count)| println!("{count:>4} {name}"));
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    println!("{all:>4} together");
    assert!(all >= 300, "only {all} cases");
}

/// Runs all cases of the areas, and returns a report about each one that is wrong.
fn run_all(areas: &[Area], places: &Places) -> Vec<String> {
    let cases: Vec<(&str, Case)> =
        areas.iter().flat_map(|(name, cases)| cases().into_iter().map(move |case| (*name, case))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some((area, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(report(area, case, places));
        }
        wrong
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// Runs one case and returns what is wrong with it. With `FAILURES_SHOW_ALL` in the environment it prints the message.
fn report(area: &str, case: &Case, places: &Places) -> Option<String> {
    let outcome = run::run(case, places)?;
    let mut faults = judge::faults(case, &outcome);
    let shows_all = std::env::var_os("FAILURES_SHOW_ALL").is_some();
    faults.retain(|fault| match findings::known(case, fault) {
        Some(finding) if shows_all => {
            println!("known finding: {finding}");
            false
        }
        known => known.is_none(),
    });
    let output = if case.code == 0 { "" } else { outcome.output.as_str() };
    let mut shown: String = output.chars().chain(outcome.errors.chars()).take(2_000).collect();
    if shown.is_empty() {
        shown = "(nothing)\n".to_owned();
    }
    if shows_all {
        println!("[{area}] {} ({:.1} s)\n{shown}", case.described(), outcome.took.as_secs_f32());
    }
    (!faults.is_empty()).then(|| format!("[{area}] {}\n  {}\n{shown}", case.described(), faults.join("\n  ")))
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} cases are wrong:\n\n{}", wrong.len(), wrong.join("\n"));
}
