//! A caller of the operators' listener, with an operator's certificate and no key.

use std::sync::Arc;

use reqwest::Client;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use crate::secure::{ClientCertificate, tls_client};
use crate::{Answer, Api, Cluster, fresh_key};

/// An operator and its operations: create principals, issue keys, revoke both.
///
/// Its requests go in plain text to a socket of the test, and from there through TLS to the node. So everything that
/// works with an [`Api`] works here.
#[derive(Clone)]
pub struct Operators {
    /// The operators' listener of a node. [`Api::with_key`] adds a key to the certificate.
    pub api: Api,
}

/// A key as it was issued.
#[derive(Clone, Debug)]
pub struct GivenKey {
    /// The whole key.
    pub secret: String,
    /// The part that names the key when it is revoked.
    pub prefix: String,
}

impl Cluster {
    /// The operator that `keyrackd dev` made a certificate for, at node 1.
    pub async fn operators(&self) -> Operators {
        self.operators_at(1).await
    }

    /// The same at another node.
    pub async fn operators_at(&self, node: usize) -> Operators {
        let pki = self.pki();
        let own = ClientCertificate::read(&pki.join("operator-dev.pem"), &pki.join("operator-dev.key"));
        self.operators_with(node, Some(own)).await
    }

    /// A caller with this certificate, or none, at the operators' listener of a node.
    pub async fn operators_with(&self, node: usize, own: Option<ClientCertificate>) -> Operators {
        let client = tls_client(&self.pki().join("ca.pem"), own, false);
        let base = tunnel(self.door(node, 3), client).await;
        let http = Client::builder().no_proxy().timeout(std::time::Duration::from_secs(60)).build().unwrap();
        Operators { api: Api::without_key(http, &base) }
    }
}

impl Operators {
    /// Creates or changes a principal. `wish` has its role and scope. Returns the principal.
    pub async fn put(&self, id: &str, wish: &Value) -> Value {
        self.api.put(&format!("/v1/principals/{id}"), wish).send().await.expect(200).json()
    }

    /// The current principal.
    pub async fn get(&self, id: &str) -> Value {
        self.api.get(&format!("/v1/principals/{id}")).send().await.expect(200).json()
    }

    /// Issues another key to a principal. The key never expires.
    pub async fn give_key(&self, id: &str) -> GivenKey {
        self.give_key_as(id, &json!({})).await
    }

    /// The same with `label`, `expiresInSeconds`, `replaces`, `overlapSeconds`.
    pub async fn give_key_as(&self, id: &str, wish: &Value) -> GivenKey {
        let answer = self.post(&format!("/v1/principals/{id}/keys"), wish).await.expect(201).json();
        let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{name} in {answer}")).to_string();
        GivenKey { secret: text("key"), prefix: text("prefix") }
    }

    /// Revokes one key.
    pub async fn revoke_key(&self, id: &str, prefix: &str) {
        self.post(&format!("/v1/principals/{id}/keys/{prefix}/revoke"), &json!({})).await.expect(200);
    }

    /// Revokes a principal with all its credentials.
    pub async fn revoke(&self, id: &str) {
        self.post(&format!("/v1/principals/{id}/revoke"), &json!({})).await.expect(200);
    }

    /// Creates a principal with one key. Returns `at` with that key.
    pub async fn caller(&self, id: &str, wish: &Value, at: &Api) -> Api {
        self.put(id, wish).await;
        at.with_key(&self.give_key(id).await.secret)
    }

    /// POSTs with a fresh idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.api.post(path, &fresh_key()).json(body).send().await
    }
}

/// Forwards every connection through its own TLS connection to `address`, as long as the test's runtime lives. Returns
/// the URL to call instead. A connection that the node refuses ends without an answer.
async fn tunnel(address: String, client: Arc<ClientConfig>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let connector = TlsConnector::from(client);
    tokio::spawn(async move {
        while let Ok((mut plain, _)) = listener.accept().await {
            let (address, connector) = (address.clone(), connector.clone());
            tokio::spawn(async move {
                let Ok(stream) = TcpStream::connect(&address).await else { return };
                let name = ServerName::try_from("localhost").unwrap();
                let Ok(mut secure) = connector.connect(name, stream).await else { return };
                // An error ends the connection like a normal close.
                let _ = copy_bidirectional(&mut plain, &mut secure).await;
            });
        }
    });
    here
}
