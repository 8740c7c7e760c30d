//! Counts a request's bytes for its caller.

use std::sync::Arc;

use axum::extract::Request;

use crate::access::Caller;
use crate::budget::RequestAccounts;
use crate::convert::Problem;

/// From now on the request's bytes count for its caller too; without a caller, for all strangers.
///
/// # Errors
/// The caller has no room for another request, or the strangers have none.
pub fn charge_caller(request: &Request, caller: Option<&Caller>) -> Result<(), Problem> {
    // A request that came through no listener has no accounts.
    let accounts = request.extensions().get::<Arc<RequestAccounts>>();
    let charged = accounts.map(|accounts| match caller {
        Some(caller) => accounts.belongs_to(caller.who()),
        None => accounts.belongs_to_nobody(),
    });
    Ok(charged.unwrap_or(Ok(()))?)
}
