//! Every route of the running OpenAPI document for every kind of caller.

use std::collections::BTreeSet;

use keyrack_tests::secure::TestAuthority;
use keyrack_tests::{Answer, Api, Operators, fresh_key, refusal};
use reqwest::Method;
use serde_json::Value;

use crate::callers::{Caller, Fixture};
use crate::routes::{ROUTES, Route, Subject, Verdict};

/// Too many sign-ins are refused, even with a valid link: see guests.rs.
const SIGN_INS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_admits_exactly_the_callers_in_the_table() {
    let fixture = Fixture::gather().await;
    assert_complete(&fixture).await;
    let (mut refused, mut allowed) = (Seen::default(), Seen::default());
    for route in ROUTES {
        let before = fixture.everything().await;
        for (caller, at, verdict) in cases(&fixture, route) {
            if let Verdict::Refused(status, code) = verdict {
                let answer = send(&fixture, route, caller, at, verdict).await;
                refused.note(is_refusal(&answer, status, code), || describe(route, caller, at, &answer));
            }
        }
        if route.about == Subject::Operators {
            refused.right += is_turned_away(&fixture, route).await;
        }
        assert_eq!(fixture.everything().await, before, "{} {}: a refusal changed something", route.method, route.path);
    }
    for route in ROUTES {
        for (caller, at, verdict) in cases(&fixture, route) {
            if verdict == Verdict::Allowed {
                let answer = send(&fixture, route, caller, at, verdict).await;
                allowed.note(is_no_refusal(route, &answer), || describe(route, caller, at, &answer));
            }
        }
    }
    println!("{} refused, {} allowed", refused.right, allowed.right);
    refused.assert_at_least(300);
    // Refusals prove something only if other callers are admitted.
    allowed.assert_at_least(200);
}

/// The number of correct cases, and a description of each other one: one run shows all faults.
#[derive(Default)]
struct Seen {
    right: usize,
    wrong: Vec<String>,
}

impl Seen {
    fn note(&mut self, is_right: bool, words: impl FnOnce() -> String) {
        if is_right { self.right += 1 } else { self.wrong.push(words()) }
    }

    fn assert_at_least(&self, cases: usize) {
        assert!(self.wrong.is_empty(), "{} wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(self.right >= cases, "only {} cases", self.right);
    }
}

/// All callers at the public listener. For operators' routes, also all callers at the operators' listener, each with an
/// operator's certificate.
fn cases<'c>(fixture: &'c Fixture, route: &Route) -> Vec<(&'c Caller, &'c Api, Verdict)> {
    let tried = if route.about == Subject::SignIn { SIGN_INS } else { fixture.callers.len() };
    let mut cases: Vec<_> =
        fixture.callers[..tried].iter().map(|caller| (caller, &fixture.edge, route.verdict(caller.is))).collect();
    if route.about == Subject::Operators {
        cases.extend(fixture.callers.iter().map(|caller| {
            // A caller with only the certificate is an operator.
            let verdict = if caller.is_nobody() { Verdict::Allowed } else { route.verdict_beside_a_certificate(caller.is) };
            (caller, &fixture.operators.api, verdict)
        }));
    }
    cases
}

fn describe(route: &Route, caller: &Caller, at: &Api, answer: &Answer) -> String {
    let text: String = answer.text().chars().take(200).collect();
    format!("{} {} for {} at {}: {} {}", route.method, route.path, caller.name, at.base(), answer.status, text.escape_debug())
}

fn is_refusal(answer: &Answer, status: u16, code: &str) -> bool {
    if answer.status != status || answer.json()["code"] != code {
        return false;
    }
    refusal(answer, status, code);
    answer.header("WWW-Authenticate") == (status == 401).then_some("Bearer")
}

/// The caller must not be refused. The state may prevent the operation by now, and a tile may not exist.
fn is_no_refusal(route: &Route, answer: &Answer) -> bool {
    match route.method {
        "GET" if route.path.contains("/tile/") => [200, 404].contains(&answer.status),
        "GET" => [200, 202].contains(&answer.status),
        _ => (200..300).contains(&answer.status) || [404, 409].contains(&answer.status),
    }
}

/// A route that is only in the document or only in the table fails.
async fn assert_complete(fixture: &Fixture) {
    let document = fixture.cluster.operator().anonymous("/openapi.json").send().await.expect(200).json();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let names = methods.as_object().unwrap().keys().filter(|name| *name != "parameters");
        documented.extend(names.map(|name| (name.to_uppercase(), path.clone())));
    }
    let known: BTreeSet<_> = ROUTES.iter().map(|route| (route.method.to_string(), route.path.to_string())).collect();
    assert_eq!(known, documented, "left: the table, right: /openapi.json");
    assert_eq!(known.len(), ROUTES.len(), "a route is in the table twice");
}

async fn send(fixture: &Fixture, route: &Route, caller: &Caller, at: &Api, verdict: Verdict) -> Answer {
    let method: Method = route.method.parse().unwrap();
    let (path, body) = route.request(fixture, verdict);
    let call = caller.call(at, method, &path);
    let call = if route.method == "GET" { call } else { call.header("Idempotency-Key", &fresh_key()) };
    if body == Value::Null { call.send().await } else { call.json(&body).send().await }
}

/// Callers without an operator's certificate of this cluster get no answer, even with an operator's key.
async fn is_turned_away(fixture: &Fixture, route: &Route) -> usize {
    let (authority, stranger) = (TestAuthority::of(&fixture.cluster.pki()), TestAuthority::stranger());
    let anna = "spiffe://dev/operator/anna";
    let shown = [
        None,
        Some(stranger.issue(&[anna])),
        Some(authority.issue_until(&[anna], 2021)),
        Some(authority.issue(&["spiffe://prod/operator/anna"])),
        Some(authority.issue(&["spiffe://dev/desk/desk-a"])),
        Some(authority.issue(&["spiffe://dev/node/2"])),
    ];
    let tried = shown.len();
    let operator = fixture.callers.iter().find(|caller| caller.name == "operator").unwrap();
    for (which, shown) in shown.into_iter().enumerate() {
        let Operators { api } = fixture.cluster.operators_with(1, shown).await;
        let (path, _) = route.request(fixture, Verdict::Refused(401, ""));
        let call = operator.call(&api, route.method.parse().unwrap(), &path).header("Idempotency-Key", &fresh_key());
        let answer = call.try_send().await;
        assert!(answer.is_err(), "certificate {which} got an answer to {} {path}: {answer:?}", route.method);
    }
    tried
}
