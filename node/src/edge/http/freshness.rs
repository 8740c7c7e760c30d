//! How fresh a read has to be, as a query says it.

use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::convert::Problem;
use crate::service::ReadOptions;

/// How fresh a read has to be.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Freshness {
    /// linearizable (default) or bounded.
    pub consistency: String,
    /// With bounded: how old the answer may be.
    pub max_staleness_ms: Option<u32>,
}

impl Freshness {
    /// The options of a read by `deadline`.
    pub fn options(&self, deadline: Instant) -> Result<ReadOptions, Problem> {
        ReadOptions::parse(&self.consistency, self.max_staleness_ms, deadline)
    }
}
