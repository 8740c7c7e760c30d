//! The issuer's two documents over HTTP.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::state::{Health, State};

pub async fn listen(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, state.clone()));
    }
}

/// Serves one request of a connection.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(path) = read_request(&mut stream).await else { return };
    let (health, status, body) = {
        let mut state = state.lock().unwrap();
        let (status, body) = state.answer(&path);
        (state.health.clone(), status, body)
    };
    let (status, body) = match health {
        Health::Up => (status, body),
        Health::Down => return,
        Health::Answers(status) => (status, body),
        Health::Hangs => {
            // Until the node stops waiting.
            let _ = stream.read(&mut [0]).await;
            return;
        }
        Health::NeverStops => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
            while stream.write_all(&[b' '; 4_096]).await.is_ok() {}
            return;
        }
    };
    let location = if (300..400).contains(&status) { format!("Location: {path}\r\n") } else { String::new() };
    let head = format!(
        "HTTP/1.1 {status} X\r\n{location}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

impl State {
    fn answer(&mut self, path: &str) -> (u16, String) {
        match path {
            "/realms/staff/.well-known/openid-configuration" => {
                self.discoveries += 1;
                (200, self.discovery.clone().unwrap_or_else(|| self.good_discovery().to_string()))
            }
            "/realms/staff/keys?all=1" => {
                self.fetches += 1;
                let jwks = || json!({"keys": self.keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string();
                (200, self.jwks.clone().unwrap_or_else(jwks))
            }
            _ => (404, "{}".into()),
        }
    }

    fn good_discovery(&self) -> Value {
        json!({
            "issuer": self.url,
            // The query is part of the URL and must be kept.
            "jwks_uri": format!("{}/keys?all=1", self.url),
            "authorization_endpoint": format!("{}/authorize", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA"],
        })
    }
}

/// The path of a GET request, or None.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8(bytes).ok()?;
    let path = head.strip_prefix("GET ")?.split_once(" HTTP/1.1\r\n")?.0;
    Some(path.to_string())
}
