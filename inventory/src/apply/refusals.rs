//! Which refusals are kept. A caller that is refused again and again must not fill the disks of all replicas.

use alloc::vec::Vec;

use super::shard::{KeptRefusal, Rules, Shard};
use crate::audit::{Action, Observation, Verdict};
use crate::rows;
use crate::{Command, Fault, JournalEvent, Key, RefusalCount, RefusedNight, Reject, Reply, Row, Rows, Who};

/// How many refusals of a caller are kept one by one on each day of log time, with their answers for retries.
pub const KEPT_REFUSALS: u32 = 10_000;
/// How many of the refusals after those make one record of the audit trail together.
pub const COUNTED_REFUSALS: u32 = 1_000;

const DAY_MS: u64 = 86_400_000;
/// All guests together. No principal has this number.
const GUESTS: u32 = u32::MAX;

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Counts a refusal of the command's caller. What the cluster itself proposes is not counted.
    pub(super) fn count_refusal(&mut self, command: &Command) -> Result<KeptRefusal, Fault> {
        let Some(actor) = &command.by else { return Ok(KeptRefusal::Whole) };
        if self.at.rules < Rules::BOUNDED {
            return Ok(KeptRefusal::Whole);
        }
        let number = match actor.who {
            Who::Principal { number, .. } => number,
            Who::Guest(_) => GUESTS,
            Who::Trusted(..) | Who::Unauthenticated => 0,
        };
        let day = (self.meta.last_at_ms / DAY_MS) as u32;
        let known = rows::refusals(&mut self.rows, number)?.copied().filter(|known| known.day == day);
        let count = known.map_or(0, |known| known.count).saturating_add(1);
        self.rows.put(Key::Refusals(number), Row::Refusals(RefusalCount { day, count }));
        Ok(match count.checked_sub(KEPT_REFUSALS) {
            None | Some(0) => KeptRefusal::Whole,
            Some(more) if more % COUNTED_REFUSALS == 0 => KeptRefusal::Summed,
            Some(_) => KeptRefusal::Counted,
        })
    }

    /// The nights that a refusal names. The first ones are enough to understand it, and every replica keeps them.
    pub(super) fn named_nights(&self, mut nights: Vec<RefusedNight>) -> Vec<RefusedNight> {
        if self.at.rules >= Rules::BOUNDED {
            nights.truncate(RefusedNight::MOST);
        }
        nights
    }

    /// Records many refusals as one.
    pub(super) fn record_sum(&mut self, command: &Command, reject: &Reject) {
        let Some(actor) = command.by.clone() else { return };
        let seen = Observation {
            at_ms: self.meta.last_at_ms,
            actor,
            action: command.op.kind().action().unwrap_or(Action::OTHER),
            property: self.property,
            record: None,
            verdict: Verdict(reject.number() as u16),
            times: COUNTED_REFUSALS,
        };
        self.chain_observed(core::slice::from_ref(&seen));
        self.journal(None, JournalEvent::Observed(alloc::vec![seen]), Reply::Done, None);
    }
}
