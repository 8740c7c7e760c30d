//! `keyrack.internal`: the rows and commands that nodes store, and the RPCs between nodes.
#![allow(missing_docs, clippy::all)]

tonic::include_proto!("keyrack.internal");
