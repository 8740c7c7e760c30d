//! `/v1/nodes`: for operators, only at the operators' listener.

use axum::extract::State;
use axum::response::Response;
use keyrack_texts::Detail;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::Operation;
use crate::convert::{Problem, requests};
use crate::edge::http::answer::found;
use crate::edge::http::call::{Empty, MutationCall, PathOf, ReadCall};
use crate::service::{NodeList, Service};

/// List the nodes.
///
/// Returns all nodes of the cluster, including fenced ones, in order of id.
#[utoipa::path(get, path = Operation::ListNodes.route(), tag = "Operators",
    responses((status = 200, body = NodeList)))]
pub async fn nodes(State(service): State<Service>, _ask: ReadCall<Empty>) -> Result<Response, Problem> {
    found(&service.node_list(), None)
}

/// Fence a node.
///
/// The other nodes refuse to talk to it, even with a valid certificate. It stays a member. Returns all nodes. Errors: 404
/// `not_found`, 409 `wrong_state` if the other unfenced nodes are not a majority.
#[utoipa::path(post, path = Operation::FenceNode.route(), tag = "Operators",
    params(("node" = u64, Path, description = "The id of the node."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 200, body = NodeList)))]
pub async fn fence(
    State(service): State<Service>,
    PathOf(node): PathOf<String>,
    call: MutationCall<Empty>,
) -> Result<Response, Problem> {
    service.fence_node(&call.mutation, number(&node)?).await?;
    found(&service.node_list(), None)
}

/// Admit a fenced node again.
///
/// The other nodes talk to it again. Returns all nodes.
#[utoipa::path(post, path = Operation::AdmitNode.route(), tag = "Operators",
    params(("node" = u64, Path, description = "The id of the node."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 200, body = NodeList)))]
pub async fn admit(
    State(service): State<Service>,
    PathOf(node): PathOf<String>,
    call: MutationCall<Empty>,
) -> Result<Response, Problem> {
    service.admit_node(&call.mutation, number(&node)?).await?;
    found(&service.node_list(), None)
}

/// The shard that a node should lead.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// The shard; 0 is the directory.
    shard: u32,
}

/// Hand the leadership of a shard to a node.
///
/// The answer comes when the hand-over has begun. The election that follows can have another result. Returns all nodes. Errors:
/// 404 `not_found`, 409 `wrong_state` if the shard does not exist or has no leader, or if the leader refuses.
#[utoipa::path(post, path = Operation::LeadShard.route(), tag = "Operators", request_body = Lead,
    params(("node" = u64, Path, description = "The id of the node."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 200, body = NodeList)))]
pub async fn lead(
    State(service): State<Service>,
    PathOf(node): PathOf<String>,
    call: MutationCall<Lead>,
) -> Result<Response, Problem> {
    service.hand_over(&call.mutation, call.body.shard, number(&node)?).await?;
    found(&service.node_list(), None)
}

fn number(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::new(Detail::UnknownNode { node: requests::quoted(text) }))
}
