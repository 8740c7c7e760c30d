//! The receipts' log: RFC 6962 hashing, proofs and signed checkpoints, for clusters and for auditors.
//!
//! Nothing is here yet: receipts come with their own change. What will hold is fixed already, and tested:
//! no standard library, no clock, no randomness, no IO, nothing about hotels.
#![no_std]
#![forbid(unsafe_code)]
