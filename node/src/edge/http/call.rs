//! What a handler gets: who calls, with which key, and the body or query as a message.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use keyrack_proto::Code;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::body;
use crate::access::Caller;
use crate::convert::Problem;
use crate::service::{Mutation, Service, check_key};

/// A mutation with its body.
pub struct Call<T> {
    pub mutation: Mutation,
    pub expected_revision: Option<u32>,
    pub body: T,
}

/// A read with its query.
pub struct Ask<T> {
    pub caller: Caller,
    pub deadline: Instant,
    pub query: T,
}

/// A body or a query that says nothing.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nothing {}

/// The parameters of a path. Parameters that cannot be read name nothing that exists.
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Service> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, service).await;
        path.map(|path| PathOf(path.0)).map_err(|_| Problem::new(Code::NotFound, "there is no such thing"))
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Service> for Call<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = caller_of(&parts)?;
        let key = idempotency_key(&parts)?;
        let expected_revision = if_match(&parts.headers)?;
        let bytes = body::read(&parts, body).await?;
        let body = if bytes.is_empty() && parts.method != Method::PUT { T::default() } else { body::parse(&parts, &bytes)? };
        Ok(Call {
            mutation: Mutation { caller, key, deadline: service.default_deadline(), wants_receipt: true },
            expected_revision,
            body,
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Service> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let caller = caller_of(parts)?;
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|cause| Problem::new(Code::InvalidField, cause.body_text()))?;
        Ok(Ask { caller, deadline: service.default_deadline(), query: query.0 })
    }
}

/// The caller that the guard let in.
fn caller_of(parts: &Parts) -> Result<Caller, Problem> {
    let caller = parts.extensions.get::<Caller>().cloned();
    caller.ok_or_else(|| Problem::new(Code::Unauthenticated, "send Authorization: Bearer <api key or token>"))
}

/// Required on POST; elsewhere a mutation is idempotent by itself.
fn idempotency_key(parts: &Parts) -> Result<Option<String>, Problem> {
    match parts.headers.get("idempotency-key") {
        None if parts.method == Method::POST => check_key("").map(Some),
        None => Ok(None),
        Some(value) => {
            let invalid = || Problem::new(Code::InvalidIdempotencyKey, "1 to 200 visible ASCII characters");
            let text = value.to_str().map_err(|_| invalid())?;
            if text.is_empty() { Err(invalid()) } else { check_key(text).map(Some) }
        }
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<u32>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    if value.trim() == "*" {
        return Ok(None);
    }
    // A tag that was never given out matches nothing.
    Ok(Some(value.trim().trim_matches('"').parse().unwrap_or(u32::MAX)))
}
