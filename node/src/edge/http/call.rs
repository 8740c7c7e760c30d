//! The extractors of the handlers: the caller, the idempotency key, and the parsed body or query.

use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Query, Request};
use axum::http::request::Parts;
use axum::http::{Method, header};
use keyrack_texts::Detail;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::body;
use crate::access::{Caller, Operation};
use crate::convert::{Demand, Preconditions, Problem};
use crate::service::{MAX_KEY, Mutation, Service, check_key};

/// A mutation with its body.
pub struct MutationCall<T> {
    pub mutation: Mutation,
    pub body: T,
}

impl<T> MutationCall<T> {
    /// The revision that the headers demand, if they name exactly one.
    pub fn expected_revision(&self) -> Option<u32> {
        match self.mutation.preconditions.demand() {
            Demand::Exactly(revision) => revision,
            Demand::DependsOnPresent => None,
        }
    }
}

/// A read with its query.
pub struct ReadCall<T> {
    pub caller: Caller,
    pub deadline: Instant,
    pub query: T,
}

/// An empty body or query.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Empty {}

/// The parameters of a path. If they cannot be parsed, the answer is 404.
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Service> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, service).await;
        path.map(|path| PathOf(path.0)).map_err(|_| Problem::new(Detail::NoSuchResource))
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Service> for MutationCall<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = caller_of(&parts)?;
        let key = idempotency_key(&parts)?;
        let preconditions = preconditions(&parts)?;
        let bytes = body::read(&parts, body).await?;
        let body = if bytes.is_empty() && parts.method != Method::PUT { T::default() } else { body::parse(&parts, &bytes)? };
        Ok(MutationCall {
            mutation: Mutation { caller, key, deadline: service.default_deadline(), wants_receipt: true, preconditions },
            body,
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Service> for ReadCall<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let caller = caller_of(parts)?;
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|cause| query_problem(&cause.body_text()))?;
        Ok(ReadCall { caller, deadline: service.default_deadline(), query: query.0 })
    }
}

/// The problem of a query that cannot be parsed. The cause begins with the field, such as `adults: invalid digit found`.
fn query_problem(cause: &str) -> Problem {
    let words = cause.rsplit_once("query string: ").map_or(cause, |(_, words)| words);
    let Some((field, why)) = words.split_once(": ").filter(|(field, _)| is_field_name(field)) else {
        return Problem::new(Detail::QueryUnreadable);
    };
    let field = field.to_owned();
    Problem::new(match why {
        why if why.contains("digit") || why.contains("number") || why.contains("integer") || why.contains("float") => {
            Detail::QueryNumber { field }
        }
        why if why.contains("true") => Detail::QueryBoolean { field },
        _ => Detail::QueryWrongValue { field },
    })
}

fn is_field_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The caller that the guard authenticated.
fn caller_of(parts: &Parts) -> Result<Caller, Problem> {
    let caller = parts.extensions.get::<Caller>().cloned();
    caller.ok_or_else(|| Problem::new(Detail::CredentialsRefused))
}

/// The idempotency key. POST requires it; PUT and DELETE are idempotent without one.
fn idempotency_key(parts: &Parts) -> Result<Option<String>, Problem> {
    match parts.headers.get("idempotency-key") {
        None if parts.method == Method::POST => check_key("").map(Some),
        None => Ok(None),
        Some(value) => {
            let invalid = || Problem::new(Detail::IdempotencyKeyInvalid { limit: MAX_KEY as u64 });
            let text = value.to_str().map_err(|_| invalid())?;
            if text.is_empty() { Err(invalid()) } else { check_key(text).map(Some) }
        }
    }
}

/// The preconditions. An operation whose resource has no ETag fails `If-Match`, and meets `If-None-Match`.
fn preconditions(parts: &Parts) -> Result<Preconditions, Problem> {
    // Several lines of a header are one list (RFC 9110, section 5.3).
    let value = |name| {
        let lines: Vec<&[u8]> = parts.headers.get_all(name).iter().map(axum::http::HeaderValue::as_bytes).collect();
        if lines.is_empty() { None } else { Some(lines.join(&b", "[..])) }
    };
    let (if_match, if_none_match) = (value(header::IF_MATCH), value(header::IF_NONE_MATCH));
    let preconditions = Preconditions::read(if_match.as_deref(), if_none_match.as_deref())?;
    let route = parts.extensions.get::<MatchedPath>();
    let operation = route.and_then(|route| Operation::of_http(parts.method.as_str(), route.as_str()));
    match operation {
        Some(operation) if has_etag(operation) => Ok(preconditions),
        _ if preconditions.needs_record() => Err(Problem::new(Detail::RecordMissing)),
        _ => Ok(Preconditions::default()),
    }
}

/// Whether the operation changes a record that has an ETag.
fn has_etag(operation: Operation) -> bool {
    use Operation::*;
    matches!(
        operation,
        PutProperty
            | PutRoomType
            | PutRatePlan
            | PutPrincipal
            | Amend
            | Cancel
            | CheckIn
            | CheckOut
            | NoShow
            | RevertCheckIn
            | Reinstate
    )
}
