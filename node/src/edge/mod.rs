//! The transports HTTP and gRPC.
//!
//! - `listeners/` accepts connections: TLS, limits, HTTP/1.1 and HTTP/2 on one port.
//! - `http/` is the HTTP API and `grpc/` the gRPC services. Every listener answers both.
//!
//! Invariants:
//! - A transport parses, calls the guard, calls one function of `service/` and writes the answer. It makes no other decision.
//! - A panic while the node serves a client ends only that client's connection or stream.
//! - Every resource that a client can use is bounded: connections, bytes, streams, time.
//!
//! Start with `http/router.rs` for requests, or with `listeners/server.rs` for connections.

pub mod addresses;
mod charge_caller;
mod credentials;
pub mod grpc;
pub mod http;
pub mod listeners;
mod refused_body;
mod remote_address;
