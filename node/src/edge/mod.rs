//! The transports: how requests come in and answers go out.
//!
//! - `listeners/` accepts connections: TLS, limits, HTTP/1.1 and HTTP/2 on one port.
//! - `http/` is the HTTP API and `grpc/` the gRPC services. Every listener answers both.
//!
//! Invariants:
//! - A transport parses, asks the guard, calls one function of `service/` and writes the answer. It decides nothing.
//! - A panic while one client is served ends that client's connection or stream, and nothing else.
//! - Everything a client can make the node hold is bounded: connections, bytes, streams, time.
//!
//! Start with `http/router.rs` for a request's way, or with `listeners/server.rs` for a connection's.

mod credentials;
pub mod grpc;
pub mod http;
pub mod listeners;
mod remote_address;
