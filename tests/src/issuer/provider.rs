//! The issuer: its keys, its valid tokens, and the documents it publishes.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::keys::{KeyKind, SigningKey};
use super::server::listen;
use super::state::{Health, State};

/// The audience of the issuer's tokens, unless a claim changes it.
pub const AUDIENCE: &str = "keyrack";

/// An issuer that listens on loopback until it is dropped. It starts with three keys: `key-1` (P-256, which signs
/// by default), `key-2` (RSA) and `key-3` (Ed25519).
pub struct Issuer {
    url: String,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

impl Issuer {
    /// Starts an issuer with a path in its URL, as issuers with many realms have.
    pub async fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/realms/staff", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            url: url.clone(),
            health: Health::Up,
            keys: Vec::new(),
            made: 0,
            discovery: None,
            jwks: None,
            discoveries: 0,
            fetches: 0,
        }));
        let issuer = Issuer { url, listening: tokio::spawn(listen(listener, state.clone())), state };
        for kind in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
            issuer.add_key(kind);
        }
        issuer
    }

    /// Its identifier, which is also its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `[[oidc]]` section for a node's configuration.
    pub fn config(&self) -> String {
        format!("[[oidc]]\nissuer = \"{}\"\naudience = \"{AUDIENCE}\"\n", self.url)
    }

    /// Valid claims that expire in an hour.
    pub fn claims(&self, subject: &str) -> Value {
        let now = now_secs();
        json!({"iss": self.url, "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 3_600})
    }

    /// A valid token that expires in an hour.
    pub fn token(&self, subject: &str) -> String {
        self.sign(&self.claims(subject))
    }

    /// A token with these claims, signed by the first key.
    pub fn sign(&self, claims: &Value) -> String {
        let key = self.keys()[0].clone();
        key.token(&key.header(), claims)
    }

    /// Its keys, the one that signs first.
    pub fn keys(&self) -> Vec<Arc<SigningKey>> {
        self.state.lock().unwrap().keys.clone()
    }

    /// The key that signs with this algorithm.
    pub fn key_for(&self, algorithm: &str) -> Arc<SigningKey> {
        let signs = |key: &&Arc<SigningKey>| key.kind.algorithms().contains(&algorithm);
        self.keys().iter().find(signs).unwrap_or_else(|| panic!("no key for {algorithm}")).clone()
    }

    /// Publishes one more key.
    pub fn add_key(&self, kind: KeyKind) -> Arc<SigningKey> {
        let mut state = self.state.lock().unwrap();
        state.made += 1;
        let key = Arc::new(SigningKey::new(&format!("key-{}", state.made), kind));
        state.keys.push(key.clone());
        key
    }

    /// Adds a key that signs from now on. The old keys stay published.
    pub fn rotate(&self) -> Arc<SigningKey> {
        let key = self.add_key(KeyKind::P256);
        self.state.lock().unwrap().keys.rotate_right(1);
        key
    }

    /// Stops publishing a key.
    pub fn remove_key(&self, kid: &str) {
        self.state.lock().unwrap().keys.retain(|key| key.kid != kid);
    }

    /// Publishes this text as the JWK set. None publishes the keys again.
    pub fn publish_jwks(&self, jwks: Option<String>) {
        self.state.lock().unwrap().jwks = jwks;
    }

    /// Publishes this text as the discovery document. None publishes the valid one again.
    pub fn publish_discovery(&self, document: Option<String>) {
        self.state.lock().unwrap().discovery = document;
    }

    /// Changes how the issuer answers from now on.
    pub fn set_health(&self, health: Health) {
        self.state.lock().unwrap().health = health;
    }

    /// Number of requests for the discovery document, including failed ones.
    pub fn discoveries(&self) -> u64 {
        self.state.lock().unwrap().discoveries
    }

    /// Number of requests for the keys, including failed ones.
    pub fn fetches(&self) -> u64 {
        self.state.lock().unwrap().fetches
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

pub fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
