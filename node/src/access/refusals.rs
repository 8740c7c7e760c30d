//! Which refusals the audit trail keeps one by one. No replica ever deletes a record, so nobody may make many of them by being refused.
//!
//! Within an hour, the first refusals of each caller are kept. All callers that did not sign in share one number. The others
//! are counted, and each hour's counts become one record for each caller and verdict.

use std::collections::HashMap;
use std::time::Duration;

use keyrack_inventory::{Verdict, Who};
use tokio::time::Instant;

/// How many refusals of a caller are kept in an hour.
const KEPT_OF_CALLER: u32 = 128;
/// How many refusals of all callers that did not sign in are kept in an hour.
const KEPT_OF_STRANGERS: u32 = 128;
/// After this time the counting begins again.
const HOUR: Duration = Duration::from_secs(3_600);
/// The most callers that are counted one by one. The refusals of others are counted together.
const MOST_CALLERS: usize = 4_096;

/// The refusals of the present hour.
#[derive(Default)]
pub struct Refusals {
    ends: Option<Instant>,
    kept: HashMap<Who, u32>,
    more: HashMap<(Who, Verdict), u32>,
}

impl Refusals {
    /// Whether one more refusal of `who` is kept by itself. If not, it is counted.
    pub fn keep(&mut self, who: &Who, verdict: Verdict, now: Instant) -> bool {
        self.ends.get_or_insert(now + HOUR);
        let most = if *who == Who::Unauthenticated { KEPT_OF_STRANGERS } else { KEPT_OF_CALLER };
        let caller = who.without_credential();
        let is_known = self.kept.contains_key(&caller);
        let caller = if is_known || self.kept.len() < MOST_CALLERS { caller } else { Who::Unauthenticated };
        let kept = self.kept.entry(caller.clone()).or_insert(0);
        if *kept < most {
            *kept += 1;
            return true;
        }
        let more = self.more.entry((caller, verdict)).or_insert(0);
        *more = more.saturating_add(1);
        false
    }

    /// When the hour ends; `None` if nothing was refused in it.
    pub fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// The counts of the hour. The next refusal begins another hour.
    pub fn take(&mut self) -> Vec<(Who, Verdict, u32)> {
        let Refusals { more, .. } = std::mem::take(self);
        more.into_iter().map(|((who, verdict), times)| (who, verdict, times)).collect()
    }
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::BookingId;

    use super::*;

    const REFUSED: Verdict = Verdict(401);

    fn principal(number: u32, credential: u32) -> Who {
        Who::Principal { number, credential }
    }

    fn kept(refusals: &mut Refusals, who: &Who, times: u32) -> u32 {
        (0..times).filter(|_| refusals.keep(who, REFUSED, Instant::now())).count() as u32
    }

    #[test]
    fn the_first_refusals_are_kept_and_the_others_are_counted() {
        let mut refusals = Refusals::default();
        assert_eq!(kept(&mut refusals, &Who::Unauthenticated, 1_000), KEPT_OF_STRANGERS);
        assert_eq!(kept(&mut refusals, &principal(1, 1), 100), 100);
        assert_eq!(kept(&mut refusals, &principal(1, 2), 100), KEPT_OF_CALLER - 100, "another key of the same principal");
        assert_eq!(kept(&mut refusals, &principal(2, 1), 1), 1);
        let mut counts = refusals.take();
        counts.sort();
        let expected =
            [(Who::Unauthenticated, REFUSED, 1_000 - KEPT_OF_STRANGERS), (principal(1, 0), REFUSED, 200 - KEPT_OF_CALLER)];
        assert_eq!(counts, expected);
        assert!(refusals.ends().is_none() && refusals.take().is_empty());
        assert_eq!(kept(&mut refusals, &Who::Unauthenticated, 1), 1, "the next hour");
    }

    #[test]
    fn the_memory_is_bounded_and_nothing_is_uncounted() {
        let mut refusals = Refusals::default();
        let all = 3 * MOST_CALLERS as u32;
        let kept: u32 =
            (0..all).map(|number| kept(&mut refusals, &Who::Guest(BookingId(u128::from(number).to_be_bytes())), 1)).sum();
        assert!(refusals.kept.len() <= MOST_CALLERS + 1 && refusals.more.len() <= MOST_CALLERS);
        assert!(kept <= MOST_CALLERS as u32 + KEPT_OF_CALLER);
        let counted: u32 = refusals.take().iter().map(|(_, _, times)| times).sum();
        assert_eq!(kept + counted, all);
    }
}
