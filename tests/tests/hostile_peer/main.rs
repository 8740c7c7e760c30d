//! A member with a valid certificate that sends what no honest node sends: more than a hundred cases against a running cluster. No case
//! stops an honest node, changes anything, or is unrecorded.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod callers;
mod case;
mod commands;
mod leaders;
mod member;
mod others;
mod sizes;
mod votes;

use keyrack_tests::peer::Fields;
use keyrack_tests::{Cluster, Hotel, HotelPlan};
use serde_json::{Value, json};

use self::case::{Case, Expected};
use self::member::Member;

/// The node whose certificate the test uses.
const HOSTILE: usize = 3;
/// All nodes have this shard; the hotel of the test is there.
const SHARD: u64 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_hostile_member_sends_changes_anything_or_is_unrecorded() {
    let mut cluster = Cluster::start_with(&[("KEYRACK_DATA_SHARDS", "1")]);
    let hotel = HotelPlan::new("inn", 5).open(&cluster.operator()).await;
    let booking = hotel.booked("2027-03-01", "2027-03-04").await;
    // A leader asks for votes at each linearizable read, and gives the calls up that it needs no more.
    for _ in 0..100 {
        hotel.get(&booking).await;
    }
    for node in cluster.node_ids() {
        assert_eq!(refused(&cluster, node).await, 0, "node {node} counts messages of honest nodes");
    }
    cluster.kill(HOSTILE);
    let leader = cluster.leader_of(SHARD).await;
    let before = state(&cluster, leader).await;
    let mut wrong = Vec::new();
    for victim in [1, 2] {
        let mut member = Member::of(&cluster, victim).await;
        let facts = member.facts(&cluster).await;
        let kinds = [
            callers::cases(&facts),
            sizes::cases(),
            votes::cases(&facts),
            leaders::cases(&facts),
            commands::cases(),
            others::cases(&facts),
        ];
        let cases = kinds.concat();
        assert!(cases.len() >= 100, "{} cases", cases.len());
        for case in &cases {
            wrong.extend(attack(&cluster, &mut member, case).await);
        }
        let held = member.facts(&cluster).await.held;
        assert_ne!(held.1, HOSTILE as u64, "node {victim} voted for the hostile node");
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(state(&cluster, leader).await, before);
    hotel.booked("2027-03-02", "2027-03-05").await;
    cluster.restart(HOSTILE);
    cluster.ready(HOSTILE).await;
    let after = state(&cluster, leader).await;
    assert_eq!(bookings(&after), bookings(&before) + 1);
    // Everything that they stored can be applied again.
    cluster.kill_all();
    cluster.node_ids().for_each(|node| cluster.restart(node));
    for node in cluster.node_ids() {
        cluster.ready(node).await;
        assert_eq!(state(&cluster, node).await, after, "node {node}");
    }
}

/// A node can forward operators' changes, and only it has checked the operator. So each change is recorded under the node's name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_of_principals_that_a_member_forwards_is_recorded() {
    let mut cluster = Cluster::start_with(&[("KEYRACK_DATA_SHARDS", "1")]);
    cluster.kill(HOSTILE);
    let leader = cluster.leader_of(0).await;
    let mut member = Member::of(&cluster, leader).await;
    let principal = |id: &str| Fields::new().bytes(2, Fields::new().bytes(1, Fields::new().bytes(1, id).number(5, 1)));
    let changes = Fields::new().bytes(2, principal("thief")).bytes(2, principal("fence"));
    let answer = member.send(&Case::harmless("two principals", "Propose", changes)).await;
    assert_eq!(answer.code, 0, "{answer:?}");
    let auditor = cluster.api("auditor", leader);
    let recorded = auditor.get("/v1/audit?shard=1&limit=1000").send().await.expect(200).json();
    let of_node = |item: &&Value| item["who"].as_str().is_some_and(|who| who.contains("node/3"));
    let actions: Vec<&Value> = recorded["items"].as_array().unwrap().iter().filter(of_node).map(|item| &item["action"]).collect();
    assert_eq!(actions, ["principal.put", "principal.put"], "{recorded}");
}

/// Sends one case to a victim, which has to run on and to record it. Returns what went wrong.
async fn attack(cluster: &Cluster, member: &mut Member, case: &Case) -> Option<String> {
    let victim = member.victim;
    let before = refused(cluster, victim).await;
    let answer = member.send(case).await;
    let counted = refused(cluster, victim).await - before;
    let is_right = match case.expected {
        Expected::Refused(code) => (answer.code, counted) == (code, 1),
        Expected::Logged(code) => (answer.code, counted) == (code, 0) && cluster.log(victim).contains("peer_call_refused"),
        Expected::Nothing => counted == 0,
    };
    (!is_right).then(|| format!("{} at node {victim}: {:?} expected, {answer:?}, {counted} counted", case.what, case.expected))
}

/// What `keyrack_peer_refused_total` says. An answer shows that the node runs.
async fn refused(cluster: &Cluster, node: usize) -> u64 {
    let metrics = cluster.metrics(node).await.unwrap_or_else(|| panic!("node {node} does not answer any more"));
    metrics.value("keyrack_peer_refused_total").unwrap()
}

/// What an operator sees of the cluster's content: bookings, rooms, principals, signing keys, fenced nodes.
async fn state(cluster: &Cluster, node: usize) -> Value {
    let operator = cluster.api("operator", node);
    let hotel = Hotel::of(&operator, "inn");
    let operators = cluster.operators_at(node).await;
    let principals = operators.api.get("/v1/principals").send().await.expect(200).json();
    let policy = operator.get("/log/policy").send().await.expect(200).text();
    json!({"hotel": hotel.everything().await, "principals": principals, "policy": policy})
}

fn bookings(state: &Value) -> usize {
    state["hotel"]["bookings"].as_array().unwrap().len()
}
