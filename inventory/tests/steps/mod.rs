//! Random commands: few hotels, rooms and dates, so that they get in each other's way.
//!
//! A [`Step`] names what it wants by small numbers ("the third booking so far"); a [`Script`] turns it
//! into a command. So a shrunk sequence still makes sense after some of its steps were left out.
#![allow(dead_code, reason = "every test file uses some of these")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

pub mod drawn;
mod script;

pub use drawn::steps;
pub use script::Script;
