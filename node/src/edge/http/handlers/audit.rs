//! `/v1/audit`.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::Ask;
use crate::service::{AuditPage, ReadOptions, Service, audit_cursor};

/// Which part of the trail.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// The shard, from 1.
    #[param(required = true)]
    shard: u32,
    /// From the answer before; empty for the beginning.
    cursor: String,
    /// At most 1000; 500 when absent.
    limit: Option<usize>,
}

/// The audit trail of a shard: who did what, when, from where, and whether it was allowed.
#[utoipa::path(get, path = Operation::ReadAudit.route(), tag = "Auditors", params(Query),
    responses((status = 200, body = AuditPage)))]
pub async fn page(State(service): State<Service>, ask: Ask<Query>) -> Result<Response, Problem> {
    let after = audit_cursor(&ask.query.cursor)?;
    let options = ReadOptions::linearizable(ask.deadline);
    found(&service.audit(&ask.caller, ask.query.shard, after, ask.query.limit.unwrap_or(500), options).await?, None)
}
