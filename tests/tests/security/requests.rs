//! Requests that no library sends: traversal, smuggling, bodies that are no JSON or too much of it. Each is refused or cut off, none
//! is a failure of the node, and the node goes on.

use std::time::Duration;

use keyrack_tests::{Api, Cluster, HotelPlan, fresh_key, raw_exchange, refusal};
use serde_json::json;

/// Longer than a node takes to answer or to hang up.
const WITHIN: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_should_send_is_refused_and_changes_nothing() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("ODD", 9).open(&cluster.operator()).await;
    let api = cluster.operator();
    let before = hotel.everything().await;
    let mut refused = 0;
    for (what, request) in heads(&api).into_iter().chain(smuggled(&api)) {
        let answer = raw_exchange(api.address(), request, WITHIN).await;
        // Without a status the connection was cut: that is an answer too.
        let good = answer.status.map_or(answer.closed, |status| (400..500).contains(&status));
        assert!(good, "{what}: {:?} {}", answer.status, answer.head);
        refused += 1;
    }
    for (what, status, body) in bodies(&hotel.request("2027-03-01", "2027-03-02").to_string()) {
        let call = api.post("/v1/bookings", &fresh_key()).body("application/json", body);
        let answer = call.send().await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert!(answer.json()["code"].is_string(), "{what}: {answer:?}");
        refused += 1;
    }
    for (what, status, code, call) in [
        ("an encoding", 415, "unsupported_media_type", api.post("/v1/bookings", &fresh_key()).body("application/gzip", "x")),
        (
            "form data",
            415,
            "unsupported_media_type",
            api.post("/v1/bookings", &fresh_key()).body("application/x-www-form-urlencoded", "a=b"),
        ),
        ("a long path", 414, "uri_too_long", api.get(&format!("/v1/properties/{}", "a".repeat(9_000)))),
        ("a long query", 414, "uri_too_long", api.get(&format!("/v1/properties?city={}", "a".repeat(9_000)))),
        ("a key of 300 letters", 400, "invalid_idempotency_key", api.post("/v1/bookings", &"k".repeat(300)).json(&json!({}))),
        ("a method nobody knows", 405, "method_not_allowed", api.call(reqwest::Method::PATCH, "/v1/bookings")),
    ] {
        refusal(&call.send().await, status, code);
        println!("{what}");
        refused += 1;
    }
    assert_eq!(hotel.everything().await, before, "something was left behind");
    println!("{refused} refused");
    assert!(refused >= 50, "only {refused}");
}

fn get(api: &Api, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n", api.api_key()).into_bytes()
}

fn heads(api: &Api) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for path in [
        "/v1/properties/../../../etc/passwd",
        "/v1/properties/..%2f..%2fetc%2fpasswd",
        "/v1/properties/%2e%2e/%2e%2e/etc",
        "/v1/properties/%00",
        "/v1/properties/a%00b",
        "/v1/properties/%c0%ae%c0%ae",
        "/v1/properties/%ff%fe",
        "//v1/properties",
        "/v1//properties",
        "/v1/properties/",
        "/V1/PROPERTIES",
        "/log/1/tile/../../signing.key",
        "/log/1/tile/0/../../../signing.key",
        "/log/-1/checkpoint",
        "/log/00001/checkpoint",
        "/log/99999999999999999999/checkpoint",
        "/v1/bookings/bk_%2e%2e",
        "/v1/bookings/../principals",
        "/v1/bookings/%0d%0aSet-Cookie:x",
        "/v1/audit?shard=99999999999",
        "/v1/audit?shard=1&cursor=-1",
        "/v1/bookings?propertyId=ODD&limit=NaN",
        "/v1/properties?near=NaN,NaN&radiusKm=1",
        "/v1/properties?near=1e999,0&radiusKm=1",
        "/v1/properties?radiusKm=inf&near=0,0",
    ] {
        all.push((path.to_owned(), get(api, path)));
    }
    all
}

