//! Calls of the operators' API, and how their answers are printed.

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::Context;

/// Asks for a page of the API.
pub async fn get(context: &Context, path: &str) -> anyhow::Result<Value> {
    let page = context.web.ask_any(0, path, "application/json").await?;
    Ok(serde_json::from_slice(&page.found()?)?)
}

/// Sends a change, once.
pub async fn send<T: Serialize>(context: &Context, method: &str, path: &str, body: &T) -> anyhow::Result<Value> {
    let page = context.web.send(method, path, body).await?;
    Ok(serde_json::from_slice(&page.found()?)?)
}

/// Prints an answer: with `--json` as it was received, else as `text` writes it.
pub fn show<T: DeserializeOwned>(context: &Context, answer: &Value, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
    if context.json {
        return context.show(answer, |_| String::new());
    }
    let parsed = parse(answer)?;
    context.show(answer, |_| text(&parsed))
}

/// The typed form of an answer.
pub fn parse<T: DeserializeOwned>(answer: &Value) -> anyhow::Result<T> {
    T::deserialize(answer).context("the node's answer has another shape")
}

/// Checks that an id is exactly one segment of a path.
pub fn segment(id: &str) -> anyhow::Result<&str> {
    let good = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    good.then_some(id).with_context(|| format!("{id:?} is no id: it has letters, digits and '-'"))
}
