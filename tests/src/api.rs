//! A caller of the HTTP edge: one node, one API key.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

#[derive(Clone)]
pub struct Api {
    http: Client,
    base: String,
    key: Option<String>,
}

impl Api {
    pub(crate) fn new(http: Client, base: &str, key: &str) -> Api {
        Api { http, base: base.to_string(), key: Some(key.to_string()) }
    }

    /// A caller that sends no `Authorization` header.
    pub(crate) fn without_key(http: Client, base: &str) -> Api {
        Api { http, base: base.to_string(), key: None }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Panics if the caller has no key.
    pub fn api_key(&self) -> &str {
        self.key.as_deref().expect("a caller with an API key")
    }

    /// The same caller with another (or a wrong) API key.
    pub fn with_key(&self, key: &str) -> Api {
        Api { key: Some(key.to_string()), ..self.clone() }
    }

    /// The same caller from another loopback address, `127.x.y.z`. Some limits are per address.
    pub fn from_address(&self, address: Ipv4Addr) -> Api {
        let http = Client::builder().no_proxy().local_address(IpAddr::from(address)).timeout(Duration::from_secs(60));
        Api { http: http.build().unwrap(), ..self.clone() }
    }

    /// The same caller without any authorisation.
    pub fn unauthenticated(&self) -> Api {
        Api { key: None, ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    /// A POST with `idempotency_key` and no body yet.
    pub fn post(&self, path: &str, idempotency_key: &str) -> Call {
        self.call(Method::POST, path).header("Idempotency-Key", idempotency_key)
    }

    pub fn delete(&self, path: &str, idempotency_key: &str) -> Call {
        self.call(Method::DELETE, path).header("Idempotency-Key", idempotency_key)
    }

    /// A request whose only header is the authorisation.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        Call { request }
    }

    /// A GET without any authorisation.
    pub fn anonymous(&self, path: &str) -> Call {
        Call { request: self.http.get(format!("{}{path}", self.base)) }
    }

    /// POSTs to one node after the other with the same key until the answer is final. A broken connection, a 5xx, a 429
    /// and `request_in_flight` are not final. Returns the answer and the number of tries.
    pub async fn post_until_answered(
        apis: &[Api],
        path: &str,
        idempotency_key: &str,
        body: &Value,
        try_timeout: Duration,
    ) -> (Answer, usize) {
        let begin = Instant::now();
        for tries in 1.. {
            let api = &apis[(tries - 1) % apis.len()];
            let call = api.post(path, idempotency_key).json(body).timeout(try_timeout);
            match call.try_send().await {
                Ok(answer) if !answer.is_worth_a_retry() => return (answer, tries),
                other => assert!(
                    begin.elapsed() < crate::PATIENCE,
                    "{path} with key {idempotency_key} got no answer in {tries} tries: {other:?}"
                ),
            }
            // Not a wait for a condition: the pause keeps the callers from using up the nodes' CPU.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        unreachable!("the loop ends with an answer or a panic")
    }
}

/// A request under construction.
pub struct Call {
    request: RequestBuilder,
}

impl Call {
    pub fn json(self, body: &Value) -> Call {
        Call { request: self.request.json(body) }
    }

    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Call {
        Call { request: self.request.header("Content-Type", content_type).body(body) }
    }

    pub fn header(self, name: &str, value: &str) -> Call {
        Call { request: self.request.header(name, value) }
    }

    pub fn timeout(self, timeout: Duration) -> Call {
        Call { request: self.request.timeout(timeout) }
    }

    /// Panics if there is no HTTP answer.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap_or_else(|e| panic!("no HTTP answer: {e:?}"))
    }

    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?.to_vec();
        Ok(Answer { status, headers, body })
    }

    /// The response without its body, for a stream.
    pub(crate) async fn open(self) -> reqwest::Response {
        self.request.send().await.unwrap_or_else(|e| panic!("no HTTP answer: {e:?}"))
    }
}

/// A complete answer. The body is kept as raw bytes.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Panics with the body unless the status is `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "unexpected answer {self:?}");
        self
    }

    /// Panics with the body unless the status is 2xx.
    #[track_caller]
    pub fn expect_success(self) -> Answer {
        assert!((200..300).contains(&self.status), "unexpected answer {self:?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// `Idempotency-Replayed: true`.
    pub fn is_replayed(&self) -> bool {
        self.header("Idempotency-Replayed") == Some("true")
    }

    fn is_worth_a_retry(&self) -> bool {
        let in_flight = self.status == 409 && self.text().contains("\"request_in_flight\"");
        self.status >= 500 || self.status == 429 || in_flight
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.text())
    }
}

/// An idempotency key that was not used before.
pub fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Encodes a value for a query. A cursor is opaque and may hold any character.
pub fn percent_encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
