//! The state that all operations of one node share.

use std::sync::Arc;
use std::time::Duration;

use keyrack_cluster::ClusterNode;
use tokio::time::Instant;

use super::requests_in_flight::RequestsInFlight;
use crate::access::quotas::Quotas;
use crate::access::{Gate, Guard, Oidc};
use crate::budget::NodeBudget;
use crate::config::Config;
use crate::guests::Vault;
use crate::metrics::Metrics;

/// The operations of one node. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub cluster: ClusterNode,
    pub vault: Arc<Vault>,
    pub guard: Guard,
    pub metrics: Arc<Metrics>,
    pub in_flight: RequestsInFlight,
    pub request_timeout: Duration,
    pub receipt_wait: Duration,
}

impl Service {
    /// The operations of a node that takes part in `cluster`.
    pub fn new(config: &Config, cluster: ClusterNode, vault: Arc<Vault>, budget: Arc<NodeBudget>, oidc: Oidc) -> Service {
        let gate = Gate::new(&config.keys, cluster.clone(), vault.clone(), oidc);
        let inner = Inner {
            guard: Guard::new(gate, Quotas::new(&config.limits), config.development),
            cluster,
            vault,
            metrics: Arc::new(Metrics::new(budget)),
            in_flight: RequestsInFlight::default(),
            request_timeout: Duration::from_millis(config.limits.request_timeout_ms),
            receipt_wait: Duration::from_millis(config.receipts.wait_ms),
        };
        Service { inner: Arc::new(inner) }
    }

    /// Authenticates callers, counts quotas, and records the audit trail.
    pub fn guard(&self) -> &Guard {
        &self.inner.guard
    }

    /// The node's part of the cluster.
    pub fn cluster(&self) -> &ClusterNode {
        &self.inner.cluster
    }

    /// The node's metrics.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.inner.metrics
    }

    /// The deadline of a request that has none itself.
    pub fn default_deadline(&self) -> Instant {
        Instant::now() + self.inner.request_timeout
    }
}
