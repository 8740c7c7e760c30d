//! The changes that a recorded answer implies, even if the model disagrees.

use crate::history::{Answer, Call, Outcome};
use crate::model::{Change, Hold, HoldState, Model};

/// The changes that the recorded answer implies, without checking the rules. They let the replay continue after a wrong one.
pub(super) fn forced(model: &Model, call: &Call, outcome: &Outcome) -> Vec<Change> {
    let Outcome::Ok { answer, .. } = outcome else { return Vec::new() };
    let ended = |id: &str, state| {
        let hold = model.hold(id).map(|hold| Hold { state, ..hold.clone() });
        hold.map(|hold| Change::Hold(id.to_owned(), Some(hold)))
    };
    match (call, answer) {
        (Call::Confirm { hold, .. }, Answer::Booking(booking)) => {
            let booking = Change::Booking(booking.booking.clone(), Some(booking.clone()));
            ended(hold, HoldState::Confirmed).into_iter().chain([booking]).collect()
        }
        (_, Answer::Booking(booking)) => vec![Change::Booking(booking.booking.clone(), Some(booking.clone()))],
        (Call::Hold { stay, rooms, .. }, Answer::Hold { hold, expires_at_ms }) => {
            let (stay, rooms, expires_at_ms) = (*stay, rooms.clone(), *expires_at_ms);
            let placed = Hold { state: HoldState::Open, stay, rooms, expires_at_ms, earliest_ns: 0 };
            vec![Change::Hold(hold.clone(), Some(placed))]
        }
        (Call::Release { hold, .. }, Answer::Released) => ended(hold, HoldState::Released).into_iter().collect(),
        _ => Vec::new(),
    }
}
