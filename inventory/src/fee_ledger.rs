//! The fees of a booking: what it owes beside the price of what it still has.
//!
//! Amounts are exact, in ten-thousandths of a minor unit, until they are posted. Then the sum of the ledger is rounded, not the line: the
//! ledger of a booking always shows the rounded sum of its exact fees.

use alloc::vec::Vec;

use crate::money::{WHOLE, rounded};
use crate::{Minor, Night};

/// From this number of lines on, fees of one kind and day share a line.
const MAX_FEE_LINES: usize = 100;

/// The fees of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FeeLedger {
    /// The fees in their order.
    pub lines: Vec<FeeLine>,
    /// The exact sum minus the sum of the lines, in ten-thousandths of a minor unit: from -5,000 to 4,999.
    pub rest: i32,
    /// The business date of the cancellation or no-show that stands; `None` if there is none.
    pub given_up_on: Option<Night>,
}

/// One fee. In a ledger with very many lines, a line can have several fees of one kind and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// The business date.
    pub date: Night,
    /// The kind.
    pub kind: FeeKind,
    /// The amount in minor units; negative if a fee is taken back.
    pub amount: i64,
}

/// What a fee is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeeKind {
    /// An amendment gave up rooms or nights.
    Amended,
    /// The booking was cancelled.
    Cancelled,
    /// The guest did not arrive.
    NoShow,
    /// The guest left early.
    LeftEarly,
    /// The booking was reinstated: the fee for giving it up is taken back, but not for the nights that are over.
    Reinstated,
}

impl FeeKind {
    /// All kinds.
    pub const ALL: [FeeKind; 5] = [Self::Amended, Self::Cancelled, Self::NoShow, Self::LeftEarly, Self::Reinstated];

    /// The kind's name, as callers read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amended => "amended",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
            Self::LeftEarly => "left_early",
            Self::Reinstated => "reinstated",
        }
    }
}

impl FeeLedger {
    /// What the guest owes, in minor units.
    pub fn total(&self) -> Minor {
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.amount)).sum();
        sum.clamp(0, Minor::MAX.into()) as Minor
    }

    /// Adds an exact fee, or takes one back. The sum never falls below zero.
    pub(crate) fn post(&mut self, date: Night, kind: FeeKind, added: i128) {
        if added == 0 {
            return;
        }
        let before = i128::from(self.total());
        let exact = (before * WHOLE as i128 + i128::from(self.rest) + added).max(0);
        let after = rounded(exact as u128) as i128;
        self.rest = (exact - after * WHOLE as i128) as i32;
        let amount = (after - before).clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        // A long ledger does not grow with each change of a day.
        let alike = match self.lines.len() < MAX_FEE_LINES {
            true => None,
            false => self.lines.iter_mut().rfind(|line| (line.date, line.kind) == (date, kind)),
        };
        match alike {
            Some(line) => line.amount = line.amount.saturating_add(amount),
            None => self.lines.push(FeeLine { date, kind, amount }),
        }
        assert!((-5_000..5_000).contains(&self.rest), "less than half a minor unit is not posted");
    }
}
