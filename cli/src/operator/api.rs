//! Calls of the operators' API, and the printing of their answers.

use keyrack_client::{ClientError, Code};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::Context;
use crate::messages::connection::AnswerError;
use crate::messages::files::json_in_words;
use crate::messages::usage::Usage;
use crate::web::Page;

/// The path of the nodes.
pub const NODES: &str = "/v1/nodes";

/// Requests a page of the API.
pub async fn get(context: &Context, path: &str) -> anyhow::Result<Value> {
    let page = context.web.ask_any(0, path, "application/json").await?;
    if !has_operators_api(context, &page).await {
        return Err(AnswerError::NotForOperators(page.of.host).into());
    }
    parse_bytes(&page.found()?)
}

/// Sends a change, once. `look` is the command that shows whether the change was made.
pub async fn send<T: Serialize>(context: &Context, method: &str, path: &str, body: &T, look: &str) -> anyhow::Result<Value> {
    let page = context.web.send(method, path, body, look).await?;
    if !has_operators_api(context, &page).await {
        return Err(AnswerError::NotForOperators(page.of.host).into());
    }
    let found = page.found().map_err(|error| match error.downcast::<ClientError>() {
        Ok(cause) if cause.code == Code::OutcomeUnknown.into() => {
            AnswerError::ChangeUnknown { cause, look: look.to_owned() }.into()
        }
        Ok(cause) => cause.into(),
        Err(other) => other,
    });
    parse_bytes(&found?)
}

/// Whether the port that sent this answer has the operators' API. "Not found" is the answer to an unknown id too.
async fn has_operators_api(context: &Context, page: &Page) -> bool {
    let is_not_found = |page: &Page| page.status == 404 && page.problem().is::<ClientError>();
    if !is_not_found(page) {
        return true;
    }
    let node = context.web.nodes().iter().position(|node| node.ends_with(&page.of.host)).unwrap_or_default();
    // The operators' port always has this path.
    let nodes = context.web.ask(node, NODES, "application/json").await;
    !nodes.is_ok_and(|nodes| is_not_found(&nodes))
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
    T::deserialize(answer).map_err(|cause| AnswerError::Shape(json_in_words(&cause)).into())
}

fn parse_bytes(body: &[u8]) -> anyhow::Result<Value> {
    serde_json::from_slice(body).map_err(|cause| AnswerError::Shape(json_in_words(&cause)).into())
}

/// The command that shows whether a principal was changed.
pub fn look(principal: &str) -> String {
    format!("keyrack principal show {principal}")
}

/// Checks that an id is exactly one segment of a path.
pub fn segment(id: &str) -> anyhow::Result<&str> {
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_id { Ok(id) } else { Err(Usage::Id(id.to_owned()).into()) }
}
