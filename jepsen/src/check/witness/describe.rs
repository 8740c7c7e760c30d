//! Describes a wrong answer: the kind of finding and its text.

use crate::history::{Answer, Call, Night, Op, Outcome};
use crate::model::{Decision, Refusal};

/// The kind of finding if the model decides differently. `explain.rs` finds the kind of a wrong read.
pub(super) fn kind(call: &Call, outcome: &Outcome, decision: &Decision) -> &'static str {
    match (outcome, &decision.answer) {
        (Outcome::Ok { .. }, Err(Refusal { code: "sold_out", .. })) => "oversell",
        (Outcome::Ok { .. }, Err(Refusal { code: "wrong_state", .. })) if matches!(call, Call::Reinstate { .. }) => {
            "reinstated-twice"
        }
        (Outcome::Ok { .. }, Err(Refusal { code: "hold_expired", .. })) => "late-confirm",
        (Outcome::Ok { .. }, Err(Refusal { code: "wrong_state", .. })) if matches!(call, Call::Confirm { .. }) => "confirm-twice",
        (Outcome::Refused { code, .. }, expected) => match (code.as_str(), call) {
            ("hold_expired", _) if matches!(expected, Err(Refusal { code: "hold_expired", .. })) => "early-expiry",
            ("not_found", Call::Confirm { .. } | Call::Release { .. }) if known(expected) => "lost-hold",
            ("not_found", Call::Amend { .. } | Call::Cancel { .. } | Call::Reinstate { .. }) if known(expected) => "lost-write",
            _ => "wrong-refusal",
        },
        _ if call.is_read() => "wrong-read",
        _ => "wrong-answer",
    }
}

fn known(expected: &Result<Answer, Refusal>) -> bool {
    !matches!(expected, Err(Refusal { code: "not_found", .. }))
}

/// The recorded answer and the one that the model expects.
pub(super) fn text(op: &Op, outcome: &Outcome, decision: &Decision) -> String {
    let expected = match &decision.answer {
        Ok(answer) => shown(answer),
        Err(refusal) => format!("refused with {} {:?}", refusal.code, refusal.nights),
    };
    let answered = match outcome {
        Outcome::Ok { answer, .. } => shown(answer),
        Outcome::Refused { code, nights, .. } => format!("refused with {code} {nights:?}"),
        other => format!("{other:?}"),
    };
    format!("the answer to {} was: {answered}; the model expects: {expected}", op.call.name())
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Booking(b) => {
            let rooms: Vec<String> = b.rooms.iter().map(|line| format!("{}x{}", line.quantity, line.room_type)).collect();
            let (rooms, stay) = (rooms.join("+"), format!("{}..{}", b.stay.from, b.stay.to));
            format!("booking {} revision {} {} {stay} {rooms}", b.booking, b.revision, b.state)
        }
        Answer::Hold { hold, .. } => format!("hold {hold}"),
        Answer::Released => "released".into(),
        Answer::Nights { nights } => {
            let night = |n: &Night| format!("{}: limit {} sold {} held {} free {}", n.day, n.limit, n.sold, n.held, n.available);
            nights.iter().map(night).collect::<Vec<_>>().join(", ")
        }
        Answer::Absent => "absent".into(),
    }
}
