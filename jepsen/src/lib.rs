//! A test harness in the manner of Jepsen: real `keyrackd` processes, faults, recorded histories, models and checkers.
//!
//! A run starts a cluster, lets callers work against it while faults are injected, and records what every caller asked and
//! was answered: the [`history`]. The [`check`]ers decide from that record alone, with a [`model`] of their own, whether
//! Keyrack kept its promises. [`recall`] plants bugs and shows which tests find them.
//!
//! Invariants:
//! - nothing here depends on Keyrack's crates (but for the simulation, a program of its own): a model that shares code
//!   with what it judges shares its bugs;
//! - everything random comes from one seed, by [`rng`];
//! - a run that shows nothing is never reported as good.
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
