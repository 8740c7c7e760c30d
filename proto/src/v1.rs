//! `keyrack.v1`, the public API: the gRPC services, whose messages are also the JSON bodies of the HTTP API.
#![allow(missing_docs, clippy::all)]

tonic::include_proto!("keyrack.v1");
