//! `/v1/nodes`: for operators, at their listener only.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::Code;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::{Ask, Call, Nothing, PathOf};
use crate::service::{NodeList, Service};

/// List the nodes.
#[utoipa::path(get, path = Operation::ListNodes.route(), tag = "Operators",
    responses((status = 200, body = NodeList)))]
pub async fn nodes(State(service): State<Service>, _ask: Ask<Nothing>) -> Result<Response, Problem> {
    found(&service.node_list(), None)
}

/// Fence a node: no other node talks to it any more, whatever certificate it has.
#[utoipa::path(post, path = Operation::FenceNode.route(), tag = "Operators",
    params(("node" = u64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = NodeList)))]
pub async fn fence(
    State(service): State<Service>,
    PathOf(node): PathOf<String>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    service.fence_node(&call.mutation, number(&node)?).await?;
    found(&service.node_list(), None)
}

/// Admit a fenced node again.
#[utoipa::path(post, path = Operation::AdmitNode.route(), tag = "Operators",
    params(("node" = u64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = NodeList)))]
pub async fn admit(
    State(service): State<Service>,
    PathOf(node): PathOf<String>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    service.admit_node(&call.mutation, number(&node)?).await?;
    found(&service.node_list(), None)
}

/// What a node is to lead.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// The shard; 0 is the directory.
    shard: u32,
}

/// Hand the leadership of a shard over to a node. Answered when it has begun: a vote decides.
#[utoipa::path(post, path = Operation::LeadShard.route(), tag = "Operators", request_body = Lead,
    params(("node" = u64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = NodeList)))]
pub async fn lead(State(service): State<Service>, PathOf(node): PathOf<String>, call: Call<Lead>) -> Result<Response, Problem> {
    service.hand_over(&call.mutation, call.body.shard, number(&node)?).await?;
    found(&service.node_list(), None)
}

fn number(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound, "there is no such node"))
}
