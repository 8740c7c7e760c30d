//! Adds the leaves of a log to the ledger, one after another.

use keyrack_inventory::{Leaf, LeafBody, LeafError, LeafKind};

use super::finding::{Findings, Kind};
use super::ledger::{KINDS, Ledger, Seal};
use crate::clock::utc;

/// Places in [`Counts::kinds`](super::ledger::Counts). State files have them in this order, so new kinds come last.
const KEY_CHANGES: usize = 7;
const UNREADABLE: usize = 8;
const SEALS: usize = 9;
const _: () = assert!(LeafKind::ALL.len() + 3 == KINDS, "each kind has its own place");

fn place_of(kind: LeafKind) -> usize {
    match kind {
        LeafKind::Book => 0,
        LeafKind::Amend => 1,
        LeafKind::Cancel => 2,
        LeafKind::CheckIn => 3,
        LeafKind::CheckOut => 4,
        LeafKind::NoShow => 5,
        LeafKind::Erase => 6,
        LeafKind::RevertCheckIn => 10,
        LeafKind::Reinstate => 11,
    }
}

/// The names of the kinds of leaves, by their places in [`Counts::kinds`](super::ledger::Counts).
pub(super) fn kind_names() -> [&'static str; KINDS] {
    let mut names = [""; KINDS];
    (names[KEY_CHANGES], names[UNREADABLE], names[SEALS]) = ("key-change", "unreadable", "audit-seal");
    LeafKind::ALL.into_iter().for_each(|kind| names[place_of(kind)] = kind.name());
    names
}

impl Ledger {
    /// Adds the next leaf. `findings` gets its faults.
    pub fn apply_leaf(&mut self, index: u64, leaf: Result<&Leaf, &LeafError>, findings: &mut Findings) {
        let leaf = match leaf {
            Ok(leaf) => leaf,
            Err(error) => {
                bump(&mut self.counts.kinds[UNREADABLE]);
                findings.add(Kind::Unreadable, Some(index), format!("{error}; its effect on the rooms is unknown"));
                return;
            }
        };
        self.check_order(index, leaf, findings);
        match &leaf.body {
            LeafBody::Booking(booking) => {
                bump(&mut self.counts.kinds[place_of(booking.kind)]);
                self.apply_booking(index, leaf.at_ms, booking, findings);
            }
            LeafBody::KeyChange(keys) => {
                bump(&mut self.counts.kinds[KEY_CHANGES]);
                self.keys.insert(keys.node, (index, *keys));
            }
            LeafBody::AuditSeal { count, link } => {
                bump(&mut self.counts.kinds[SEALS]);
                self.apply_seal(Seal { leaf: index, records: *count, link: *link }, findings);
            }
        }
    }

    /// The audit trail only grows.
    fn apply_seal(&mut self, seal: Seal, findings: &mut Findings) {
        let records = seal.records;
        let wrong = match self.seal {
            Some(known) if records < known.records => {
                format!("the audit trail has {records} records, but it had {} at leaf {}", known.records, known.leaf)
            }
            Some(known) if records == known.records && seal.link != known.link => {
                format!("the audit trail of {records} records has another newest link than at leaf {}", known.leaf)
            }
            _ => return self.seal = Some(seal),
        };
        findings.add(Kind::Contradiction, Some(seal.leaf), wrong);
    }

    /// Neither time nor Raft position may decrease.
    fn check_order(&mut self, index: u64, leaf: &Leaf, findings: &mut Findings) {
        if leaf.at_ms < self.at_ms {
            let what = format!("its time {} is before the time of the previous leaf, {}", utc(leaf.at_ms), utc(self.at_ms));
            findings.add(Kind::Order, Some(index), what);
        }
        let (term, entry) = self.entry;
        // Leaves of one Raft entry share its term and index. A later entry has a larger index and no smaller term.
        let follows = leaf.index > entry && leaf.term >= term || leaf.index == entry && leaf.term == term;
        if !follows && self.leaves() > 0 {
            let what = format!("its Raft entry {} of term {} comes after entry {entry} of term {term}", leaf.index, leaf.term);
            findings.add(Kind::Order, Some(index), what);
        }
        self.at_ms = self.at_ms.max(leaf.at_ms);
        self.entry = (leaf.term, leaf.index);
    }
}

fn bump(count: &mut u64) {
    *count = count.saturating_add(1);
}
