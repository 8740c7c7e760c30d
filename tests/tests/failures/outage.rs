//! Nodes that are down, running, or alone. Needs the development cluster, which loses its nodes one by one.

use crate::case::{Case, Row, Shape, at, keyrack, keyrackd, shaped};

/// All nodes run: nobody else may use their folders and ports.
pub fn while_all_run() -> Vec<Case> {
    let mut cases = shaped(Shape::MessageAfterLog, keyrackd(&IN_USE));
    let row: Row = ("run --config {cluster}/node-1/keyrackd.toml", 1, &["{cluster}/node-1/data"], "running");
    cases.extend(shaped(Shape::MessageAfterLog, keyrackd(&[row])).into_iter().map(on_free_ports));
    cases
}

const IN_USE: [Row; 4] = [
    ("run --config {cluster}/node-1/keyrackd.toml", 1, &["{http-port}", "listen.http"], "listen.http"),
    ("data check --config {cluster}/node-1/keyrackd.toml", 1, &["{cluster}/node-1/data"], "Stop it"),
    ("dev --data {cluster} --port-base {free-base}", 1, &["another keyrackd dev", "{cluster}"], "--data"),
    ("dev --data {cluster} --nodes 5 --port-base {free-base}", 1, &["{cluster}"], "--data"),
];

fn on_free_ports(case: Case) -> Case {
    let names = ["KEYRACK_LISTEN_HTTP", "KEYRACK_LISTEN_GRPC", "KEYRACK_LISTEN_PEER", "KEYRACK_LISTEN_OPERATOR"];
    names.into_iter().fold(case, |case, name| case.set(name, "127.0.0.1:0"))
}

/// Node 1 is down, and a majority is left.
pub fn without_node_1() -> Vec<Case> {
    let mut cases = at("{http}", "{operator}", keyrack(&DOWN));
    let row: Row = ("run --config {cluster}/node-1/keyrackd.toml", 1, &["node 1", "new"], "data set-aside");
    let wiped = shaped(Shape::MessageAfterLog, keyrackd(&[row])).remove(0);
    // Its own ports must stay closed for the cases beside it.
    cases.push(on_free_ports(wiped.set("KEYRACK_DATA", "{own}/data")));
    cases
}

const DOWN: [Row; 6] = [
    ("property list", 1, &["{http-port}", "connection refused"], "--endpoint"),
    (
        "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --idempotency-key again-1",
        1,
        &["{http-port}"],
        "--idempotency-key again-1",
    ),
    ("trail", 1, &["{http-port}", "connection refused"], "--endpoint"),
    ("receipt get {booking}", 1, &["{http-port}", "connection refused"], "--endpoint"),
    ("receipt policy", 1, &["{http-port}", "connection refused"], "--endpoint"),
    ("audit --policy {f}/policy --shard 1", 1, &["{http-port}", "connection refused"], "--endpoint"),
];

/// Node 3 runs alone.
pub fn without_a_majority() -> Vec<Case> {
    let mut cases = at("{http3}", "{operator}", keyrack(&ALONE));
    let own = |mut case: Case| {
        case.line += " --ca {ca} --cert {pki}/operator-dev.pem --cert-key {pki}/operator-dev.key";
        case
    };
    cases.extend(at("{operators3}", "", keyrack(&ALONE_OPERATORS).into_iter().map(own).collect()));
    cases
}

const ALONE: [Row; 8] = [
    ("availability lisbon-alfama {arrival} {departure}", 1, &["majority"], "again"),
    ("property get lisbon-alfama", 1, &["majority"], "again"),
    ("booking get {booking}", 1, &["majority"], "again"),
    ("booking list lisbon-alfama", 1, &["majority"], "again"),
    ("trail", 1, &["unavailable", "majority"], "Try again"),
    ("receipt get {booking}", 1, &["unavailable", "majority"], "Try again"),
    (
        "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --idempotency-key again-2",
        1,
        &["outcome_unknown"],
        "--idempotency-key again-2",
    ),
    ("cancel {booking} --idempotency-key again-3", 1, &["outcome_unknown"], "--idempotency-key again-3"),
];

const ALONE_OPERATORS: [Row; 4] = [
    ("principal put anna --role desk", 1, &["outcome_unknown", "Shard 0"], "principal show"),
    ("principal revoke booking-com", 1, &["outcome_unknown", "Shard 0"], "principal show"),
    ("key create booking-com", 1, &["outcome_unknown", "Shard 0"], "principal show"),
    ("node fence 2", 1, &["outcome_unknown", "Shard 0"], "node list"),
];

/// Node 3 was restarted alone. It is not ready.
pub fn before_it_is_ready() -> Vec<Case> {
    at("{http3}", "{operator}", keyrack(&NOT_READY))
}

const NOT_READY: [Row; 5] = [
    ("property list", 1, &["unavailable"], "ry again"),
    (
        "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --idempotency-key again-4",
        1,
        &[],
        "--idempotency-key again-4",
    ),
    ("trail", 1, &["unavailable"], "Try again"),
    ("receipt get {booking}", 1, &["unavailable"], "Try again"),
    ("audit --policy {f}/policy --shard 1 --endpoint http://{closed}", 1, &["{closed}"], "--endpoint"),
];

/// The folder of node 3, which runs.
pub fn at_last() -> Vec<Case> {
    keyrackd(&[("data set-aside --config {cluster}/node-3/keyrackd.toml", 1, &["{cluster}/node-3/data"], "Stop it")])
}
