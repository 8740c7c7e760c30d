//! Describes an operation in words.

use crate::history::{Answer, Booking, Call, Op, Outcome, Rooms, Stay};

/// The most nights shown of an answer.
const NIGHTS: usize = 16;

/// The call.
pub(super) fn call(call: &Call) -> String {
    let words = match call {
        Call::Reserve { stay, rooms, .. } => format!("reserve {} {}", of(rooms), days(*stay)),
        Call::Amend { booking, stay, rooms, .. } => format!("amend {booking} to {} {}", of(rooms), days(*stay)),
        Call::Cancel { booking, .. } => format!("cancel {booking}"),
        Call::Reinstate { booking, .. } => format!("reinstate {booking}"),
        Call::Hold { stay, rooms, ttl_ms, .. } => format!("hold {} {} for {ttl_ms} ms", of(rooms), days(*stay)),
        Call::Confirm { hold, .. } => format!("confirm {hold}"),
        Call::Release { hold, .. } => format!("release {hold}"),
        Call::Availability { room_type, stay, staleness_ms, .. } => {
            format!("read {room_type} {}{}", days(*stay), staleness(*staleness_ms))
        }
        Call::Lookup { booking, staleness_ms, .. } => format!("look up {booking}{}", staleness(*staleness_ms)),
    };
    let key = call.key().map(|key| format!(", key {key}")).unwrap_or_default();
    format!("{words} at {}{key}", call.property())
}

/// The outcome.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let again = if outcome.is_replayed() { " (stored answer)" } else { "" };
    match outcome {
        Outcome::Ok { answer, .. } => format!("{}{again}", answered(answer)),
        Outcome::Refused { code, nights, .. } => {
            let short =
                nights.iter().take(NIGHTS).map(|night| format!(" {} {}: {}", night.day, night.room_type, night.available));
            format!("refused: {code}{}{again}", short.collect::<Vec<_>>().join(","))
        }
        Outcome::NotDone { code } => format!("not done: {code}"),
        Outcome::Unknown { why } => format!("unknown: {why}"),
    }
}

/// The shard and index of the answer.
pub(super) fn position(op: &Op) -> String {
    op.outcome.as_of().map(|at| format!("{}/{}", at.shard, at.index)).unwrap_or_default()
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Booking(Booking { booking, revision, state, stay, rooms }) => {
            format!("{booking} revision {revision}, {state}: {} {}", of(rooms), days(*stay))
        }
        Answer::Hold { hold, expires_at_ms } => format!("hold {hold} until {expires_at_ms}"),
        Answer::Released => "released".into(),
        Answer::Absent => "no such booking".into(),
        Answer::Nights { nights } => {
            let night = |night: &crate::history::Night| {
                format!("{}: {} sold, {} held, {} left", night.day, night.sold, night.held, night.available)
            };
            let shown: Vec<String> = nights.iter().take(NIGHTS).map(night).collect();
            shown.join("; ") + if nights.len() > NIGHTS { "; …" } else { "" }
        }
    }
}

fn of(rooms: &[Rooms]) -> String {
    rooms.iter().map(|rooms| format!("{}×{}", rooms.quantity, rooms.room_type)).collect::<Vec<_>>().join(" + ")
}

fn days(Stay { from, to }: Stay) -> String {
    format!("[{from}, {to})")
}

fn staleness(staleness_ms: Option<u64>) -> String {
    staleness_ms.map(|ms| format!(", at most {ms} ms old")).unwrap_or_default()
}
