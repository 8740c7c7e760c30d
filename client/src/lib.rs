//! The Rust client of Keyrack. The `keyrack` command, front desks and tools reach a cluster through it.
//!
//! A [`Client`] starts from one or more addresses. It discovers the other nodes, sends each request to the leader of
//! the property's shard, and retries on another node when one fails.
//!
//! # Invariants
//! - Every call has a deadline. It ends with an answer or with a [`ClientError`].
//! - A retry carries the idempotency key of the first attempt, so no booking is made twice.
//! - After a timeout the outcome of a change is unknown ([`Code::OutcomeUnknown`]), never "failed". A read is
//!   [`Code::Unavailable`] then: it has no outcome.
//! - The library starts no tasks. Dropping the last clone of a client closes its connections.
//! - Nodes at `https://` addresses are verified against the CAs of the public web, or with [`Client::with_tls`] against
//!   the cluster's own CA. Desks and operators also present a certificate that way.
//!
//! Start with `client.rs`: it chooses the node and repeats calls. `calls.rs` lists the calls, `nodes.rs` keeps the known
//! nodes and leaders, `error.rs` and `connection.rs` have the messages for callers.
//!
//! ```no_run
//! # async fn example() -> Result<(), keyrack_client::ClientError> {
//! use keyrack_client::{Client, v1};
//! let client = Client::new(["http://127.0.0.1:7110"], "kr_desk_...")?;
//! let booking = client.book(v1::BookRequest {
//!     property_id: "lisbon-alfama".into(),
//!     arrival: "2027-03-01".into(),
//!     departure: "2027-03-03".into(),
//!     rooms: vec![v1::RoomRequest {
//!         room_type: "DBL".into(),
//!         rate_plan: "BAR".into(),
//!         adults: Some(2),
//!         ..Default::default()
//!     }],
//!     guest: Some(v1::Guest { name: "Ada Lovelace".into(), ..Default::default() }),
//!     idempotency_key: keyrack_client::fresh_key(),
//!     ..Default::default()
//! }).await?;
//! println!("{}", booking.confirmation_number);
//! # Ok(()) }
//! ```

mod calls;
mod client;
pub mod connection;
mod error;
mod idempotency;
mod nodes;
pub mod operators;
mod tls;

pub use client::Client;
pub use error::{ClientError, ErrorCode, SignIn};
pub use idempotency::fresh_key;
pub use keyrack_proto::{Code, v1};
pub use tls::{Tls, TlsError};
