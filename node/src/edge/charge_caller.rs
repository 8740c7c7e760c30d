//! Counts a request's bytes for its caller.

use std::sync::Arc;

use axum::extract::Request;

use crate::access::Caller;
use crate::budget::RequestAccounts;
use crate::convert::Problem;

/// From now on the request's bytes count for its caller too.
///
/// # Errors
/// The caller has no room for another request.
pub fn charge_caller(request: &Request, caller: &Caller) -> Result<(), Problem> {
    // A request that came through no listener has no accounts.
    let accounts = request.extensions().get::<Arc<RequestAccounts>>();
    Ok(accounts.map_or(Ok(()), |accounts| accounts.belongs_to(caller.who()))?)
}
