//! The operations, shared by HTTP and gRPC. Each checks the caller, parses the request, proposes a command or reads, and answers.
//!
//! Invariants:
//! - Each operation is one function of [`Service`]. A transport calls it with the [`Caller`](crate::access::Caller) that the
//!   guard authenticated, and the function checks the operation's right again.
//! - A proposed command has no secrets and needs no random numbers: before that, this folder draws ids and salts, encrypts
//!   guests and digests idempotency keys.
//! - A caller that is limited to some properties learns nothing about the others, not even that they exist.
//! - A refusal by the state machine is an answer and is stored for retries; a timeout after proposing is `outcome_unknown`.
//!
//! Start with `bookings.rs`, which shows how an operation makes a command. Then read `places.rs`, `submit.rs` and `views.rs`,
//! which the other operations share.

mod audit;
mod availability;
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
mod preconditions;
mod principal_messages;
mod principals;
mod properties;
mod quotes;
mod rates;
mod receipts;
mod requests_in_flight;
mod rows;
mod state;
mod submit;
mod topology;
mod views;

pub use audit::{AuditPage, audit_cursor};
pub use bookings::Step;
pub use events::{EventPage, EventQuery};
pub use guest_access::{GuestLink, GuestLinkRequest, GuestSession, GuestSignIn};
pub use mutation::{Done, MAX_KEY, Mutation, check_key};
pub use nodes::NodeList;
pub use principal_messages::{KeyRequest, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalSettings};
pub use properties::RemovedProperty;
pub use receipts::receipt_text;
pub use state::Service;
pub use views::ReadOptions;
