//! `/v1/principals`: for operators, at their listener only.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{answer, found};
use crate::edge::http::call::{Ask, Call, Nothing, PathOf};
use crate::service::{KeyRequest, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalSettings, Service};

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

/// List principals.
#[utoipa::path(get, path = Operation::ListPrincipals.route(), tag = "Operators", params(Page),
    responses((status = 200, body = PrincipalList)))]
pub async fn list(State(service): State<Service>, ask: Ask<Page>) -> Result<Response, Problem> {
    found(&service.principals(&ask.caller, &ask.query.cursor, ask.query.limit.unwrap_or(100))?, None)
}

/// View a principal.
#[utoipa::path(get, path = Operation::GetPrincipal.route(), tag = "Operators", params(("principal" = String, Path)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn get(State(service): State<Service>, PathOf(id): PathOf<String>, ask: Ask<Nothing>) -> Result<Response, Problem> {
    let principal = service.principal(&ask.caller, &id)?;
    found(&principal, u32::try_from(principal.revision).ok())
}

/// Make a principal or change it: its role and what it may see.
#[utoipa::path(put, path = Operation::PutPrincipal.route(), tag = "Operators", request_body = PrincipalSettings,
    params(("principal" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn put(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<RequiredSettings>,
) -> Result<Response, Problem> {
    let settings = call.body.0.ok_or_else(|| Problem::field("role", "is needed"))?;
    let principal = service.put_principal(&call.mutation, &id, settings, call.expected_revision).await?;
    found(&principal, u32::try_from(principal.revision).ok())
}

/// Settings that have no default; `None` stands for an empty body.
#[derive(Default)]
pub struct RequiredSettings(Option<PrincipalSettings>);

impl<'de> Deserialize<'de> for RequiredSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PrincipalSettings::deserialize(deserializer).map(|settings| RequiredSettings(Some(settings)))
    }
}

/// Withdraw a principal with all its credentials, for good: at once, on all nodes.
#[utoipa::path(post, path = Operation::RevokePrincipal.route(), tag = "Operators",
    params(("principal" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn revoke(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    found(&service.revoke_principal(&call.mutation, &id).await?, None)
}

/// Give a principal another API key. It is shown this once; a retry makes another one.
#[utoipa::path(post, path = Operation::CreateKey.route(), tag = "Operators", request_body = KeyRequest,
    params(("principal" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = NewKeyAnswer)))]
pub async fn create_key(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<KeyRequest>,
) -> Result<Response, Problem> {
    answer(StatusCode::CREATED, &service.create_key(&call.mutation, &id, call.body).await?)
}

/// Withdraw one API key: at once, on all nodes.
#[utoipa::path(post, path = Operation::RevokeKey.route(), tag = "Operators",
    params(("principal" = String, Path), ("prefix" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn revoke_key(
    State(service): State<Service>,
    PathOf((id, prefix)): PathOf<(String, String)>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    found(&service.revoke_key(&call.mutation, &id, &prefix).await?, None)
}
