//! The Rust client of Keyrack: front desks, tools and tests talk to a cluster through it.
//!
//! A [`Client`] is given one or more addresses, finds the other nodes by itself, sends each request to the
//! node that leads the property's shard, and tries again elsewhere when a node is gone. Retries are safe
//! because they carry the same idempotency key; every call has a deadline.
//!
//! ```no_run
//! # async fn example() -> Result<(), keyrack_client::ClientError> {
//! use keyrack_client::{Client, v1};
//! let client = Client::new(["http://127.0.0.1:7110"], "kr_desk_...")?;
//! let booking = client.book(v1::BookRequest {
//!     property_id: "lisbon-alfama".into(),
//!     arrival: "2027-03-01".into(),
//!     departure: "2027-03-03".into(),
//!     rooms: vec![v1::RoomRequest { room_type: "DBL".into(), rate_plan: "BAR".into(), ..Default::default() }],
//!     idempotency_key: keyrack_client::fresh_key(),
//!     ..Default::default()
//! }).await?;
//! println!("{}", booking.confirmation_number);
//! # Ok(()) }
//! ```
//!
//! Nodes at `https://` addresses are verified against the CAs of the public web, or with [`Client::with_tls`] against the
//! cluster's own; desks and operators show a certificate that way. The crate `keyrack-pki` makes such certificates.

mod calls;
pub mod connection;
mod error;
mod nodes;
mod tls;

pub use error::ClientError;
pub use keyrack_proto::v1;
pub use nodes::Client;
pub use tls::{Tls, TlsError};

/// A new idempotency key: 128 random bits. Keep it until the request is answered.
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    // The operating system always has randomness once it has booted; a key of zeros would only be refused.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
