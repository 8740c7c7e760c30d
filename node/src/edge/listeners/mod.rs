//! The listeners: HTTP/1.1 and HTTP/2 on one port, with or without TLS, for HTTP and gRPC alike.
//!
//! Invariants:
//! - Every resource that a client can use is bounded: connections in total and per address, bytes of a head, streams of a
//!   connection, and the time of a handshake, a request, an unread answer and an idle connection.
//! - All bytes that wait for a client are counted in the node's budget (`crate::budget`).
//! - A connection belongs to the listeners' tasks. When they stop, open requests have [`DRAIN`](connection::DRAIN) to finish.
//! - A connection that the node closes gets its last answer, and the end of TLS, before the socket closes.
//! - A panic ends its own connection or stream.
//!
//! Start with `server.rs` (accepts connections), then `connection.rs` (serves one connection).

mod activity;
mod answer_body;
mod apis;
mod connection;
mod exchange;
mod executor;
mod frames;
mod http;
mod kept;
mod limits;
mod messages;
mod metered;
mod reading;
mod request_body;
mod server;

pub use apis::{Apis, Routers};
pub use connection::Security;
pub use limits::Limits;
pub use server::{BoundListener, Shared, serve};
