//! Fees for what is given up late, by the policies that were frozen with the price.
//!
//! Giving up a night inside its fee period costs what the policy says about that night. A change of a booking charges each night that
//! it gives up at once, and what it keeps stays in the fee period. So no order of amendments and a cancellation costs less than
//! cancelling at once.
//!
//! Amounts are exact, in ten-thousandths of a minor unit, until they are posted. Then the sum of the ledger is rounded, not the line: the
//! ledger of a booking always shows the rounded sum of its exact fees.

use alloc::vec::Vec;

use crate::money::{WHOLE, rounded};
use crate::{BookedRoom, Booking, Fee, Minor, Night, Stay};

/// An exact amount, in ten-thousandths of a minor unit.
type Exact = u128;

/// The fees of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FeeLedger {
    /// Each day's fees of each kind, in the order of the first.
    pub lines: Vec<FeeLine>,
    /// The exact sum minus the sum of the lines, in ten-thousandths of a minor unit: from -5,000 to 4,999.
    pub rest: i32,
    /// The business date of the cancellation or no-show that stands; `None` if there is none.
    pub given_up_on: Option<Night>,
}

/// The fees of one kind on one day.
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
        match self.lines.iter_mut().find(|line| (line.date, line.kind) == (date, kind)) {
            Some(line) => line.amount = line.amount.saturating_add(amount),
            None => self.lines.push(FeeLine { date, kind, amount }),
        }
        assert!((-5_000..5_000).contains(&self.rest), "less than half a minor unit is not posted");
    }
}

impl BookedRoom {
    /// Whether giving these rooms up on `today` costs the fee.
    pub(crate) fn is_late(&self, today: Night, arrival: Night) -> bool {
        self.late_first.is_some() || self.policy.applies(today, arrival)
    }

    /// The fee for giving up one night of these rooms on `today`, in a booking with this stay.
    fn fee_of_night(&self, today: Night, stay: Stay, night: Night) -> Exact {
        let span = self.span(stay);
        if !span.contains(night) || !self.is_late(today, stay.arrival()) {
            return 0;
        }
        let price = self.nightly.get((night.0 - span.arrival().0) as usize).copied().unwrap_or(0);
        let price = Exact::from(price) * Exact::from(self.quantity);
        match self.policy.fee {
            Fee::None => 0,
            Fee::FirstNight if night == self.late_first.unwrap_or(stay.arrival()) => price * WHOLE,
            Fee::FirstNight => 0,
            Fee::BasisPoints(points) => price * Exact::from(points),
        }
    }
}

fn fee_of_night(rooms: &[BookedRoom], today: Night, stay: Stay, night: Night) -> Exact {
    rooms.iter().map(|room| room.fee_of_night(today, stay, night)).sum()
}

/// The exact fee for giving up all these rooms on `today`.
pub(crate) fn fee_of_all(rooms: &[BookedRoom], today: Night, stay: Stay) -> Exact {
    stay.nights().map(|night| fee_of_night(rooms, today, stay, night)).sum()
}

/// The exact fee for what a change on `today` gives up: for each night, by how much its fee falls.
pub(crate) fn fee_of_change(today: Night, (old, had): (&[BookedRoom], Stay), (new, has): (&[BookedRoom], Stay)) -> Exact {
    let falls = |night| fee_of_night(old, today, had, night).saturating_sub(fee_of_night(new, today, has, night));
    had.nights().map(falls).sum()
}

/// Marks rooms that keep a late line's terms after the arrival was moved: they stay late.
pub(crate) fn stay_late(kept: &mut BookedRoom, old: &BookedRoom, (today, had, has): (Night, Stay, Stay)) {
    if had.arrival() == has.arrival() && old.late_first.is_none() || !old.is_late(today, had.arrival()) {
        return;
    }
    let first = old.late_first.unwrap_or(had.arrival());
    kept.late_first = Some(if kept.span(has).contains(first) { first } else { kept.span(has).arrival() });
}

impl Booking {
    /// The fee for giving up the whole booking on `today`, rounded, without the fees in its ledger.
    pub fn fee_on(&self, today: Night) -> Minor {
        rounded(fee_of_all(&self.rooms, today, self.stay)) as Minor
    }
}
