//! The node's metrics, in Prometheus' text format.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyrack_cluster::{ClusterNode, ReceiptLog, Status};
use keyrack_proto::Code;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::budget::{NodeBudget, Owner};

/// The node's counters and gauges.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    refusals: Family<CodeLabels, Counter>,
    confirmations_without_receipt: Counter,
    certificate_expires: Gauge,
    certificates: Counter,
    rewrapping: RewrapProgress,
    budget: Arc<NodeBudget>,
}

/// Progress of the re-encryption of guests' keys under the active key.
#[derive(Debug, Default)]
pub struct RewrapProgress {
    /// Keys that were re-encrypted since the node started.
    pub done: AtomicU64,
    /// Keys that no key of the keyring decrypts, in the last pass.
    pub undecryptable: AtomicU64,
    /// 1 during a pass.
    pub running: AtomicU64,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OwnerLabels {
    full: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ShardLabels {
    shard: u32,
}

impl Metrics {
    /// The metrics of a node that counts waiting bytes in `budget`.
    pub fn new(budget: Arc<NodeBudget>) -> Metrics {
        let mut registry = Registry::with_prefix("keyrack");
        let requests = Family::default();
        let refusals = Family::default();
        let seconds =
            Family::new_with_constructor((|| Histogram::new(exponential_buckets(0.000_25, 2.0, 16))) as fn() -> Histogram);
        registry.register("http_requests", "HTTP requests answered", requests.clone());
        registry.register("http_request_seconds", "Time from the request's head to its answer, in seconds", seconds.clone());
        registry.register("refusals", "Commands refused by the state machine", refusals.clone());
        let confirmations_without_receipt = Counter::default();
        registry.register("receipts_late", "Confirmations sent without their receipt", confirmations_without_receipt.clone());
        let certificate_expires = Gauge::default();
        let help = "When the node's certificate expires, in seconds since 1970; 0 without TLS";
        registry.register("tls_certificate_expires_seconds", help, certificate_expires.clone());
        // Dashboards and alerts still use the old name.
        registry.register(
            "tls_certificate_runs_out_seconds",
            "Old name of keyrack_tls_certificate_expires_seconds",
            certificate_expires.clone(),
        );
        let certificates = Counter::default();
        registry.register("tls_certificates", "Certificates used since the start, rotations included", certificates.clone());
        let rewrapping = RewrapProgress::default();
        Metrics {
            registry,
            requests,
            seconds,
            refusals,
            confirmations_without_receipt,
            certificate_expires,
            certificates,
            rewrapping,
            budget,
        }
    }

    /// Counts an answered request.
    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { method, route: route.into(), status }).inc();
        self.seconds.get_or_create(&RouteLabels { route: route.into() }).observe(took.as_secs_f64());
    }

    /// Counts a refusal.
    pub fn refused(&self, code: Code) {
        self.refusals.get_or_create(&CodeLabels { code: code.as_str() }).inc();
    }

    /// Counts a confirmation without its receipt.
    pub fn count_confirmation_without_receipt(&self) {
        self.confirmations_without_receipt.inc();
    }

    /// Records a new certificate and when it expires.
    pub fn certificate_expires(&self, at: jiff::Timestamp) {
        self.certificate_expires.set(at.as_second());
        self.certificates.inc();
    }

    /// See [`RewrapProgress`].
    pub fn rewrapping(&self) -> &RewrapProgress {
        &self.rewrapping
    }

    /// All metrics, with the present state of the shards.
    pub fn render(&self, cluster: &ClusterNode) -> Result<String, std::fmt::Error> {
        let mut page = String::new();
        text::encode_registry(&mut page, &self.registry)?;
        for registry in [raft(cluster), receipts(cluster), guests(&self.rewrapping), peers(cluster), waiting(&self.budget)] {
            text::encode_registry(&mut page, &registry)?;
        }
        // The page has one end mark, so each registry is written without it.
        text::encode_eof(&mut page)?;
        Ok(page)
    }
}

