//! Faults against real processes, histories, models and checkers.
//!
//! A run starts `keyrackd` processes, lets callers work against them, does harm to them meanwhile, and writes down
//! what every caller asked and was answered: the [`history`]. The [`check`]ers decide from that alone, with a [`model`]
//! of their own, whether what was promised was kept. Nothing here knows Keyrack's crates: a model that shares code with
//! what it judges shares its bugs.

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
