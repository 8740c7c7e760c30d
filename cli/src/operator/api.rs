//! Calls of the operators' API, and the printing of their answers.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::Context;
use crate::messages::connection::AnswerError;
use crate::messages::usage::Usage;

/// Requests a page of the API.
pub async fn get(context: &Context, path: &str) -> anyhow::Result<Value> {
    let page = context.web.ask_any(0, path, "application/json").await?;
    parse_bytes(&page.found(context.web.has_key())?)
}

/// Sends a change, once.
pub async fn send<T: Serialize>(context: &Context, method: &str, path: &str, body: &T) -> anyhow::Result<Value> {
    let page = context.web.send(method, path, body).await?;
    parse_bytes(&page.found(context.web.has_key())?)
}

/// Prints an answer: unchanged with `--json`, else as the text that `text` makes.
pub fn show<T: DeserializeOwned>(context: &Context, answer: &Value, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
    if context.json {
        return context.show(answer, |_| String::new());
    }
    let parsed = parse(answer)?;
    context.show(answer, |_| text(&parsed))
}

/// The typed form of an answer.
pub fn parse<T: DeserializeOwned>(answer: &Value) -> anyhow::Result<T> {
    T::deserialize(answer).map_err(|cause| AnswerError::Shape(cause.to_string()).into())
}

fn parse_bytes(body: &[u8]) -> anyhow::Result<Value> {
    serde_json::from_slice(body).map_err(|cause| AnswerError::Shape(cause.to_string()).into())
}

/// Checks that an id is exactly one segment of a path.
pub fn segment(id: &str) -> anyhow::Result<&str> {
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_id { Ok(id) } else { Err(Usage::Id(id.to_owned()).into()) }
}
