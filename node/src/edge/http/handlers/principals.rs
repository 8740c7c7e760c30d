//! `/v1/principals`: for operators, only at the operators' listener.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use keyrack_texts::Detail;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{answer, found};
use crate::edge::http::call::{Empty, MutationCall, PathOf, ReadCall};
use crate::service::{KeyRequest, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalSettings, Service};

/// The position in the list.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// nextCursor of the previous page; empty for the first page.
    cursor: String,
    /// The most principals of the page: at most 500; 100 when absent.
    limit: Option<usize>,
}

/// List the principals.
///
/// Returns a page in order of id, including revoked principals.
#[utoipa::path(get, path = Operation::ListPrincipals.route(), tag = "Operators", params(Page),
    responses((status = 200, body = PrincipalList)))]
pub async fn list(State(service): State<Service>, ask: ReadCall<Page>) -> Result<Response, Problem> {
    found(&service.principals(&ask.caller, &ask.query.cursor, ask.query.limit.unwrap_or(100))?, None)
}

/// Get a principal.
///
/// Returns its settings and its keys without their secrets, with its revision as ETag. Errors: 404 `not_found`.
#[utoipa::path(get, path = Operation::GetPrincipal.route(), tag = "Operators",
    params(("principal" = String, Path, description = "The id of the principal.")),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn get(State(service): State<Service>, PathOf(id): PathOf<String>, ask: ReadCall<Empty>) -> Result<Response, Problem> {
    let principal = service.principal(&ask.caller, &id)?;
    found(&principal, u32::try_from(principal.revision).ok())
}

/// Create or change a principal.
///
/// Required: `role`. Sets all settings: an absent field gets its default. Keys stay. Returns the principal with its new
/// revision as ETag. Errors: 409 `wrong_state` if it was revoked or another principal has one of its subjects, 412
/// `precondition_failed`.
#[utoipa::path(put, path = Operation::PutPrincipal.route(), tag = "Operators", request_body = PrincipalSettings,
    params(("principal" = String, Path, description = "The id: 1 to 64 lower-case letters, digits and `-`."),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn put(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<RequiredSettings>,
) -> Result<Response, Problem> {
    let settings = call.body.0.ok_or_else(|| Problem::new(Detail::FieldMissing { field: "role".into() }))?;
    let principal = service.put_principal(&call.mutation, &id, settings).await?;
    found(&principal, u32::try_from(principal.revision).ok())
}

/// The settings, which have no default. `None` is an empty body.
#[derive(Default)]
pub struct RequiredSettings(Option<PrincipalSettings>);

impl<'de> Deserialize<'de> for RequiredSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PrincipalSettings::deserialize(deserializer).map(|settings| RequiredSettings(Some(settings)))
    }
}

/// Revoke a principal.
///
/// Permanently revokes it with all its credentials. After the answer, no node applies a command or answers a linearizable read of
/// this principal, and bounded reads end within 5 seconds. Returns the principal. Errors: 404 `not_found`.
#[utoipa::path(post, path = Operation::RevokePrincipal.route(), tag = "Operators",
    params(("principal" = String, Path, description = "The id of the principal."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn revoke(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<Empty>,
) -> Result<Response, Problem> {
    found(&service.revoke_principal(&call.mutation, &id).await?, None)
}

/// Create an API key for a principal.
///
/// Only this answer shows the key. A retry creates another key. Errors: 404 `not_found`, 409 `wrong_state` if the principal was
/// revoked or has 16 valid keys.
#[utoipa::path(post, path = Operation::CreateKey.route(), tag = "Operators", request_body = KeyRequest,
    params(("principal" = String, Path, description = "The id of the principal."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 201, body = NewKeyAnswer)))]
pub async fn create_key(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<KeyRequest>,
) -> Result<Response, Problem> {
    answer(StatusCode::CREATED, &service.create_key(&call.mutation, &id, call.body).await?)
}

/// Revoke an API key.
///
/// After the answer, no node accepts the key for a command or a linearizable read. Returns the principal. Errors: 404
/// `not_found`.
#[utoipa::path(post, path = Operation::RevokeKey.route(), tag = "Operators",
    params(("principal" = String, Path, description = "The id of the principal."),
        ("prefix" = String, Path, description = "The prefix of the key."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 200, body = PrincipalAnswer)))]
pub async fn revoke_key(
    State(service): State<Service>,
    PathOf((id, prefix)): PathOf<(String, String)>,
    call: MutationCall<Empty>,
) -> Result<Response, Problem> {
    found(&service.revoke_key(&call.mutation, &id, &prefix).await?, None)
}
