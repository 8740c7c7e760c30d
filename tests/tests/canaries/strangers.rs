//! Unauthenticated callers and what they try.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use keyrack_tests::{Api, Cluster, raw_exchange, refusal};
use serde_json::json;

use crate::planted::Planted;

/// Longer than a node takes to answer or to close the connection.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// Keys and tokens that must be refused.
pub async fn credentials(api: &Api, planted: &mut Planted) {
    let mut keys = vec![
        planted.plant("a key"),
        format!("kr_channel_{}", planted.plant("a key in dev's form")),
        format!("{}{}", api.api_key(), planted.plant("after a valid key")),
        format!("krl_{}", planted.plant("an invented link")),
        format!("krs_{}", planted.plant("an invented session")),
    ];
    let part = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": planted.plant("a token's kid")}).to_string();
    let claims = json!({"iss": planted.plant("a token's iss"), "sub": planted.plant("a token's sub"), "exp": 9_999_999_999_u64});
    let signature = planted.plant("a token's signature");
    keys.push(format!("{}.{}.{signature}", part(header), part(claims.to_string())));
    for key in keys {
        refusal(&api.with_key(&key).get("/v1/properties").send().await, 401, "unauthenticated");
    }
    for scheme in ["Basic", "Digest", "bearer", &planted.plant("a scheme")] {
        let credentials = part(format!("user:{}", planted.plant("a password")));
        let answer = api.anonymous("/v1/properties").header("Authorization", &format!("{scheme} {credentials}")).send().await;
        refusal(&answer, 401, "unauthenticated");
    }
}

/// Random texts in paths, queries and headers of valid and malformed requests.
pub async fn requests(api: &Api, planted: &mut Planted) {
    for path in [
        "/v1/bookings/CANARY",
        "/v1/holds/CANARY",
        "/v1/properties/CANARY",
        "/CANARY",
        "/log/CANARY/checkpoint",
        "/log/1/tile/CANARY",
        "/v1/bookings?guestName=CANARY",
        "/v1/bookings?propertyId=CANARIES&cursor=CANARY",
        "/v1/bookings?propertyId=CANARIES&arrivalFrom=CANARY",
        "/v1/properties?near=CANARY",
        "/v1/properties?radiusKm=CANARY",
        "/v1/properties?access_token=CANARY",
        "/v1/events?after=CANARY",
        "/v1/audit?shard=CANARY",
        "/metrics?key=CANARY",
        "/healthz?CANARY",
    ] {
        let text = planted.plant(&format!("the path {path}"));
        let answer = api.get(&path.replace("CANARY", &text)).send().await;
        assert!(answer.status < 500, "{path}: {answer:?}");
    }
    for name in [
        "User-Agent",
        "Referer",
        "Cookie",
        "Origin",
        "X-Forwarded-For",
        "Forwarded",
        "From",
        "traceparent",
        "tracestate",
        "baggage",
        "Accept",
        "Accept-Language",
        "If-Match",
        "Last-Event-ID",
        "X-Api-Key",
        "Proxy-Authorization",
        "X-Guest-Name",
    ] {
        let text = planted.plant(&format!("the header {name}"));
        let answer = api.get("/v1/events?limit=1").header(name, &text).send().await;
        assert!(answer.status < 500, "{name}: {answer:?}");
    }
    for (what, times, line, header) in [
        ("a method", 1, "CANARY /v1/properties HTTP/1.1", ""),
        ("a version", 1, "GET /v1/properties CANARY", ""),
        ("a long path", 1_000, "GET /CANARY HTTP/1.1", ""),
        ("a password in a URL", 1, "GET http://guest:CANARY@localhost/ HTTP/1.1", ""),
        ("a proxy's target", 1, "CONNECT CANARY:443 HTTP/1.1", ""),
        ("a second host", 1, "GET /v1/properties HTTP/1.1", "Host: CANARY\r\n"),
        ("a header's name", 1, "GET /healthz HTTP/1.1", "CANARY: 1\r\n"),
        ("a header's broken name", 1, "GET /healthz HTTP/1.1", "CANARY x: 1\r\n"),
        ("a broken header", 1, "GET /healthz HTTP/1.1", "CANARY\r\n"),
        ("a long header", 8_000, "GET /healthz HTTP/1.1", "X: CANARY\r\n"),
        ("a length", 1, "POST /v1/bookings HTTP/1.1", "Content-Length: CANARY\r\n"),
        ("a coding", 1, "POST /v1/bookings HTTP/1.1", "Transfer-Encoding: CANARY\r\n"),
        ("a chunk", 1, "POST /v1/bookings HTTP/1.1", "Transfer-Encoding: chunked\r\n\r\nCANARY\r\n"),
    ] {
        let text = planted.plant(what).repeat(times);
        let request = format!("{line}\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n").replace("CANARY", &text);
        let answer = raw_exchange(api.address(), request.into_bytes(), ANSWERS_WITHIN).await;
        assert!(answer.status.is_none_or(|status| status < 500), "{what}: {:?} {}", answer.status, answer.head);
    }
}

/// Bytes that no listener expects: HTTP where TLS is spoken, and the reverse.
pub async fn doors(cluster: &Cluster, node: usize, planted: &mut Planted) {
    for door in 0..4 {
        for (what, before) in [
            ("bytes", ""),
            ("HTTP", "GET /"),
            ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            ("TLS", "\x16\x03\x01\x02\x00\x01"),
        ] {
            let text = planted.plant(&format!("{what} at listener {door}"));
            let request = format!("{before}{} HTTP/1.1\r\n\r\n", text.repeat(10));
            raw_exchange(&cluster.door(node, door), request.into_bytes(), Duration::from_millis(300)).await;
        }
    }
}
