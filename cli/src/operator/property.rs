//! `keyrack property remove`: for operators.

use keyrack_client::operators::{Empty, RemovedProperty};

use super::api;
use crate::context::Context;
use crate::terminal::line;

/// Removes a property whose shard does not exist.
pub async fn remove_property(context: &Context, property: &str) -> anyhow::Result<()> {
    let look = format!("keyrack property get {property}");
    let removed = api::send(context, "POST", &format!("/v1/properties/{property}/remove"), &Empty {}, &look).await?;
    api::show(context, &removed, |removed: &RemovedProperty| format!("removed property {}\n", line(&removed.property_id)))
}
