//! Expiry: holds at their deadline, idempotency records after two days of log time. Both run in bounded steps, so that
//! no command has to expire a whole backlog.

use super::shard::Shard;
use crate::rows;
use crate::{Fault, HoldId, HoldState, JournalEvent, Key, Read, Reply, Rows};

/// The most holds, and the most journal lines, that one command expires.
pub const EXPIRY_STEPS: usize = 16;
/// How long an idempotency key is kept: 48 h of log time.
pub const RECORD_TTL_MS: u64 = 48 * 3_600_000;

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Expires due holds in (deadline, id) order.
    pub(super) fn expire_holds(&mut self) -> Result<(), Fault> {
        let now = self.meta.last_at_ms;
        if self.meta.next_deadline_ms == 0 || self.meta.next_deadline_ms > now {
            return Ok(());
        }
        let from = Key::Deadline(0, HoldId([0; 16]));
        let to = Key::Deadline(u64::MAX, HoldId([0xff; 16]));
        // One more than may expire now, to find the next deadline.
        let open = self.rows.scan(&from, &to, EXPIRY_STEPS + 1)?;
        self.meta.next_deadline_ms = u64::MAX;
        let mut expired = 0;
        for (step, key) in open.into_iter().enumerate() {
            let Key::Deadline(deadline_ms, id) = key else {
                return Err(Fault::Corrupt(key, "the key is not a deadline".into()));
            };
            if deadline_ms > now || step == EXPIRY_STEPS {
                self.meta.next_deadline_ms = deadline_ms;
                break;
            }
            self.expire_hold(deadline_ms, id)?;
            expired += 1;
        }
        let bounded = self.meta.next_deadline_ms >= now || expired == EXPIRY_STEPS;
        assert!(bounded, "all due holds expire, up to the bound");
        Ok(())
    }

    fn expire_hold(&mut self, deadline_ms: u64, id: HoldId) -> Result<(), Fault> {
        assert!(deadline_ms <= self.meta.last_at_ms, "a hold never expires before its deadline");
        let caller = core::mem::replace(&mut self.property, id.property());
        let closed = self.close_hold(id, HoldState::Expired)?;
        if closed.expires_at_ms != deadline_ms {
            return Err(Fault::Corrupt(Key::Deadline(deadline_ms, id), "the deadline differs from its hold's".into()));
        }
        self.journal(None, JournalEvent::HoldExpired, Reply::Hold(closed), None);
        self.property = caller;
        Ok(())
    }

    /// Deletes the oldest idempotency records with the refusals they kept, and holds that ended before the same time.
    pub(super) fn expire_records(&mut self) -> Result<(), Fault> {
        let now = self.meta.last_at_ms;
        for _ in 0..EXPIRY_STEPS {
            let due = self.meta.expiry_at_ms.saturating_add(RECORD_TTL_MS) <= now;
            if !due || self.meta.expiry_cursor >= self.meta.next_sequence {
                return Ok(());
            }
            self.expire_record(now)?;
        }
        Ok(())
    }

    fn expire_record(&mut self, now: u64) -> Result<(), Fault> {
        let key = Key::Journal(self.meta.expiry_cursor);
        let Some(entry) = rows::journal(&mut self.rows, self.meta.expiry_cursor)? else {
            return Err(Fault::Corrupt(key, "the journal line is missing".into()));
        };
        self.meta.expiry_at_ms = entry.at_ms;
        if entry.at_ms.saturating_add(RECORD_TTL_MS) > now {
            return Ok(());
        }
        let request = entry.request;
        // A caller's command stays in the audit trail, even if it changed nothing.
        let nothing = entry.happened == JournalEvent::Nothing && entry.mark.is_none();
        let ended_hold = match &entry.reply {
            Reply::Hold(hold) if hold.state != HoldState::Open => Some(hold.id),
            _ => None,
        };
        let booking = match &entry.reply {
            Reply::Booking(booking) if nothing => Some(booking.id),
            _ => None,
        };
        if let Some(digest) = request {
            self.rows.delete(&Key::Request(digest));
        }
        if nothing {
            self.rows.delete(&key);
        }
        if let Some(id) = booking {
            self.rows.delete(&Key::BookingLine(id, self.meta.expiry_cursor));
        }
        if let Some(id) = ended_hold {
            self.rows.delete(&Key::Hold(id));
        }
        self.meta.expiry_cursor += 1;
        assert!(self.meta.expiry_cursor <= self.meta.next_sequence, "only written lines expire");
        Ok(())
    }
}
