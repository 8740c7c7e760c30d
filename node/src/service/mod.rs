//! The operations, once for HTTP and gRPC alike: check the caller, read the request, propose or read, answer.
//!
//! Invariants:
//! - One operation a function of [`Service`]. It is called by a transport with a [`Caller`](crate::access::Caller) that the
//!   guard let in, and checks the operation's right again.
//! - Randomness and secrets end here: ids and salts are drawn, guests are encrypted and idempotency keys are digested before
//!   anything is proposed.
//! - A caller that may see some properties only learns nothing of the others, not even that they exist.
//! - A refusal by the state machine is an answer and is stored for retries; a timeout after proposing is `outcome_unknown`.
//!
//! Start with `bookings.rs`, which shows the way of a command, and then `places.rs`, `submit.rs` and `views.rs`, which every
//! operation uses.

mod audit;
mod booking_list;
mod bookings;
mod catalog;
mod cursor;
mod draw;
mod erase;
mod events;
mod guest_access;
mod holds;
mod log;
mod mutation;
mod nodes;
mod places;
mod principal_messages;
mod principals;
mod properties;
mod receipts;
mod requests_in_flight;
mod rows;
mod state;
mod stays;
mod submit;
mod topology;
mod views;

pub use audit::{AuditPage, audit_cursor};
pub use bookings::Step;
pub use events::{EventPage, EventQuery};
pub use guest_access::{GuestLink, GuestLinkRequest, GuestSession, GuestSignIn};
pub use mutation::{Done, Mutation, check_key};
pub use nodes::NodeList;
pub use principal_messages::{KeyRequest, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalSettings};
pub use receipts::receipt_text;
pub use state::Service;
pub use views::ReadOptions;
