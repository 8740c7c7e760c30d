//! What time takes away: holds at their deadline, idempotency records after two days of log time.
//! Both in bounded steps, so that no command pays for a night's worth of them.

use super::shard::Shard;
use crate::rows;
use crate::{Fault, Happened, HoldId, HoldState, Key, Read, Reply, Rows};

/// The most holds, and the most journal lines, that one command expires.
pub const EXPIRY_STEPS: usize = 16;
/// How long an idempotency key is remembered: 48 h of log time.
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
        // One more than is expired, to learn when the next one is due.
        let open = self.rows.scan(&from, &to, EXPIRY_STEPS + 1)?;
        self.meta.next_deadline_ms = u64::MAX;
        let mut expired = 0;
        for (step, key) in open.into_iter().enumerate() {
            let Key::Deadline(deadline_ms, id) = key else {
                return Err(Fault::Corrupt(key, "found among deadlines".into()));
            };
            if deadline_ms > now || step == EXPIRY_STEPS {
                self.meta.next_deadline_ms = deadline_ms;
                break;
            }
            self.expire_hold(deadline_ms, id)?;
            expired += 1;
        }
        let bounded = self.meta.next_deadline_ms >= now || expired == EXPIRY_STEPS;
        assert!(bounded, "what is due expires, in bounded steps");
        Ok(())
    }

    fn expire_hold(&mut self, deadline_ms: u64, id: HoldId) -> Result<(), Fault> {
        assert!(deadline_ms <= self.meta.last_at_ms, "a hold has its rooms until its deadline");
        let caller = core::mem::replace(&mut self.property, id.property());
        let closed = self.close_hold(id, HoldState::Expired)?;
        if closed.expires_at_ms != deadline_ms {
            return Err(Fault::Corrupt(Key::Deadline(deadline_ms, id), "another deadline than its hold's".into()));
        }
        self.journal(None, Happened::HoldExpired, Reply::Hold(closed), None);
        self.property = caller;
        Ok(())
    }

    /// Forgets the oldest idempotency records, the refusals they kept, and holds that ended that long ago.
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
            return Err(Fault::Corrupt(key, "missing from the journal".into()));
        };
        self.meta.expiry_at_ms = entry.at_ms;
        if entry.at_ms.saturating_add(RECORD_TTL_MS) > now {
            return Ok(());
        }
        let request = entry.request;
        // What somebody asked for stays in the audit trail, also when nothing came of it.
        let nothing = entry.happened == Happened::Nothing && entry.mark.is_none();
        let ended_hold = match &entry.reply {
            Reply::Hold(hold) if hold.state != HoldState::Open => Some(hold.id),
            _ => None,
        };
        if let Some(digest) = request {
            self.rows.delete(&Key::Request(digest));
        }
        if nothing {
            self.rows.delete(&key);
        }
        if let Some(id) = ended_hold {
            self.rows.delete(&Key::Hold(id));
        }
        self.meta.expiry_cursor += 1;
        assert!(self.meta.expiry_cursor <= self.meta.next_sequence, "only lines that were written expire");
        Ok(())
    }
}
