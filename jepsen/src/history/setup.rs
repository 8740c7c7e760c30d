//! What a run was set up with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::operation::Day;

/// What a run was set up with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSetup {
    /// Everything random in the harness comes from it.
    pub seed: u64,
    /// Workloads that ran side by side, by name.
    pub workloads: Vec<String>,
    /// Nemeses, by name; those that could not be done here are in `not_run`.
    pub nemeses: Vec<String>,
    /// Nemeses that could not be done, with why.
    pub not_run: BTreeMap<String, String>,
    /// Nodes, by number from 1.
    pub nodes: u32,
    /// How far two nodes' clocks may be apart, faults included, in milliseconds.
    pub skew_ms: u64,
    /// How long callers called, s.
    #[serde(default)]
    pub seconds: u64,
    /// Callers of each workload.
    #[serde(default)]
    pub callers: u32,
    /// Operations a second that were wanted, of all callers.
    #[serde(default)]
    pub rate: u32,
    /// Whether faults were short and close together.
    #[serde(default)]
    pub quick: bool,
    /// Whether all nodes were on loopback, without namespaces.
    #[serde(default)]
    pub loopback: bool,
    /// The planted bug that was switched on.
    #[serde(default)]
    pub bug: Option<String>,
    /// When, RFC 3339.
    pub started: String,
    /// When the last node had been asked; RFC 3339.
    #[serde(default)]
    pub ended: String,
    /// What ran: `keyrackd`, `commit`, `kernel`, ...
    pub versions: BTreeMap<String, String>,
    /// The hotels, empty when the run begins.
    pub hotels: Vec<Hotel>,
}

/// A hotel: no restrictions, the same limit every night.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hotel {
    /// Its property id.
    pub property: String,
    /// The shard that has it.
    pub shard: u32,
    /// Rooms of all types together that may be taken of one night, if there is such a limit.
    pub house_limit: Option<u32>,
    /// Room type and its sell limit per night.
    pub room_types: BTreeMap<String, u32>,
    /// The first night that is asked for,
    pub first: Day,
    /// and how many nights there are.
    pub nights: u32,
}
