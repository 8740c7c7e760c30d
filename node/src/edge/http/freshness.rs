//! The query parameters for the freshness of a read.

use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::convert::Problem;
use crate::service::ReadOptions;

/// The required freshness of a read.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Freshness {
    /// linearizable (default): reflects every change acknowledged before. bounded: may be at most maxStalenessMs old.
    pub consistency: String,
    /// For bounded: the maximum age of the answer in milliseconds. Not allowed with linearizable.
    pub max_staleness_ms: Option<u32>,
}

impl Freshness {
    /// The options of a read by `deadline`.
    pub fn options(&self, deadline: Instant) -> Result<ReadOptions, Problem> {
        ReadOptions::parse(&self.consistency, self.max_staleness_ms, deadline)
    }
}
