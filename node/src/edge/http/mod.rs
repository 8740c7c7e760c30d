//! The HTTP API.
//!
//! Invariants:
//! - Routes come from the table of operations (`access/operations.rs`): `endpoints.rs` gives each operation its handler and its
//!   documentation, and does not compile while one is missing.
//! - `guard.rs` runs before every handler; a handler that needs a caller refuses where the guard let nobody in.
//! - Every refusal has a body as RFC 9457 has it, in the caller's language (`problem.rs`).
//! - JSON is read strictly: no unknown field, no list where the API's document has none, bounded in bytes and in time.
//!
//! Start with `router.rs`. `handlers/` has a file per part of the API; `call.rs` is what a handler gets, `answer.rs` what it
//! answers with.

mod answer;
mod body;
mod call;
mod endpoints;
mod freshness;
mod guard;
mod handlers;
mod openapi;
mod problem;
mod response_headers;
mod router;
mod shape;

pub use body::BodyLimits;
pub use openapi::document;
pub use problem::finish as finish_problem;
pub use router::{operator_router, router};
