//! The report of the audit of one log.

use std::collections::BTreeMap;

use keyrack_merkle::{KeyKind, Policy, Trusted, VerifierKey, encode_hash};
use serde::Serialize;

use super::finding::{Finding, Kind};
use super::ledger::Seal;
use super::replay::kind_names;
use super::state::State;
use crate::auditor::checkpoint_summary::CheckpointSummary;
use crate::auditor::leaf_summary::AuditTrailSeal;
use crate::clock::{now_ms, utc};

/// A live log is signed every minute. Older signatures are reported.
const STALE_S: u64 = 600;

/// The report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The shard.
    pub shard: u32,
    /// The name of the log.
    pub origin: String,
    /// The number of leaves that were verified before this run.
    pub verified_before: u64,
    /// The number of verified leaves. Their root is in a checkpoint that the policy accepts.
    pub verified: u64,
    /// Leaves by kind.
    pub events: BTreeMap<&'static str, u64>,
    /// The number of properties with bookings in this log.
    pub properties: u64,
    /// The number of remembered bookings.
    pub bookings: u64,
    /// The number of bookings that ended long ago and are forgotten.
    pub forgotten: u64,
    /// Room nights sold and not given back, counted from the leaves.
    pub room_nights_sold: u64,
    /// The newest seal of the audit trail in this log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_trail: Option<AuditTrailSeal>,
    /// The time of the newest leaf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_leaf: Option<String>,
    /// The newest checkpoint with its signatures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<CheckpointSummary>,
    /// The keys that replicas announced in the log.
    pub keys: Vec<Keys>,
    /// The findings of this run.
    pub findings: Vec<Finding>,
    /// The number of findings of this run, including those without a text.
    pub found: u64,
    /// The number of findings of earlier runs.
    pub found_before: u64,
    /// Observations that are not findings.
    pub notices: Vec<String>,
    #[serde(skip)]
    newest_signature_s: u64,
}

/// The keys of a replica.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Keys {
    /// The node.
    pub node: u64,
    /// The leaf that announced them.
    pub leaf: u64,
    /// Its key for the log.
    pub log: String,
    /// Its key as a cosigner.
    pub cosigner: String,
    /// Whether both keys are in the policy.
    pub in_policy: bool,
}

impl Report {
    /// The report of a log that was verified up to this state.
    pub fn new(shard: u32, verified: &State) -> Report {
        Report {
            shard,
            origin: verified.origin.clone(),
            verified_before: verified.frontier.size(),
            verified: verified.frontier.size(),
            events: BTreeMap::new(),
            properties: 0,
            bookings: 0,
            forgotten: 0,
            room_nights_sold: 0,
            audit_trail: None,
            newest_leaf: None,
            checkpoint: None,
            keys: Vec::new(),
            findings: Vec::new(),
            found: 0,
            found_before: verified.findings.count(),
            notices: Vec::new(),
            newest_signature_s: 0,
        }
    }

    /// Adds a finding about the log as a whole.
    pub fn find(&mut self, kind: Kind, what: String) {
        self.found += 1;
        self.findings.push(Finding { kind, leaf: None, what });
    }

    /// Adds the newest checkpoint.
    pub fn set_checkpoint(&mut self, trusted: &Trusted, policy: &Policy) {
        self.newest_signature_s = trusted.cosigned.iter().map(|(_, time)| *time).max().unwrap_or(0);
        let now_s = now_ms() / 1_000;
        if self.newest_signature_s != 0 && self.newest_signature_s.saturating_add(STALE_S) < now_s {
            let minutes = (now_s - self.newest_signature_s) / 60;
            self.notices.push(format!(
                "the newest signature is {minutes} minutes old: the replicas have signed nothing since, or the node \
                 serves an old checkpoint"
            ));
        }
        if self.newest_signature_s > now_s.saturating_add(STALE_S) {
            self.notices
                .push("the newest signature is from the future: the clock of the cluster or of this machine is wrong".to_owned());
        }
        self.checkpoint = Some(CheckpointSummary::of(trusted, policy));
    }

    /// Adds the sums of the ledger.
    pub fn set_ledger(&mut self, state: &State, policy: &Policy) {
        let ledger = &state.ledger;
        self.events = kind_names().into_iter().zip(ledger.counts.kinds).filter(|(_, count)| *count > 0).collect();
        self.verified = state.frontier.size();
        self.properties = ledger.properties.all().len() as u64;
        self.bookings = ledger.bookings.len() as u64;
        self.forgotten = ledger.counts.forgotten;
        self.room_nights_sold = ledger.counts.room_nights;
        let seal = |seal: Seal| AuditTrailSeal { records: seal.records, newest_link: encode_hash(&seal.link) };
        self.audit_trail = ledger.seal.map(seal);
        self.newest_leaf = (ledger.at_ms > 0).then(|| utc(ledger.at_ms));
        self.keys = keys(state, policy);
        for key in self.keys.iter().filter(|key| !key.in_policy) {
            self.notices.push(format!(
                "since leaf {1} node {0} signs with keys that are not in your policy: {2} and {3}. Compare them with \
                 those that the \
                 operator publishes before you add them",
                key.node, key.leaf, key.log, key.cosigner
            ));
        }
        if ledger.counts.booked_after_lowering > 0 {
            self.notices.push(format!(
                "{} nights were booked above a limit that was lowered minutes earlier: confirmations of holds placed before",
                ledger.counts.booked_after_lowering
            ));
        }
        if ledger.at_ms > now_ms().saturating_add(STALE_S * 1_000) {
            self.notices
                .push("the newest leaf is from the future: the clock of the cluster or of this machine is wrong".to_owned());
        }
        let fresh = state.findings.count().saturating_sub(self.found_before);
        self.found = self.found.saturating_add(fresh);
        let skip = usize::try_from(self.found_before).unwrap_or(usize::MAX);
        self.findings.extend(state.findings.kept().iter().skip(skip).cloned());
    }

    /// Whether this run found nothing.
    pub fn is_good(&self) -> bool {
        self.found == 0
    }

    /// Whether this run found nothing wrong, but could not check everything.
    pub fn is_only_unchecked(&self) -> bool {
        self.found > 0
            && self.found == self.findings.len() as u64
            && self.findings.iter().all(|finding| finding.kind == Kind::Unchecked)
    }
}

/// The keys that replicas announced, and whether they are in the policy.
fn keys(state: &State, policy: &Policy) -> Vec<Keys> {
    let cluster = state.origin.rsplit_once("/shard-").map_or(state.origin.as_str(), |(cluster, _)| cluster);
    let mut all = Vec::new();
    for (leaf, keys) in state.ledger.keys.values() {
        let log = VerifierKey::new(&state.origin, KeyKind::Log, &keys.log);
        let cosigner = VerifierKey::new(&format!("{cluster}/node-{}", keys.node), KeyKind::Cosigner, &keys.cosigner);
        let in_policy = log.as_ref().is_ok_and(|log| policy.logs().any(|(key, _)| key == log))
            && cosigner.as_ref().is_ok_and(|cosigner| policy.witnesses().any(|(_, key, _)| key == cosigner));
        let shown = |key: Result<VerifierKey, keyrack_merkle::KeyError>| {
            key.map_or_else(|error| error.to_string(), |key| key.to_string())
        };
        all.push(Keys { node: keys.node, leaf: *leaf, log: shown(log), cosigner: shown(cosigner), in_policy });
    }
    all
}
