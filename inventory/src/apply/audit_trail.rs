//! The audit trail's hash chain: a link for every record, and leaves that seal it.

use alloc::string::String;

use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::audit::{Action, AuditRecord, Mark, Observation, Verdict};
use crate::leaf::LeafBody;
use crate::{Command, JournalEvent, Reply, Rows};

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// The audit mark of a caller's command. It extends the chain.
    pub(super) fn mark(&mut self, command: &Command, reply: &Reply) -> Option<Mark> {
        let actor = command.by.clone()?;
        let action = command.op.kind().action().unwrap_or(Action::OTHER);
        let verdict = match reply {
            Reply::Rejected(reject) => Verdict(reject.number() as u16),
            _ => Verdict::ALLOWED,
        };
        let record = command.op.record();
        let seen = Observation {
            at_ms: self.meta.last_at_ms,
            actor: actor.clone(),
            action,
            property: self.property,
            record,
            verdict,
            times: 1,
        };
        // A refused reason is not recorded: a caller without the right could write what it likes.
        let reason = command.op.override_reason().filter(|_| verdict == Verdict::ALLOWED && self.at.rules >= Rules::HOTEL);
        let reason = reason.map(String::from);
        let link = self.chain(AuditRecord { line: self.meta.next_sequence, place: 0, seen, reason: reason.clone() });
        Some(Mark { actor, action, record, reason, link })
    }

    /// Records an edge's observations in one journal line.
    pub(super) fn observe(&mut self, seen: &[Observation]) -> Decision<(JournalEvent, Reply)> {
        self.chain_observed(seen);
        Ok((JournalEvent::Observed(seen.to_vec()), Reply::Done))
    }

    /// Extends the chain by the observations of the next journal line.
    pub(super) fn chain_observed(&mut self, seen: &[Observation]) {
        for (place, seen) in seen.iter().enumerate() {
            self.chain(AuditRecord { line: self.meta.next_sequence, place: place as u32, seen: seen.clone(), reason: None });
        }
    }

    /// Appends a leaf with the number of records and the chain's newest link, unless there are no new records.
    pub(super) fn seal_audit(&mut self) -> Decision<(JournalEvent, Reply)> {
        if self.meta.audit_count > self.meta.audit_sealed {
            self.meta.audit_sealed = self.meta.audit_count;
            self.meta.audit_unsealed_since_ms = 0;
            self.put_leaf(LeafBody::AuditSeal { count: self.meta.audit_count, link: self.meta.audit_link });
        }
        Ok((JournalEvent::Nothing, Reply::Done))
    }

    fn chain(&mut self, record: AuditRecord) -> crate::Link {
        assert_eq!(record.line, self.meta.next_sequence, "a record is chained right before its journal line is written");
        self.meta.audit_link = record.link(&self.meta.audit_link);
        self.meta.audit_count += 1;
        if self.meta.audit_unsealed_since_ms == 0 {
            self.meta.audit_unsealed_since_ms = self.meta.last_at_ms;
        }
        self.meta.audit_link
    }
}
