//! What nodes store and what they say to each other, `keyrack.internal`: rows, commands and the nodes' own RPCs.
#![allow(missing_docs, clippy::all)]

tonic::include_proto!("keyrack.internal");
