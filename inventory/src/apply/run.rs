//! The steps that every command takes.

use alloc::vec::Vec;

use super::amend::{Changes, NewGuest};
use super::booking_rows::NewBooking;
use super::ledger::Ledger;
use super::shard::{At, KeptRefusal, Shard};
use super::stop::{Decision, Stop};
use super::watched_rows::WatchedRows;
use crate::rows;
use crate::{
    Command, Fault, IdempotencyRecord, JournalEvent, Key, Meta, Op, Outcome, ProvenKeys, Reject, Reply, Row, Rows, Scope, Sealed,
};

/// Applies one command at its log time (or at the latest log time, if that is later).
///
/// # Errors
/// A [`Fault`] means that the storage failed or is corrupt. The replica must stop and discard the rows it changed.
pub fn apply<R: Rows + ?Sized>(rows: &mut R, command: &Command, at: impl Into<At>) -> Result<Outcome, Fault> {
    let at = at.into();
    let before = rows::meta(rows)?.copied().unwrap_or_default();
    if !before.is_consistent() {
        return Err(Fault::Corrupt(Key::Meta, "the cursors contradict each other".into()));
    }
    let mut meta = before;
    meta.last_at_ms = meta.last_at_ms.max(at.ms);
    let seller = command.by.as_ref().map_or(0, |actor| actor.who.seller());
    let rows = WatchedRows::new(rows, &meta);
    let (property, scope, ledger, kept) = (command.property, Scope::All, Ledger::default(), KeptRefusal::Whole);
    let mut shard = Shard { rows, meta, property, at, scope, seller, role: None, ledger, kept };
    let outcome = shard.run(command);
    let meta = shard.meta;
    if let Ok(outcome) = &outcome {
        assert!(meta.last_at_ms >= before.last_at_ms && meta.last_at_ms >= at.ms, "log time never runs backwards");
        assert!(meta.is_consistent(), "the cursors are consistent");
        let records = before.audit_count + records(command, outcome, shard.kept);
        assert_eq!(meta.audit_count, records, "the audit trail has every caller's command and every observation");
        shard.rows.assert_cursors(&meta);
    }
    shard.rows.put(Key::Meta, Row::Meta(meta));
    outcome
}

