//! What an audit of one log tells at the end.

use std::collections::BTreeMap;
use std::fmt::Write;

use keyrack_inventory::LeafKind;
use keyrack_merkle::{KeyKind, Policy, Trusted, VerifierKey, encode_hash};
use serde::Serialize;

use super::finding::{Finding, Kind};
use super::state::State;
use crate::clock::{now_ms, utc};
use crate::receipt::told::{ToldTrail, Vouched};
use crate::terminal::plain;

/// A log that is alive is signed every minute.
const STALE_S: u64 = 600;

/// One log's report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The shard.
    pub shard: u32,
    /// The log.
    pub origin: String,
    /// Leaves that were verified before this run, and are now.
    pub verified_before: u64,
    /// Leaves that are verified now: they lead to a checkpoint that the policy believes.
    pub verified: u64,
    /// Leaves by kind.
    pub events: BTreeMap<&'static str, u64>,
    /// Properties that have bookings in this log.
    pub properties: u64,
    /// Bookings that are remembered.
    pub bookings: u64,
    /// Bookings that ended long ago and are forgotten.
    pub forgotten: u64,
    /// Room nights sold and not given back, counted from the leaves.
    pub room_nights_sold: u64,
    /// How far the audit trail is sealed in this log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_trail: Option<ToldTrail>,
    /// The newest leaf's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_leaf: Option<String>,
    /// The newest checkpoint, and who vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Vouched>,
    /// The keys that replicas announced in the log.
    pub keys: Vec<Keys>,
    /// What was found in this run.
    pub findings: Vec<Finding>,
    /// How many there were in this run, also those that are not told word for word.
    pub found: u64,
    /// How many were found before.
    pub found_before: u64,
    /// What is worth knowing, and is not wrong.
    pub notices: Vec<String>,
    #[serde(skip)]
    newest_signature_s: u64,
}

/// One replica's keys.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Keys {
    /// The node.
    pub node: u64,
    /// Since which leaf it signs with them.
    pub leaf: u64,
    /// Its key as the log.
    pub log: String,
    /// Its key as a cosigner.
    pub cosigner: String,
    /// Whether the policy has both.
    pub in_policy: bool,
}

impl Report {
    /// Of a log that was followed up to here.
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

    /// Adds something that is wrong with the log as a whole.
    pub fn find(&mut self, kind: Kind, what: String) {
        self.found += 1;
        self.findings.push(Finding { kind, leaf: None, what });
    }

    /// Who vouches for the newest checkpoint.
    pub fn vouch(&mut self, trusted: &Trusted, policy: &Policy) {
        self.newest_signature_s = trusted.cosigned.iter().map(|(_, time)| *time).max().unwrap_or(0);
        let now_s = now_ms() / 1_000;
        if self.newest_signature_s != 0 && self.newest_signature_s.saturating_add(STALE_S) < now_s {
            let minutes = (now_s - self.newest_signature_s) / 60;
            self.notices.push(format!(
                "the newest signature is {minutes} minutes old: nothing was signed since, or an old one is served"
            ));
        }
        if self.newest_signature_s > now_s.saturating_add(STALE_S) {
            self.notices.push("the newest signature is of the future: a clock is wrong, there or here".to_owned());
        }
        self.checkpoint = Some(Vouched::of(trusted, policy));
    }

    /// What the leaves add up to.
    pub fn tell(&mut self, state: &State, policy: &Policy) {
        let ledger = &state.ledger;
        let names = LeafKind::ALL.iter().map(|kind| kind.name()).chain(["key-change", "unreadable", "audit-seal"]);
        self.events = names.zip(ledger.counts.kinds).filter(|(_, count)| *count > 0).collect();
        self.verified = state.frontier.size();
        self.properties = ledger.properties.all().len() as u64;
        self.bookings = ledger.bookings.len() as u64;
        self.forgotten = ledger.counts.aside;
        self.room_nights_sold = ledger.counts.room_nights;
        let trail = |seal: super::ledger::Seal| ToldTrail { records: seal.records, newest_link: encode_hash(&seal.link) };
        self.audit_trail = ledger.seal.map(trail);
        self.newest_leaf = (ledger.at_ms > 0).then(|| utc(ledger.at_ms));
        self.keys = keys(state, policy);
        for key in self.keys.iter().filter(|key| !key.in_policy) {
            self.notices.push(format!(
                "node {} signs with keys that your policy does not have since leaf {}: {} and {}; compare them with what the operator \
                 publishes before you add them",
                key.node, key.leaf, key.log, key.cosigner
            ));
        }
        if ledger.counts.after_cut > 0 {
            self.notices.push(format!(
                "{} nights were booked with nothing left after the hotel had lowered a limit: holds that were placed before",
                ledger.counts.after_cut
            ));
        }
        if ledger.at_ms > now_ms().saturating_add(STALE_S * 1_000) {
            self.notices.push("the newest leaf is of the future: a clock is wrong, there or here".to_owned());
        }
        let fresh = state.findings.count().saturating_sub(self.found_before);
        self.found = self.found.saturating_add(fresh);
        let told_before = usize::try_from(self.found_before).unwrap_or(usize::MAX);
        self.findings.extend(state.findings.kept().iter().skip(told_before).cloned());
    }

