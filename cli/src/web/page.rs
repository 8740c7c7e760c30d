//! One answer of a node over HTTP.

use std::time::Duration;

use bytes::Bytes;
use keyrack_client::{ClientError, SignIn};
use serde::Deserialize;

use crate::messages::connection::AnswerError;

/// The status and the body of an answer.
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// When to repeat the request, from the Retry-After header.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
    /// The request.
    pub of: Asked,
}

/// The request of an answer.
#[derive(Clone)]
pub struct Asked {
    /// Host and port of the node.
    pub host: String,
    /// How the request signed in.
    pub sign_in: SignIn,
    /// Whether it only reads.
    pub is_read: bool,
}

/// A problem document (RFC 9457). Other fields are ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: Option<String>,
    detail: Option<String>,
    retryable: bool,
}

impl Page {
    /// The body of a successful answer.
    ///
    /// # Errors
    /// The refusal of the node.
    pub fn found(self) -> anyhow::Result<Bytes> {
        if matches!(self.status, 200 | 201) { Ok(self.body) } else { Err(self.problem()) }
    }

    /// The refusal: code and detail of the problem document, else the status.
    pub fn problem(&self) -> anyhow::Error {
        match serde_json::from_slice(&self.body).unwrap_or_default() {
            Problem { code: Some(code), detail: Some(detail), retryable } => {
                let refusal = ClientError::of_problem(&code, &detail, retryable, self.of.sign_in);
                if self.of.is_read { refusal.of_read(&self.of.host).into() } else { refusal.into() }
            }
            _ => AnswerError::Status { host: self.of.host.clone(), status: self.status }.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::failure;

    #[test]
    fn a_refusal_names_its_code_or_its_status() {
        let text = |body: &'static str| {
            let of = Asked { host: "node-1:7110".into(), sign_in: SignIn::Key, is_read: true };
            let page = Page { status: 404, retry_after: None, body: Bytes::from_static(body.as_bytes()), of };
            failure::text(&page.problem())
        };
        assert_eq!(
            text(r#"{"code":"not_found","detail":"there is no such node","status":404}"#),
            "not_found: there is no such node"
        );
        for body in ["", "<html>", r#"{"code":"not_found"}"#, r#"{"code":1,"detail":"x"}"#, "[]"] {
            assert!(text(body).starts_with("node-1:7110 answered with the HTTP status 404"), "{body}");
        }
    }
}
