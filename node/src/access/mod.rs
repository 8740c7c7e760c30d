//! Who calls, what they may do and how often. This is decided once, before a handler sees the request.
//!
//! Invariants:
//! - [`Operation`] is the only table of operations. A request for an operation without a row has no answer in any transport.
//! - The answer to wrong credentials does not depend on the fault, and its timing does not depend on a secret.
//! - A [`Caller`] exists only after [`Guard::decide`]. Rights that depend on a property's row are checked again where the row
//!   is read or changed.
//! - A read that the audit trail must record is not answered if it cannot be recorded.
//! - Nothing here depends on HTTP or gRPC. The guards of the transports are `edge/http/guard.rs` and `edge/grpc/guard.rs`.
//!
//! Start with `operations.rs`, then `guard.rs`. `gate.rs` authenticates, with `api_key.rs`, `guest_links.rs` and `oidc/`.

mod api_key;
mod caller;
mod gate;
mod guard;
mod guest_links;
mod networks;
mod oidc;
mod operations;
pub mod quotas;
mod refusals;
pub mod trail;

pub use api_key::NewKey;
pub use caller::{Caller, forbidden};
pub use gate::{Gate, PresentedCredentials, RIGHTS_AGE};
pub use guard::Guard;
pub use guest_links::{GuestToken, MAX_LINK_MS, is_number_of};
pub use networks::{actor, counted_address};
pub use oidc::Oidc;
pub use operations::{Http, Listeners, Method, Operation, Recorded};