fn smuggled(api: &Api) -> Vec<(String, Vec<u8>)> {
    let key = api.api_key();
    let head = format!(
        "POST /v1/bookings HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: s1\r\nContent-Type: application/json\r\n"
    );
    let hidden = "GET /v1/principals HTTP/1.1\r\nHost: k\r\n\r\n";
    let cases = [
        ("two lengths", format!("{head}Content-Length: 2\r\nContent-Length: 40\r\nConnection: close\r\n\r\n{{}}{hidden}")),
        (
            "a length and chunks",
            format!("{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n{hidden}"),
        ),
        ("a negative length", format!("{head}Content-Length: -1\r\n\r\n{{}}")),
        ("a length with a sign", format!("{head}Content-Length: +2\r\n\r\n{{}}")),
        ("a length of letters", format!("{head}Content-Length: two\r\n\r\n{{}}")),
        ("an encoding nobody knows", format!("{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")),
        ("chunked twice", format!("{head}Transfer-Encoding: chunked, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n")),
        ("a chunk of letters", format!("{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n")),
        (
            "a huge chunk",
            format!("{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nfffffffffffffffff\r\n{{}}\r\n0\r\n\r\n"),
        ),
        ("a space before the colon", format!("{head}Content-Length : 2\r\nConnection: close\r\n\r\n{{}}")),
        ("a folded header", format!("{head}X-A: b\r\n c\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}")),
        (
            "a bare line feed in a value",
            format!("{head}X-A: b\nX-B: c\x01\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"),
        ),
        ("a zero byte in a header", format!("{head}X-A: b\0c\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}")),
        (
            "two keys",
            format!(
                "GET /v1/bookings?propertyId=ODD HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer {key}\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "a key twice",
            format!(
                "GET /v1/bookings?propertyId=ODD HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
            ),
        ),
        ("no version", format!("GET /v1/properties\r\nAuthorization: Bearer {key}\r\n\r\n")),
        ("a version of the future", "GET /healthz HTTP/9.9\r\nHost: k\r\n\r\n".to_owned()),
        ("a head without end", format!("GET /healthz HTTP/1.1\r\nHost: k\r\nX-A: {}\r\n\r\n", "a".repeat(40_000))),
        ("a thousand headers", format!("GET /healthz HTTP/1.1\r\nHost: k\r\n{}\r\n", "X-A: b\r\n".repeat(1_000))),
        ("noise", "\u{1}\u{2}\u{3}\u{4} noise\r\n\r\n".to_owned()),
        ("HTTP/2 without its preface", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_owned()),
    ];
    cases.into_iter().map(|(what, text)| (what.to_owned(), text.into_bytes())).collect()
}

/// Bodies of a booking, each with the status it gets; `good` is one that would be taken.
fn bodies(good: &str) -> Vec<(&'static str, u16, Vec<u8>)> {
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} in {good}");
        good.replacen(from, to, 1).into_bytes()
    };
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let field = |text: &str| format!("{},{text}}}", &good[..good.len() - 1]).into_bytes();
    vec![
        ("nothing that is JSON", 400, b"{".to_vec()),
        ("something behind it", 400, format!("{good}x").into_bytes()),
        ("two bodies", 400, format!("{good}{good}").into_bytes()),
        ("a field twice", 400, field(r#""propertyId":"ODD""#)),
        ("another value for a field that was there", 400, field(r#""propertyId":"OTHER""#)),
        ("a field of ours that is none", 400, field(r#""role":"operator""#)),
        ("NaN", 400, with("\"quantity\":1", "\"quantity\":NaN")),
        ("infinity", 400, with("\"quantity\":1", "\"quantity\":Infinity")),
        ("a huge exponent", 400, with("\"quantity\":1", "\"quantity\":1e400")),
        ("a number beyond 64 bits", 400, with("\"quantity\":1", "\"quantity\":18446744073709551616")),
        ("a negative number", 400, with("\"quantity\":1", "\"quantity\":-1")),
        ("a fraction", 400, with("\"quantity\":1", "\"quantity\":1.5")),
        ("a number as text", 400, with("\"quantity\":1", "\"quantity\":\"1\"")),
        ("ten thousand levels", 400, field(&format!(r#""x":{}"#, nested(10_000)))),
        ("ten thousand levels and nothing else", 400, nested(10_000).into_bytes()),
        ("half a surrogate", 400, with("ODD", "\\ud800")),
        ("bytes that are no text", 400, [good.as_bytes(), &[0xff, 0xfe]].concat()),
        ("an overlong slash", 400, [b"{\"propertyId\":\"".as_slice(), &[0xc0, 0xaf], b"\"}"].concat()),
        ("a byte order mark", 400, [&[0xef, 0xbb, 0xbf], good.as_bytes()].concat()),
        ("a list", 400, format!("[{good}]").into_bytes()),
        ("text", 400, b"\"x\"".to_vec()),
        ("null", 400, b"null".to_vec()),
        ("two million bytes", 413, vec![b' '; 2_000_000]),
    ]
}
