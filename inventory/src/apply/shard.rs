//! The state of a shard while one command is applied to it. All decisions work on it.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::ledger::Ledger;
use super::stop::Decision;
use super::watched_rows::WatchedRows;
use crate::rows;
use crate::{Entry, JournalEvent, Key, MAX_REASON, Mark, Meta, Property, PropertyNumber, Reject, Reply, Role, Row, Rows, Scope};

/// The log position and time of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct At {
    /// The time that the leader stamped on it, ms since 1970.
    pub ms: u64,
    /// The term of the Raft entry. Leaves contain it.
    pub term: u64,
    /// The index of the Raft entry. Leaves contain it.
    pub index: u64,
    /// The rules by which it is decided.
    pub rules: Rules,
}

impl From<u64> for At {
    fn from(ms: u64) -> At {
        At { ms, term: 0, index: 0, rules: Rules::PRESENT }
    }
}

/// The rules by which a command is decided. The leader stamps its own version's rules on a Raft entry, so that every replica decides
/// the entry in the same way, also one that applies it after an upgrade. Rules never change; a change gets the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rules(pub u32);

impl Rules {
    /// Entries without a number.
    pub const FIRST: Rules = Rules(0);
    /// Refusals are bounded (`apply/refusals.rs`), only the leaf of a new guest has digests of the guest, an erasure also removes what
    /// is in clear about the guest, and replica keys need a proof.
    pub const BOUNDED: Rules = Rules(1);
    /// The directory's shard: a node is fenced only if it is a member and the members that are not fenced stay a majority, and the
    /// properties and principals are bounded.
    pub const DIRECTORY_BOUNDED: Rules = Rules(2);
    /// The row of a booking names the journal line that made it.
    pub const BOOKING_HAS_LINE: Rules = Rules(2);
    /// Bookings as hotels know them: an amendment keeps what the booking has (`apply/exchange.rs`), late changes have a fee, an early
    /// check-out gives nights back, prices are rounded once, references are unique, past nights of ARI updates are left alone.
    pub const HOTEL: Rules = Rules(3);
    /// The newest rules that this version knows.
    pub const PRESENT: Rules = Rules::HOTEL;
}

/// What is kept of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeptRefusal {
    /// Its own record and its answer.
    Whole,
    /// Only the count.
    Counted,
    /// The count, and one record for this refusal and those that were counted before it.
    Summed,
}

/// The state of a shard while one command is applied to it.
pub(super) struct Shard<'r, R: ?Sized> {
    pub(super) rows: WatchedRows<'r, R>,
    /// The shard's clock and cursors, written back after the command.
    pub(super) meta: Meta,
    /// The command's property.
    pub(super) property: PropertyNumber,
    pub(super) at: At,
    /// What the caller may see of the property.
    pub(super) scope: Scope,
    /// The owner of what the caller makes.
    pub(super) seller: u32,
    /// The caller's role; `None` for the cluster's own commands.
    pub(super) role: Option<Role>,
    /// The command's changes of the counters, for the assertions.
    pub(super) ledger: Ledger,
    /// What is kept of the command's refusal.
    pub(super) kept: KeptRefusal,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// The command's property with its catalogue.
    pub(super) fn property_row(&mut self) -> Decision<Arc<Property>> {
        Ok(rows::property(&mut self.rows, self.property)?.cloned().ok_or(Reject::UnknownProperty)?)
    }

    pub(super) fn store_property(&mut self, property: Property) -> Arc<Property> {
        let property = Arc::new(property);
        self.rows.put(Key::Property(self.property), Row::Property(property.clone()));
        property
    }

    /// Appends a line to the journal.
    pub(super) fn journal(&mut self, request: Option<[u8; 16]>, happened: JournalEvent, reply: Reply, mark: Option<Mark>) {
        let chained = mark.as_ref().is_none_or(|mark| mark.link == self.meta.audit_link);
        assert!(chained, "the newest audit record belongs to this line");
        if let Reply::Booking(booking) = &reply
            && self.at.rules >= Rules::BOUNDED
            && booking.line != Some(self.meta.next_sequence)
        {
            self.rows.put(Key::BookingLine(booking.id, self.meta.next_sequence), Row::Present);
        }
        let entry = Entry { at_ms: self.meta.last_at_ms, property: self.property, request, happened, reply, mark };
        self.rows.put(Key::Journal(self.meta.next_sequence), Row::Journal(Box::new(entry)));
        self.meta.next_sequence += 1;
    }
}

impl<R: ?Sized> Shard<'_, R> {
    /// Whether the caller runs the hotel: a desk, a manager, an operator, or the cluster itself.
    pub(super) fn is_staff(&self) -> bool {
        self.role.is_none_or(Role::is_staff)
    }

    /// Whether restrictions do not bind the command. Only staff may override them.
    pub(super) fn overrides(&self, reason: Option<&str>) -> Result<bool, Reject> {
        match reason {
            None => Ok(false),
            // The edge allows fewer characters; only a hostile node sends more.
            Some(reason) if self.is_staff() && reason.len() <= MAX_REASON => Ok(true),
            Some(_) => Err(Reject::Forbidden),
        }
    }
}

/// Refuses if the caller expected a revision other than `current`.
pub(super) fn check_revision(expected: Option<u32>, current: u32) -> Result<(), Reject> {
    match expected {
        Some(revision) if revision != current => Err(Reject::RevisionMismatch { current }),
        _ => Ok(()),
    }
}
