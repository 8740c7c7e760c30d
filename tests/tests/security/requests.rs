//! Requests that no library would send: each is refused with an answer or a closed connection, none has an effect, and
//! the node keeps serving.

use std::time::Duration;

use keyrack_tests::{Cluster, Hotel, HotelPlan, PATIENCE, RawAnswer, raw_exchange};
use serde_json::Value;

use crate::malformed::{Expected, MalformedRequest, rows};

/// A refusal comes at once. Only connections that must be cut off take longer.
const AT_MOST: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_and_change_nothing() {
    let (_cluster, hotel) = hotel().await;
    let before = hotel.everything().await;
    let rows = rows(&hotel);
    let mut wrong = Vec::new();
    for MalformedRequest { what, bytes, then } in &rows {
        let answer = raw_exchange(hotel.api.address(), bytes.clone(), AT_MOST).await;
        if let Err(why) = judge(&answer, *then) {
            let body = String::from_utf8_lossy(&answer.body);
            wrong.push(format!(
                "{what}: {why}: {} {}",
                answer.head.lines().next().unwrap_or("nothing"),
                &body[..body.len().min(300)]
            ));
        }
        hotel.api.get("/healthz").send().await.expect(200);
    }
    println!("{} malformed requests", rows.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() >= 100, "{} rows", rows.len());
    assert_eq!(hotel.everything().await, before, "malformed requests change nothing");
    hotel.booked("2027-03-01", "2027-03-02").await;
}

/// RFC 9112 section 6.1 lets a server read a request with both lengths as chunked, if it then closes the connection. A
/// part that another server takes for a second request must not become one here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_inside_a_request_is_not_answered() {
    let (_cluster, hotel) = hotel().await;
    let before = hotel.everything().await;
    let inner = format!(
        "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIdempotency-Key: inner\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        hotel.api.api_key(),
        hotel.request("2027-03-01", "2027-03-02").to_string().len(),
        hotel.request("2027-03-01", "2027-03-02"),
    );
    let chunked_end = format!("0\r\n\r\n{inner}");
    let outer = |lengths: &str, body: &str| {
        let key = hotel.api.api_key();
        format!(
            "POST /v1/holds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: outer\r\n\
                 Content-Type: application/json\r\n{lengths}\r\n{body}"
        )
    };
    let long = chunked_end.len();
    for (what, request) in [
        ("both lengths", outer(&format!("Content-Length: {long}\r\nTransfer-Encoding: chunked\r\n"), &chunked_end)),
        ("both, in the other order", outer(&format!("Transfer-Encoding: chunked\r\nContent-Length: {long}\r\n"), &chunked_end)),
        ("a length and an unknown coding", outer("Content-Length: 0\r\nTransfer-Encoding: xchunked\r\n", &inner)),
        ("a space after a coding's name", outer("Content-Length: 0\r\nTransfer-Encoding : chunked\r\n", &chunked_end)),
        ("a coding in a folded line", outer("Content-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n", &chunked_end)),
        ("two lengths, the first is 0", outer(&format!("Content-Length: 0\r\nContent-Length: {long}\r\n"), &inner)),
        ("two lengths, the last is 0", outer(&format!("Content-Length: {long}\r\nContent-Length: 0\r\n"), &inner)),
        ("an invalid chunk", outer("Transfer-Encoding: chunked\r\n", &format!("zz\r\n{inner}"))),
        ("a chunk length that overflows", outer("Transfer-Encoding: chunked\r\n", &format!("ffffffffffffffffff\r\n{inner}"))),
        ("a chunk without its end", outer("Transfer-Encoding: chunked\r\n", &format!("1\r\n{{X0\r\n\r\n{inner}"))),
    ] {
        let answer = raw_exchange(hotel.api.address(), request.into_bytes(), PATIENCE).await;
        assert!(answer.closed, "{what}: the connection ends");
        assert!(answer.status.is_none_or(|status| (400..500).contains(&status)), "{what}: {}", answer.head);
        let more = String::from_utf8_lossy(&answer.body).contains("HTTP/1.1 ");
        assert!(!more, "{what}: two answers to one request");
    }
    assert_eq!(hotel.everything().await, before, "the inner requests change nothing");
}

async fn hotel() -> (Cluster, Hotel) {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("RAW", 20).open(&cluster.operator()).await;
    (cluster, hotel)
}

fn judge(answer: &RawAnswer, then: Expected) -> Result<(), String> {
    if !answer.closed {
        return Err("the connection stays open".into());
    }
    match then {
        Expected::CutOff(statuses) => match answer.status {
            Some(status) if !statuses.contains(&status) => Err(format!("expected one of {statuses:?}")),
            _ => Ok(()),
        },
        Expected::Problem(status, code) => {
            let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let complete = ["type", "title", "detail", "traceId"].iter().all(|member| problem[member].is_string());
            let is_problem = answer.head.to_lowercase().contains("application/problem+json");
            let right = answer.status == Some(status) && problem["code"] == code && problem["status"] == status;
            if right && complete && is_problem { Ok(()) } else { Err(format!("expected {status} {code}")) }
        }
    }
}
