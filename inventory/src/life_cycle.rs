//! The life cycle of a booking: one table of states and verbs.

use crate::BookingState;

/// What can be done to a booking that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Change nights, rooms or guest.
    Amend,
    /// Cancel it.
    Cancel,
    /// The guest arrives.
    CheckIn,
    /// The check-in was a mistake.
    RevertCheckIn,
    /// The guest leaves.
    CheckOut,
    /// The guest did not arrive.
    NoShow,
    /// The cancellation or the no-show was a mistake: the rooms are taken again.
    Reinstate,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Verb; 7] =
        [Self::Amend, Self::Cancel, Self::CheckIn, Self::RevertCheckIn, Self::CheckOut, Self::NoShow, Self::Reinstate];
}

impl BookingState {
    /// The state after a verb; `None` if the verb is refused in this state. A cancelled booking answers a second cancel, but it does not
    /// change.
    #[rustfmt::skip]
    pub const fn after(self, verb: Verb) -> Option<BookingState> {
        use BookingState::*;
        match (verb, self) {
            (Verb::Amend, Confirmed | CheckedIn) => Some(self),
            (Verb::Cancel, Confirmed) => Some(Cancelled),
            (Verb::CheckIn, Confirmed) => Some(CheckedIn),
            (Verb::RevertCheckIn, CheckedIn) => Some(Confirmed),
            (Verb::CheckOut, CheckedIn) => Some(CheckedOut),
            (Verb::NoShow, Confirmed) => Some(NoShow),
            (Verb::Reinstate, Cancelled | NoShow) => Some(Confirmed),
            _ => None,
        }
    }

    /// Whether a booking can go from this state to `next` in one step.
    pub fn leads_to(self, next: BookingState) -> bool {
        Verb::ALL.iter().any(|verb| self.after(*verb) == Some(next))
    }
}
