//! A test harness like Jepsen: real `keyrackd` processes, faults, recorded histories, models and checkers.
//!
//! A run starts a cluster and injects faults while callers send requests. It records every request and its answer: the
//! [`history`]. From that record alone, the [`check`]ers decide whether Keyrack kept its promises. They compare it with an
//! independent [`model`]. [`recall`] plants bugs and reports which tests find them.
//!
//! Invariants:
//! - nothing here depends on Keyrack's crates, except the simulation, which is a separate program: a model that shares code
//!   with Keyrack would share its bugs;
//! - all random numbers come from one seed, through [`rng`];
//! - an inconclusive run is never reported as passed.
//!
//! Modules import downwards in this order: `recall`, `run`, `report`, `nemesis`, `workload`, `check`, `cluster`, then
//! `model`, `net` and `disk`, then `history` and `rng`. Start with [`run`], then [`check`].

pub mod check;
pub mod cluster;
pub mod disk;
pub mod history;
pub mod model;
pub mod nemesis;
pub mod net;
pub mod recall;
pub mod report;
pub mod rng;
pub mod run;
pub mod workload;
