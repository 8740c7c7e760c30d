//! The public API, `keyrack.v1`: the gRPC services, whose messages are also the JSON bodies of the HTTP edge.
#![allow(missing_docs, clippy::all)]

tonic::include_proto!("keyrack.v1");
