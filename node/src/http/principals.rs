//! `/v1/principals` and `/v1/nodes`: the operators' API. It is served on the operators' listener only.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::call::{Ask, Call, PathOf, answer, found};
use crate::problem::{Code, Problem};
use crate::service::{Edge, KeyWish, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalWish};

/// Where to go on in a list.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// From the answer before.
    cursor: String,
    /// At most 500; 100 when absent.
    limit: Option<usize>,
}

/// Nothing to be asked.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nothing {}

/// A node as the operators see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeAnswer {
    /// Its id.
    id: u64,
    /// Its region.
    region: String,
    /// Its HTTP edge.
    http: String,
    /// Whether it is nobody's peer.
    fenced: bool,
}

/// All nodes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeList {
    /// By id.
    items: Vec<NodeAnswer>,
}

/// List principals.
#[utoipa::path(get, path = "/v1/principals", tag = "Operators", params(Page),
    responses((status = 200, body = PrincipalList)))]
pub async fn list(State(edge): State<Edge>, ask: Ask<Page>) -> Result<Response, Problem> {
    found(&edge.principals(&ask.caller, &ask.query.cursor, ask.query.limit.unwrap_or(100))?, None)
}

/// View a principal.
#[utoipa::path(get, path = "/v1/principals/{principal}", tag = "Operators", params(("principal" = String, Path)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn get(State(edge): State<Edge>, PathOf(id): PathOf<String>, ask: Ask<Nothing>) -> Result<Response, Problem> {
    let principal = edge.principal(&ask.caller, &id)?;
    found(&principal, u32::try_from(principal.revision).ok())
}

/// Make a principal or change it: its role and what it may see.
#[utoipa::path(put, path = "/v1/principals/{principal}", tag = "Operators", request_body = PrincipalWish,
    params(("principal" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn put(State(edge): State<Edge>, PathOf(id): PathOf<String>, call: Call<Wished>) -> Result<Response, Problem> {
    let wish = call.body.0.ok_or_else(|| Problem::field("role", "is needed"))?;
    let principal = edge.put_principal(&call.mutation, &id, wish, call.expected_revision).await?;
    found(&principal, u32::try_from(principal.revision).ok())
}

/// A body that has no default.
#[derive(Default)]
pub struct Wished(Option<PrincipalWish>);

impl<'de> Deserialize<'de> for Wished {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PrincipalWish::deserialize(deserializer).map(|wish| Wished(Some(wish)))
    }
}

/// Withdraw a principal with all its credentials, for good: at once, on all nodes.
#[utoipa::path(post, path = "/v1/principals/{principal}/revoke", tag = "Operators",
    params(("principal" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn revoke(State(edge): State<Edge>, PathOf(id): PathOf<String>, call: Call<Nothing>) -> Result<Response, Problem> {
    found(&edge.revoke_principal(&call.mutation, &id).await?, None)
}

/// Give a principal another API key. It is shown this once; a retry makes another one.
#[utoipa::path(post, path = "/v1/principals/{principal}/keys", tag = "Operators", request_body = KeyWish,
    params(("principal" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = NewKeyAnswer)))]
pub async fn create_key(State(edge): State<Edge>, PathOf(id): PathOf<String>, call: Call<KeyWish>) -> Result<Response, Problem> {
    answer(StatusCode::CREATED, &edge.create_key(&call.mutation, &id, call.body).await?)
}

/// Withdraw one API key: at once, on all nodes.
#[utoipa::path(post, path = "/v1/principals/{principal}/keys/{prefix}/revoke", tag = "Operators",
    params(("principal" = String, Path), ("prefix" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn revoke_key(
    State(edge): State<Edge>,
    PathOf((id, prefix)): PathOf<(String, String)>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    found(&edge.revoke_key(&call.mutation, &id, &prefix).await?, None)
}

/// List the nodes.
#[utoipa::path(get, path = "/v1/nodes", tag = "Operators",
    responses((status = 200, body = NodeList)))]
pub async fn nodes(State(edge): State<Edge>, _ask: Ask<Nothing>) -> Result<Response, Problem> {
    found(&node_list(&edge), None)
}

/// Fence a node: no other node talks to it any more, whatever certificate it has.
#[utoipa::path(post, path = "/v1/nodes/{node}/fence", tag = "Operators",
    params(("node" = u64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = NodeList)))]
pub async fn fence(State(edge): State<Edge>, PathOf(node): PathOf<String>, call: Call<Nothing>) -> Result<Response, Problem> {
    edge.fence_node(&call.mutation, number(&node)?, false).await?;
    found(&node_list(&edge), None)
}

/// Admit a fenced node again.
#[utoipa::path(post, path = "/v1/nodes/{node}/admit", tag = "Operators",
    params(("node" = u64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = NodeList)))]
pub async fn admit(State(edge): State<Edge>, PathOf(node): PathOf<String>, call: Call<Nothing>) -> Result<Response, Problem> {
    edge.fence_node(&call.mutation, number(&node)?, true).await?;
    found(&node_list(&edge), None)
}

/// What a node is to lead.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// The shard; 0 is the directory.
    shard: u32,
}

/// Hand the leadership of a shard over to a node. Answered when it has begun: a vote decides.
#[utoipa::path(post, path = "/v1/nodes/{node}/lead", tag = "Operators", request_body = Lead,
    params(("node" = u64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = NodeList)))]
pub async fn lead(State(edge): State<Edge>, PathOf(node): PathOf<String>, call: Call<Lead>) -> Result<Response, Problem> {
    edge.hand_over(&call.mutation, call.body.shard, number(&node)?).await?;
    found(&node_list(&edge), None)
}

fn node_list(edge: &Edge) -> NodeList {
    let fenced = edge.cluster().fenced();
    let node = |(id, member): (u64, keyrack_cluster::Member)| NodeAnswer {
        id,
        region: member.region,
        http: member.http,
        fenced: fenced.contains(&id),
    };
    NodeList { items: edge.cluster().members().into_iter().map(node).collect() }
}

fn number(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound, "there is no such node"))
}
