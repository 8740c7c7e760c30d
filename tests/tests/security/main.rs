//! Nobody gets in, and nobody sees or does what is not theirs: every way in, every role, and requests that nobody should send.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod matrix;
mod requests;
mod scopes;
