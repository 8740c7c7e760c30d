//! The HTTP API.
//!
//! Invariants:
//! - Routes come from the table of operations (`access/operations.rs`). `endpoints.rs` gives each operation its handler and its
//!   documentation. It does not compile if a handler is missing.
//! - `guard.rs` runs before every handler. A handler that needs a caller refuses if there is none.
//! - Every refusal has an RFC 9457 body in the caller's language (`problem.rs`).
//! - JSON is parsed strictly: no unknown field, no list where the OpenAPI document has none, bounded in bytes and time.
//!
//! Start with `router.rs`. `handlers/` has a file for each part of the API. `call.rs` extracts a handler's input, `answer.rs`
//! builds its answer.

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
mod starting;

pub use body::BodyLimits;
pub use openapi::document;
pub use problem::finish as finish_problem;
pub use router::{operator_router, router};
pub use starting::starting_router;
