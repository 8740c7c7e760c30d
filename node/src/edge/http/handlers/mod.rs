//! The handlers: each reads an HTTP request, calls one function of `service/`, and writes the answer.
//!
//! A handler's documentation comment, parameters and messages are the API's document (`openapi.rs`): changing one changes
//! `/openapi.json`. Its route and method are in the table of operations; `#[utoipa::path]` names the operation.

pub mod audit;
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
pub mod stays;
