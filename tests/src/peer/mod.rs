//! A node of the cluster, played by a test: it has a node's certificate, and sends what it likes.

mod calls;
mod fields;

pub use calls::{CallAnswer, CallHead, PeerCalls, framed};
pub use fields::{Fields, messages, number};
