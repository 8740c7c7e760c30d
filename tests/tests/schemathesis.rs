//! Checks the edge's answers against its OpenAPI document. schemathesis (see `tests/verifiers`) generates thousands of
//! valid and invalid requests from the document, and checks statuses, media types, headers and bodies. No answer may be
//! a 5xx.
//!
//! The same seed gives the same requests, and their number bounds the test to about a minute.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use keyrack_tests::{Cluster, Hotel, HotelPlan, installed_verifier};
use serde_json::{Value, json};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
response_schema_conformance";
/// For each operation, in addition to the examples that the coverage phase makes for every limit in the document.
const EXAMPLES: &str = "40";
/// Fencing is left out: a fenced node is cut off and correctly answers 503. So is moving leaderships: until there is a
/// new leader, other requests get 503.
const OPERATORS_PATHS: [&str; 4] = ["--include-path-regex", "^/v1/(principals|nodes)", "--exclude-path-regex", "/(fence|lead)$"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_edges_answers_match_its_document() {
    let Some(program) = installed_verifier("schemathesis") else { return };
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("SCHEMA", 1_000).open(&cluster.operator()).await;
    let known = known(&cluster, &hotel).await;
    let url = cluster.operator().base().to_string();
    // The channel runs first: the operator may check in and erase the bookings that the channel needs.
    for role in ["channel", "operator"] {
        let run = Run { program: &program, known: &known, url: &url, key: cluster.key(role) };
        run.expect_conformance(&["--exclude-path-regex", "^/v1/(principals|nodes)"]);
    }
    let operators = format!("https://{}", cluster.door(1, 3));
    let (pki, key) = (cluster.pki(), cluster.key("operator"));
    let run = Run { program: &program, known: &known, url: &operators, key };
    let [trust, certificate, private] = ["ca.pem", "operator-dev.pem", "operator-dev.key"].map(|name| path_text(&pki, name));
    let shown = ["--tls-verify", &trust, "--request-cert", &certificate, "--request-cert-key", &private];
    run.expect_conformance(&[&shown[..], &OPERATORS_PATHS].concat());

    let asked = cluster.operator().get("/metrics").send().await.expect(200).text();
    let document = cluster.operator().get("/openapi.json").send().await.expect(200).json();
    assert_answered(&asked, &document);
    for node in cluster.node_ids() {
        assert!(!cluster.log(node).contains("panicked"), "node {node} panicked");
    }
}

/// One run of schemathesis with one caller's key.
struct Run<'a> {
    program: &'a Path,
    known: &'a Value,
    url: &'a str,
    key: &'a str,
}

impl Run<'_> {
    fn expect_conformance(&self, more: &[&str]) {
        let output = Command::new(self.program)
            .args(["run", &format!("{}/openapi.json", self.url), "--checks", CHECKS, "--seed", "1"])
            .args(["--header", &format!("Authorization: Bearer {}", self.key)])
            .args(["--max-examples", EXAMPLES, "--phases", "coverage,fuzzing,stateful", "--suppress-health-check", "all"])
            // A stream or an endless answer counts as a failure and does not stop the test.
            .args(["--request-timeout", "20", "--continue-on-failure"])
            .args(more)
            .env("KEYRACK_KNOWN", self.known.to_string())
            .env("NO_COLOR", "1")
            .current_dir(tempfile::tempdir().unwrap().path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        let summary = said.find("= SUMMARY =").map_or(said.as_str(), |at| &said[at..]);
        println!("{} {summary}", self.url);
    }
}

/// Every operation but a few must have succeeded once. An operation that only ever refuses is hardly tested.
fn assert_answered(asked: &str, document: &Value) {
    let mut missed = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let route = path.replace("{tile}", "{*tile}");
        for method in methods.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let answered = ["200", "201", "204"]
                .iter()
                .any(|status| asked.contains(&format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")));
            if !answered {
                missed.push(format!("{method} {path}"));
            }
        }
    }
    // The steps of a booking exclude each other: which of them succeeds depends on earlier requests, and ids differ from
    // run to run.
    let steps =
        ["check-in", "revert-check-in", "check-out", "no-show"].map(|step| format!("POST /v1/bookings/{{booking}}/{step}"));
    let expected = [
        // Needs a fresh link.
        "POST /v1/guest-sessions",
        // Left out; see `OPERATORS_PATHS`.
        "POST /v1/nodes/{node}/fence",
        "POST /v1/nodes/{node}/lead",
        // Needs a property in a shard that no node has. The tests of `cluster/src/directory` have one.
        "POST /v1/properties/{property}/remove",
    ];
    missed.retain(|operation| !expected.contains(&operation.as_str()) && !steps.contains(operation));
    assert!(missed.is_empty(), "never succeeded: {missed:?}");
}

