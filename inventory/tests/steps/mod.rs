//! Random commands with few properties, rooms and dates, so that they conflict.
//!
//! A [`Step`] refers to earlier results by small numbers ("the third booking so far"), and a [`Script`] turns it into a
//! command. So a shrunk sequence is still valid after some of its steps were removed.
#![allow(dead_code, reason = "every test file uses some of these")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

pub mod drawn;
mod script;

pub use drawn::steps;
pub use script::Script;