/// The present state of the Raft groups.
fn raft(cluster: &ClusterNode) -> Registry {
    let (node, shards) = (cluster.node(), cluster.status());
    let mut raft = Registry::with_prefix("keyrack_raft");
    let mut gauge = |name: &str, help: &str, value: &dyn Fn(&Status) -> i64| {
        let family = Family::<ShardLabels, Gauge>::default();
        for (shard, status) in shards.iter().enumerate() {
            family.get_or_create(&ShardLabels { shard: shard as u32 }).set(value(status));
        }
        raft.register(name, help, family);
    };
    gauge("is_leader", "1 on the shard's leader", &|s| i64::from(s.leader == Some(node)));
    gauge("has_leader", "1 while a leader is known", &|s| i64::from(s.leader.is_some()));
    gauge("term", "The term", &|s| s.term as i64);
    gauge("last_index", "The last index of the log", &|s| s.last_index as i64);
    gauge("applied_index", "The last applied index", &|s| s.applied_index as i64);
    gauge("purged_index", "The last index that was purged from the log", &|s| s.purged_index as i64);
    gauge("snapshot_index", "The last index in the newest snapshot", &|s| s.snapshot_index as i64);
    let mut counter = |name: &str, help: &str, value: &dyn Fn(&Status) -> u64| {
        let family = Family::<ShardLabels, Counter>::default();
        for (shard, status) in shards.iter().enumerate() {
            family.get_or_create(&ShardLabels { shard: shard as u32 }).inc_by(value(status));
        }
        raft.register(name, help, family);
    };
    counter("snapshots_installed", "Snapshots installed since the start", &|s| s.snapshots_installed);
    counter("snapshots_built", "Snapshots built since the start", &|s| s.snapshots_built);
    let syncs = Counter::<u64>::default();
    syncs.inc_by(cluster.log_syncs());
    raft.register("log_syncs", "Synced writes of the log, all shards together", syncs);
    raft
}

/// The other nodes.
fn peers(cluster: &ClusterNode) -> Registry {
    let mut registry = Registry::with_prefix("keyrack_peer");
    let refused = Counter::<u64>::default();
    refused.inc_by(cluster.peer_refusals());
    registry.register("refused", "Messages of other nodes that were refused because no honest node sends them", refused);
    registry
}

/// The bytes that wait for clients.
fn waiting(budget: &NodeBudget) -> Registry {
    let mut registry = Registry::with_prefix("keyrack_waiting");
    let bytes = Gauge::<i64>::default();
    bytes.set(budget.waiting_bytes() as i64);
    registry.register("bytes", "Bytes in memory for clients: connections, open requests, bodies and unread answers", bytes);
    let refused = Family::<OwnerLabels, Counter>::default();
    for owner in Owner::ALL {
        refused.get_or_create(&OwnerLabels { full: owner.name() }).inc_by(budget.refusals(owner));
    }
    registry.register("refused", "Connections, requests and answers refused because too many bytes waited", refused);
    registry
}

/// See [`RewrapProgress`].
fn guests(progress: &RewrapProgress) -> Registry {
    let mut registry = Registry::with_prefix("keyrack_guests");
    let done = Counter::<u64>::default();
    done.inc_by(progress.done.load(Ordering::Relaxed));
    registry.register("rewrapped", "Guests' keys re-encrypted by this node since the start", done);
    let mut gauge = |name: &str, help: &str, value: u64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value as i64);
        registry.register(name, help, gauge);
    };
    gauge("rewrapping", "1 while this node re-encrypts guests' keys in its shards", progress.running.load(Ordering::Relaxed));
    let undecryptable = progress.undecryptable.load(Ordering::Relaxed);
    gauge("undecryptable", "Guests' keys that no key of this node's keyring decrypts, found by the last pass", undecryptable);
    // Dashboards and alerts still use the old name.
    gauge("lost", "Old name of keyrack_guests_undecryptable", undecryptable);
    registry
}

/// The present state of the receipts logs.
fn receipts(cluster: &ClusterNode) -> Registry {
    let mut registry = Registry::with_prefix("keyrack_receipts");
    let mut gauge = |name: &str, help: &str, value: &dyn Fn(&ReceiptLog) -> u64| {
        let family = Family::<ShardLabels, Gauge>::default();
        for shard in 1..=cluster.data_shards() {
            let value = cluster.receipts(shard).map_or(0, value);
            family.get_or_create(&ShardLabels { shard }).set(value as i64);
        }
        registry.register(name, help, family);
    };
    gauge("leaves", "Leaves applied on this node", &ReceiptLog::size);
    gauge("checkpoint_size", "Leaves under the newest cosigned checkpoint", &|log| {
        log.checkpoint().ok().flatten().map_or(0, |c| c.size)
    });
    gauge("witnessed_size", "Leaves under the newest checkpoint that an outside witness signed", &|log| {
        log.witnessed_checkpoint().map_or(0, |c| c.size)
    });
    let divergences = Counter::<u64>::default();
    divergences.inc_by(cluster.divergences());
    registry.register("divergences", "Times two replicas had different roots at one size", divergences);
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_name_of_a_metric_has_the_same_value() {
        let metrics = Metrics::new(Arc::new(NodeBudget::new(0, 0, true)));
        metrics.certificate_expires(jiff::Timestamp::from_second(1_900_000_000).expect("a time"));
        let mut page = String::new();
        text::encode_registry(&mut page, &metrics.registry).expect("written");
        for name in ["expires", "runs_out"] {
            let line = format!("keyrack_tls_certificate_{name}_seconds 1900000000");
            assert!(page.lines().any(|found| found == line), "{page}");
        }
    }
}
