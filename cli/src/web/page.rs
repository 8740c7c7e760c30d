//! One answer of a node.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

/// The status and the body of an answer.
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// When to ask again, if the node says so.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

/// What is read of a problem document (RFC 9457).
#[derive(Default, Deserialize)]
struct Problem {
    code: Option<String>,
    detail: Option<String>,
}

impl Page {
    /// The body of a successful answer.
    ///
    /// # Errors
    /// The refusal of the node.
    pub fn found(self) -> anyhow::Result<Bytes> {
        anyhow::ensure!(matches!(self.status, 200 | 201), "{}", self.problem());
        Ok(self.body)
    }

    /// The refusal in words: code and detail of the problem document, else the status.
    pub fn problem(&self) -> String {
        match serde_json::from_slice(&self.body).unwrap_or_default() {
            Problem { code: Some(code), detail: Some(detail) } => format!("{code}: {detail}"),
            _ => format!("the node answered {}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_code_or_its_status() {
        let text =
            |body: &'static str| Page { status: 404, retry_after: None, body: Bytes::from_static(body.as_bytes()) }.problem();
        assert_eq!(
            text(r#"{"code":"not_found","detail":"there is no such node","status":404}"#),
            "not_found: there is no such node"
        );
        for body in ["", "<html>", r#"{"code":"not_found"}"#, r#"{"code":1,"detail":"x"}"#, "[]"] {
            assert_eq!(text(body), "the node answered 404", "{body}");
        }
    }
}
