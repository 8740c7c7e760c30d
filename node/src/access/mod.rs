//! Who is calling, what they may do and how often: decided once, before any handler sees the request.
//!
//! Invariants:
//! - [`Operation`] is the one table: an operation without a row there is answered nothing, whatever the transport.
//! - Whatever is wrong with credentials, the answer is the same; how long it takes tells nothing of a secret.
//! - A [`Caller`] exists only after [`Guard::decide`]. Rights that depend on a property's row are asked again where the row is
//!   read or changed.
//! - A read that the audit trail must record and cannot is not answered.
//! - Nothing here knows HTTP or gRPC: the transports' halves are `edge/http/guard.rs` and `edge/grpc/guard.rs`.
//!
//! Start with `operations.rs`, then `guard.rs`. `gate.rs` authenticates, by `api_key.rs`, `guest_links.rs` and `oidc/`.

mod api_key;
mod caller;
mod gate;
mod guard;
mod guest_links;
mod oidc;
mod operations;
pub mod quotas;
pub mod trail;

pub use api_key::NewKey;
pub use caller::{Caller, address_octets, forbidden};
pub use gate::{Gate, PresentedCredentials};
pub use guard::Guard;
pub use guest_links::MAX_LINK_MS;
pub use oidc::Oidc;
pub use operations::{Http, Listeners, Method, Operation};
