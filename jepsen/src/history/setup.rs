//! The setup of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::operation::Day;

/// The setup of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSetup {
    /// The seed of all random choices of the harness.
    pub seed: u64,
    /// The names of the workloads. They ran concurrently.
    pub workloads: Vec<String>,
    /// The names of the nemeses; those that could not run are in `not_run`.
    pub nemeses: Vec<String>,
    /// The nemeses that could not run, each with the reason.
    pub not_run: BTreeMap<String, String>,
    /// The number of nodes; they are numbered from 1.
    pub nodes: u32,
    /// The largest difference between two nodes' clocks, faults included, in milliseconds.
    pub skew_ms: u64,
    /// How long callers sent calls, in seconds.
    #[serde(default)]
    pub seconds: u64,
    /// Callers of each workload.
    #[serde(default)]
    pub callers: u32,
    /// The target rate of all callers together, in operations a second.
    #[serde(default)]
    pub rate: u32,
    /// Whether faults were short and close together.
    #[serde(default)]
    pub quick: bool,
    /// Whether all nodes were on loopback, without namespaces.
    #[serde(default)]
    pub loopback: bool,
    /// The planted bug that was enabled.
    #[serde(default)]
    pub bug: Option<String>,
    /// When the run began, RFC 3339.
    pub started: String,
    /// When the final state had been read, RFC 3339.
    #[serde(default)]
    pub ended: String,
    /// The versions of what ran: `keyrackd`, `commit`, `kernel`, ...
    pub versions: BTreeMap<String, String>,
    /// The hotels, which have no bookings when the run begins.
    pub hotels: Vec<Hotel>,
}

/// A hotel: no restrictions, the same limit every night.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hotel {
    /// Its property id.
    pub property: String,
    /// The shard that has it.
    pub shard: u32,
    /// The most rooms of all types together on one night, if there is such a limit.
    pub house_limit: Option<u32>,
    /// Room type and its sell limit per night.
    pub room_types: BTreeMap<String, u32>,
    /// The first night that callers request.
    pub first: Day,
    /// The number of nights that callers request.
    pub nights: u32,
}
