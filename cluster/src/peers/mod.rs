//! How nodes call and admit each other.
//!
//! [`tls`] finds out which node is at the other end of a connection, by its certificate. [`Admission`] decides whether that
//! node may take part: it is a member of the directory's group and not fenced. [`Links`] keeps one channel for each peer and
//! makes the calls that are not Raft's own ([`PeerCalls`]); Raft's calls are in `raft/connection.rs`. This node's answers to
//! its peers are in `serving/`. Start with `links.rs`.
//!
//! Invariants:
//! - admission is checked at every handshake, at every call and at every message of an open stream, in both directions;
//! - every call has a time limit;
//! - a call names the incarnation that it is for: a node that lost its data does not answer for its old incarnation.

mod admission;
mod calls;
mod contract;
mod links;
mod member;
pub mod tls;
mod usage;

pub use admission::Admission;
pub use calls::PeerCalls;
pub use contract::{Bears, Call, Rule, Sender};
pub use links::{Client, Links, PEER_ANSWER_BYTES, PEER_MESSAGE_BYTES, innermost};
pub use member::Member;
pub use usage::{UsageInbox, Used};
