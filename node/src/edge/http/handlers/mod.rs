//! The handlers. Each parses an HTTP request, calls one function of `service/` and writes the answer.
//!
//! The doc comments of handlers, parameters and messages are the text of the OpenAPI document (`openapi.rs`). A handler's first
//! paragraph is the summary, the rest is the description. Route and method come from the table of operations;
//! `#[utoipa::path]` names the operation.

pub mod audit;
pub mod availability;
pub mod bookings;
pub mod docs;
pub mod events;
pub mod guest_access;
pub mod guests;
pub mod health;
pub mod holds;
pub mod log;
pub mod nodes;
pub mod principals;
pub mod properties;

/// The description of `Idempotency-Key` in the OpenAPI document.
const IDEMPOTENCY_KEY: &str = "A new value for each new request, 1 to 200 visible ASCII characters. For 48 hours, a retry with \
                               the same key and request gets the stored answer, with Idempotency-Replayed: true.";
/// The same for operations that store no answer.
const UNSTORED_IDEMPOTENCY_KEY: &str =
    "Required, 1 to 200 visible ASCII characters. The answer is not stored: a retry runs the operation again.";
/// The description of `If-Match`.
const IF_MATCH: &str = "The ETag that you read, such as \"3\". If the record has another revision now, the answer is 412.";
