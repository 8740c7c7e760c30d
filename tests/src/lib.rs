//! The harness of the black-box tests: real `keyrackd` processes on loopback, real sockets, real signals.
//!
//! A test starts a [`Cluster`], sends requests through an [`Api`] and waits with [`until`]. The binaries come from
//! `KEYRACK_BIN_DIR`, else from the folder of the test executable (`target/release`).
//!
//! Invariants:
//! - nothing here depends on a crate of Keyrack: the tests know only what a customer can know;
//! - every process ends with the test, even if the test is killed (`watchdog.rs`);
//! - a test waits for a condition, never for a fixed time.
//!
//! Start with [`Cluster`] and [`Hotel`]. [`receipts`] verifies receipts from the specifications alone. [`issuer`] signs
//! and forges staff tokens. [`peer`] plays a node. [`imports`], [`sources`] and [`sizes`] read Keyrack's own sources.

// If the harness cannot continue, the test fails. An error value would only hide the place.
#![allow(clippy::unwrap_used)]

mod accounts;
mod api;
mod binaries;
mod cluster;
pub mod docs;
pub mod files;
mod hotel;
pub mod imports;
pub mod issuer;
mod load;
pub mod messages;
mod metrics;
mod node;
mod operators;
pub mod peer;
mod ports;
mod problem;
mod raw;
mod raw_h2;
pub mod receipts;
pub mod secure;
pub mod sizes;
pub mod sources;
mod sse;
mod verifiers;
mod wait;
mod watchdog;
pub mod witness;

pub use accounts::{assert_accounts_balance, assert_counters_equal_bookings, recount};
pub use api::{Answer, Api, Call, fresh_key, percent_encoded};
pub use binaries::{binary, command};
pub use cluster::Cluster;
pub use hotel::{Hotel, HotelPlan, RoomType, without_receipt};
pub use load::{Acknowledged, Load, assert_replays_byte_for_byte};
pub use metrics::Metrics;
pub use node::{ExitReport, Node, run_until_exit};
pub use operators::{GivenKey, Operators};
pub use ports::free_port_base;
pub use problem::{Refusal, refusal};
pub use raw::{RawAnswer, raw_exchange};
pub use raw_h2::{RawH2, connect_from};
pub use sse::{Event, EventStream};
pub use verifiers::installed_verifier;
pub use wait::{PATIENCE, until};
