//! Faults against real processes, histories, models and checkers.
//!
//! Nothing is here yet: the harness comes with its own change. Its models never import
//! `keyrack-inventory`, since they would agree with its bugs; a test holds that already.
