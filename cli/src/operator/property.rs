//! `keyrack property remove`: for operators.

use keyrack_client::operators::{Empty, RemovedProperty};

use super::api;
use crate::context::Context;
use crate::messages::usage::Usage;
use crate::terminal::line;

/// Removes a property whose shard does not exist.
pub async fn remove_property(context: &Context, property: &str) -> anyhow::Result<()> {
    let look = format!("keyrack property get {property}");
    // The id is a part of the path.
    let is_id =
        property.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) && !property.trim_matches('.').is_empty();
    if !is_id {
        return Err(Usage::PropertyId(property.to_owned()).into());
    }
    let path = format!("/v1/properties/{property}/remove");
    let removed = api::send(context, "POST", &path, &Empty {}, &look).await?;
    api::show(context, &removed, |removed: &RemovedProperty| format!("removed property {}\n", line(&removed.property_id)))
}
