//! `/v1/audit`.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::ReadCall;
use crate::service::{AuditPage, ReadOptions, Service, audit_cursor};

/// The position in the trail.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// The data shard, from 1.
    #[param(required = true)]
    shard: u32,
    /// nextCursor of the previous page; empty for the first page.
    cursor: String,
    /// The most records of the page: at most 1000; 500 when absent.
    limit: Option<usize>,
}

/// Read the audit trail of a shard.
///
/// For auditors and operators. A record has the caller, its address, the action, the time, and whether it was allowed, without
/// guest data. Returns a page of records in the order of the hash chain. An auditor of some properties gets only their records
/// and cannot recompute the chain.
#[utoipa::path(get, path = Operation::ReadAudit.route(), tag = "Auditors", params(Query),
    responses((status = 200, body = AuditPage)))]
pub async fn page(State(service): State<Service>, ask: ReadCall<Query>) -> Result<Response, Problem> {
    let after = audit_cursor(&ask.query.cursor)?;
    let options = ReadOptions::linearizable(ask.deadline);
    found(&service.audit(&ask.caller, ask.query.shard, after, ask.query.limit.unwrap_or(500), options).await?, None)
}