/// The values that `tests/verifiers/schemathesis/hooks.py` puts into requests.
async fn known(cluster: &Cluster, hotel: &Hotel) -> Value {
    let operators = cluster.operators().await;
    operators.put("invented", &json!({"role": "channel"})).await;
    let mut prefixes = Vec::new();
    let mut bookings = Vec::new();
    let mut holds = Vec::new();
    for _ in 0..8 {
        let booking = hotel.booked("2027-01-01", "2027-01-03").await;
        let hold = hotel.hold("2027-01-01", "2027-01-03", 600).await.expect(201).json();
        bookings.push(booking["bookingId"].clone());
        holds.push(hold["holdId"].clone());
        prefixes.push(operators.give_key("invented").await.prefix);
    }
    // Another operation releases the holds above.
    let mut unconfirmed = Vec::new();
    for _ in 0..8 {
        unconfirmed.push(hotel.hold("2027-01-01", "2027-01-03", 600).await.expect(201).json()["holdId"].clone());
    }
    let doomed = hotel.booked("2027-01-01", "2027-01-03").await;
    let request = hotel.request("2027-01-01", "2027-01-03");
    let rooms = json!([{"roomType": "DLX", "ratePlan": "FLEX", "adults": 1}]);
    let ari = json!([{"roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-01-01", "dateTo": "2027-02-05", "rate": "80.00"}]);
    let [first, later] = [json!(["2027-01-01", "2027-02-01"]), json!(["2027-01-03", "2027-02-05"])];
    json!({
        "values": {
            "property": [hotel.id], "propertyId": [hotel.id], "booking": bookings, "hold": holds, "guest": [doomed["guestId"]],
            "code": ["DLX", "FLEX"], "roomType": ["DLX"], "ratePlan": ["FLEX"], "currency": ["EUR"],
            "timeZone": ["Europe/Lisbon"], "rate": ["80.00"], "quantity": [1], "adults": [1, 2], "children": [0, 1],
            "capacity": [1_000], "occupancy": [4], "consistency": ["linearizable", "bounded"], "state": ["confirmed"],
            "near": ["38.7,-9.1"], "cursor": [""], "after": [""], "limit": [10], "shard": [1, 2, 3],
            "tile": ["0/000.p/1", "000.p/1"], "role": ["channel", "desk"], "principal": ["invented"], "prefix": prefixes, "node": [1, 2, 3],
            "arrival": first, "arrivalFrom": first, "from": first, "dateFrom": first, "expectedFrom": first,
            "departure": later, "arrivalTo": later, "to": later, "dateTo": later,
        },
        "own": {"POST /v1/holds/{hold}/confirm": {"hold": unconfirmed}},
        "bodies": {
            "POST /v1/bookings": request,
            "POST /v1/bookings/{booking}/amend": {"departure": "2027-01-04"},
            "POST /v1/holds/{hold}/confirm": {"guest": {"name": "Schema"}},
            "POST /v1/holds": {"propertyId": hotel.id, "arrival": "2027-01-01", "departure": "2027-01-03", "rooms": rooms},
            "POST /v1/properties/{property}/ari": {"updates": ari},
            "POST /v1/properties/{property}/close-business-date": {"expectedFrom": "2027-01-01"},
            "PUT /v1/properties/{property}": {"name": "Schema", "timeZone": "Europe/Lisbon", "currency": "EUR"},
            "PUT /v1/principals/{principal}": {"role": "channel", "properties": [hotel.id], "regions": [], "subjects": []},
        },
    })
}

fn path_text(folder: &Path, name: &str) -> String {
    let path: PathBuf = folder.join(name);
    path.to_str().unwrap().to_string()
}
