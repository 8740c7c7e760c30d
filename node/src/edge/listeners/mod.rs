//! The listeners: HTTP/1.1 and HTTP/2 on one port, with or without TLS, for HTTP and gRPC alike.
//!
//! Invariants:
//! - Everything a client can make the node hold is bounded: connections in all and per address, bytes of a head, streams of a
//!   connection, the time of a handshake, of a request and of idleness.
//! - A connection belongs to the listeners' tasks. When they stop, open requests have [`DRAIN`](connection::DRAIN) to finish.
//! - A panic ends its own connection or stream.
//!
//! Start with `server.rs` (accepting), then `connection.rs` (one connection from its first byte to its last).

mod activity;
mod addresses;
mod connection;
mod executor;
mod limits;
mod server;

pub use addresses::Addresses;
pub use connection::Security;
pub use limits::Limits;
pub use server::{BoundListener, Routers, serve};