    /// Whether anything is wrong, now or since the audit began.
    pub fn is_good(&self) -> bool {
        self.found == 0
    }

    /// In lines for people.
    pub fn text(&self) -> String {
        let mut text = match self.found {
            0 => format!("{}: nothing wrong in {} leaves\n", self.origin, self.verified),
            found => format!("{}: {found} FOUND\n", self.origin),
        };
        for finding in &self.findings {
            let _ = writeln!(text, "  {finding}");
        }
        let untold = self.found.saturating_sub(self.findings.len() as u64);
        if untold > 0 {
            let _ = writeln!(text, "  and {untold} more like these");
        }
        let fresh = self.verified.saturating_sub(self.verified_before);
        let _ = match &self.checkpoint {
            Some(_) => writeln!(
                text,
                "  leaves      {} verified, {fresh} of them new; their tree has the checkpoint's root, so none before it was changed",
                self.verified
            ),
            None => writeln!(text, "  leaves      {} were verified before; nothing newer is", self.verified_before),
        };
        if !self.events.is_empty() {
            let events: Vec<String> = self.events.iter().map(|(name, count)| format!("{count} {name}")).collect();
            let _ = writeln!(text, "  events      {}", events.join(", "));
            let _ = writeln!(
                text,
                "  rooms       {} room nights sold, at {} properties, counted from the leaves; {} bookings remembered, {} ended long ago",
                self.room_nights_sold, self.properties, self.bookings, self.forgotten
            );
        }
        if let Some(ToldTrail { records, newest_link }) = &self.audit_trail {
            let _ = writeln!(text, "  trail       audit trail sealed: {records} records, newest link {newest_link}");
        }
        if let Some(checkpoint) = &self.checkpoint {
            let newest = self.newest_leaf.as_deref().unwrap_or("never");
            let _ = writeln!(text, "  checkpoint  {} leaves, root {}, newest leaf {newest}", checkpoint.size, checkpoint.root);
            let _ = writeln!(text, "  signed by   {}", list(checkpoint.signed_by.iter().map(|key| short(key))));
            let _ = writeln!(
                text,
                "  cosigned by {}",
                list(checkpoint.cosigned_by.iter().map(|one| {
                    format!("{} ({}, {})", one.name, if one.outside { "outside witness" } else { "replica" }, one.at)
                }))
            );
        }
        if !self.keys.is_empty() {
            let keys = self.keys.iter().map(|key| {
                format!("node {} since leaf {} ({} in your policy)", key.node, key.leaf, if key.in_policy { "is" } else { "NOT" })
            });
            let _ = writeln!(text, "  keys        {}", list(keys));
        }
        if self.found_before > 0 {
            let _ = writeln!(text, "  before      {} findings in earlier runs", self.found_before);
        }
        self.notices.iter().for_each(|notice| _ = writeln!(text, "  note        {notice}"));
        plain(&text)
    }
}

/// What replicas announced, and whether the policy knows it.
fn keys(state: &State, policy: &Policy) -> Vec<Keys> {
    let cluster = state.origin.rsplit_once("/shard-").map_or(state.origin.as_str(), |(cluster, _)| cluster);
    let mut told = Vec::new();
    for (leaf, keys) in state.ledger.keys.values() {
        let log = VerifierKey::new(&state.origin, KeyKind::Log, &keys.log);
        let cosigner = VerifierKey::new(&format!("{cluster}/node-{}", keys.node), KeyKind::Cosigner, &keys.cosigner);
        let in_policy = log.as_ref().is_ok_and(|log| policy.logs().any(|(key, _)| key == log))
            && cosigner.as_ref().is_ok_and(|cosigner| policy.witnesses().any(|(_, key, _)| key == cosigner));
        let shown = |key: Result<VerifierKey, keyrack_merkle::KeyError>| {
            key.map_or_else(|error| error.to_string(), |key| key.to_string())
        };
        told.push(Keys { node: keys.node, leaf: *leaf, log: shown(log), cosigner: shown(cosigner), in_policy });
    }
    told
}

/// A verifier key without the key itself: its name and id.
fn short(vkey: &str) -> String {
    // The key is base64, which may have plus signs too.
    vkey.splitn(3, '+').take(2).collect::<Vec<_>>().join("+")
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "nobody".to_owned() } else { items.join(", ") }
}