/// The number of audit records that a command makes.
fn records(command: &Command, outcome: &Outcome, kept: KeptRefusal) -> u64 {
    match (&command.by, &command.op) {
        _ if outcome.replayed => 0,
        (Some(_), _) => u64::from(kept != KeptRefusal::Counted),
        (None, Op::Observe(seen)) if !matches!(outcome.reply, Reply::Rejected(_)) => seen.len() as u64,
        (None, _) => 0,
    }
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    fn run(&mut self, command: &Command) -> Result<Outcome, Fault> {
        self.expire_holds()?;
        self.expire_records()?;
        self.ledger.assert_balanced();
        let before = self.state();
        match self.admit(command) {
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(Stop::Reject(reject)) => {
                assert_eq!(self.state(), before, "a refused caller changes nothing");
                return self.refuse_caller(command, reject);
            }
            Ok(Some(stored)) => {
                assert_eq!(self.state(), before, "a retry changes nothing");
                return Ok(stored);
            }
            Ok(None) => {}
        }
        let (happened, reply) = match self.decide(&command.op) {
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(Stop::Reject(reject)) => {
                assert_eq!(self.state(), before, "a refusal changes nothing");
                self.ledger.assert_balanced();
                if reject.leaves_key_unused() {
                    return self.refuse_caller(command, reject);
                }
                self.kept = self.count_refusal(command)?;
                if self.kept != KeptRefusal::Whole {
                    return Ok(self.refuse_without_answer(command, reject));
                }
                (JournalEvent::Nothing, Reply::Rejected(reject))
            }
            Ok(decided) => decided,
        };
        self.ledger.assert_balanced();
        self.keep_answer(command, happened, reply)
    }

    /// Writes the journal line with the answer, and the idempotency record that points to it.
    fn keep_answer(&mut self, command: &Command, happened: JournalEvent, reply: Reply) -> Result<Outcome, Fault> {
        let line = self.meta.next_sequence;
        if let Some(key) = command.request {
            let recorded = IdempotencyRecord { fingerprint: key.fingerprint, sequence: line };
            self.rows.put(Key::Request(key.digest), Row::Request(recorded));
        }
        // The caller that makes a booking has the guest's key. The caller of a later change may not have it.
        let taken = happened == JournalEvent::Booked;
        let guest_key = if taken { None } else { self.guest_key(&reply)? };
        if command.request.is_some() || command.by.is_some() || happened != JournalEvent::Nothing {
            let mark = self.mark(command, &reply);
            self.journal(command.request.map(|key| key.digest), happened, reply.clone(), mark);
            assert_eq!(self.meta.next_sequence, line + 1, "the answer is on the journal line that its idempotency record names");
        }
        Ok(Outcome { reply, replayed: false, guest_key })
    }

    /// What a refusal must not change: the number of writes, and the cursors.
    fn state(&self) -> (u64, Meta) {
        (self.rows.writes(), self.meta)
    }

    /// Authorizes the caller, and finds the stored answer of a retry.
    fn admit(&mut self, command: &Command) -> Decision<Option<Outcome>> {
        self.authorize(command)?;
        let Some(key) = command.request else { return Ok(None) };
        let Some(recorded) = rows::request(&mut self.rows, key.digest)?.copied() else { return Ok(None) };
        self.replay(recorded, key.fingerprint).map(Some)
    }

    /// Refuses without an idempotency record: the key stays unused. The audit trail records the refusal.
    fn refuse_caller(&mut self, command: &Command, reject: Reject) -> Result<Outcome, Fault> {
        self.kept = self.count_refusal(command)?;
        if self.kept != KeptRefusal::Whole {
            return Ok(self.refuse_without_answer(command, reject));
        }
        let reply = Reply::Rejected(reject);
        if let Some(mark) = self.mark(command, &reply) {
            self.journal(None, JournalEvent::Nothing, reply.clone(), Some(mark));
        }
        Ok(Outcome { reply, replayed: false, guest_key: None })
    }

    /// Refuses a caller that had too many refusals today. Nothing is kept but their number, so a retry is decided again.
    fn refuse_without_answer(&mut self, command: &Command, reject: Reject) -> Outcome {
        if self.kept == KeptRefusal::Summed {
            self.record_sum(command, &reject);
        }
        Outcome { reply: Reply::Rejected(reject), replayed: false, guest_key: None }
    }

    fn decide(&mut self, op: &Op) -> Decision<(JournalEvent, Reply)> {
        match op {
            Op::Tick => Ok((JournalEvent::Nothing, Reply::Done)),
            Op::PutProperty { id, details, business_date, expected_revision } => {
                self.put_property(id, details, *business_date, *expected_revision)
            }
            Op::PutRoomType { room_type, expected_revision } => self.put_room_type(room_type, *expected_revision),
            Op::PutRatePlan { rate_plan, expected_revision } => self.put_rate_plan(rate_plan, *expected_revision),
            Op::UpdateAri(updates) => self.update_ari(updates),
            Op::PlaceHold { id, stay, rooms, ttl_ms } => self.place_hold(*id, *stay, rooms, *ttl_ms),
            Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, seeds, number, expected_total, guests } => {
                let new = NewBooking { id: *booking, guest, channel_ref, payment_token, seeds, number: *number };
                self.confirm_hold(*hold, new, (*expected_total, guests))
            }
            Op::ReleaseHold(id) => self.release_hold(*id),
            Op::Book(request) => self.book(request),
            Op::Amend { booking, arrival, departure, rooms, guest, guest_of, seeds, expected_revision, override_reason } => {
                let changes = Changes { arrival: *arrival, departure: *departure, rooms: rooms.as_deref() };
                let guest = NewGuest { sealed: guest.as_ref(), of: *guest_of, seeds };
                self.amend(*booking, changes, guest, *expected_revision, override_reason.as_deref())
            }
            Op::Cancel { booking, expected_revision } => self.cancel(*booking, *expected_revision),
            Op::CheckIn { booking, expected_revision } => self.check_in(*booking, *expected_revision),
            Op::CheckOut { booking, expected_revision } => self.check_out(*booking, *expected_revision),
            Op::RevertCheckIn { booking, expected_revision } => self.revert_check_in(*booking, *expected_revision),
            Op::Reinstate { booking, expected_revision } => self.reinstate(*booking, *expected_revision),
            Op::NoShow { booking, expected_revision } => self.no_show(*booking, *expected_revision),
            Op::EraseGuest { booking } => self.erase_guest(*booking),
            Op::RewrapGuest { booking, from, to, lookups } => self.rewrap_guest(*booking, (from, to), lookups),
            Op::PutGrant { number, grant } => self.put_grant(*number, grant),
            Op::Observe(seen) => self.observe(seen),
            Op::SealAudit => self.seal_audit(),
            Op::PutReplicaKeys(keys) | Op::PutProvenKeys(ProvenKeys { keys, .. }) => self.put_replica_keys(keys),
            Op::PutCheckpoint { size, note } => self.put_checkpoint(*size, note),
            Op::CloseBusinessDate { expected_from } => self.close_business_date(*expected_from),
        }
    }

    /// The stored answer, or a refusal if the key was used for another request.
    fn replay(&mut self, recorded: IdempotencyRecord, fingerprint: [u8; 16]) -> Decision<Outcome> {
        if recorded.fingerprint != fingerprint {
            return Err(Reject::KeyReused.into());
        }
        let Some(entry) = rows::journal(&mut self.rows, recorded.sequence)? else {
            let cause = "an idempotency record has no answer".into();
            return Err(Fault::Corrupt(Key::Journal(recorded.sequence), cause).into());
        };
        let reply = entry.reply.clone();
        // The caller's scope may have shrunk since the first answer.
        let seen = match &reply {
            Reply::Booking(booking) => self.scope.sees(booking.seller, Some(booking.id)),
            Reply::Hold(hold) => self.scope.sees(hold.seller, None),
            _ => true,
        };
        if !seen {
            return Err(Reject::NotFound.into());
        }
        Ok(Outcome { guest_key: self.guest_key(&reply)?, reply, replayed: true })
    }

    /// The wrapped key of the guest in a reply, unless the guest was since replaced or erased.
    fn guest_key(&mut self, reply: &Reply) -> Result<Option<Vec<u8>>, Fault> {
        let Reply::Booking(answered) = reply else { return Ok(None) };
        let same = rows::booking(&mut self.rows, answered.id)?.is_some_and(|now| now.guest == answered.guest);
        if !same || answered.guest == Sealed::default() {
            return Ok(None);
        }
        Ok(rows::guest(&mut self.rows, answered.id)?.map(|secrets| secrets.wrapped_key.clone()))
    }
}
