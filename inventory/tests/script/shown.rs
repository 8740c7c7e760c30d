//! Readable answers.

use keyrack_inventory::*;

pub fn outcome(outcome: &Outcome, at_ms: u64) -> String {
    let again = if outcome.replayed { "(the stored answer) " } else { "" };
    let key = outcome.guest_key.as_deref().map_or(String::new(), |key| format!(", with the {}", text(key)));
    format!("{again}{}{key}", reply(&outcome.reply, at_ms))
}

pub fn reply(reply: &Reply, at_ms: u64) -> String {
    match reply {
        Reply::Rejected(reject) => format!("refused, {}", refusal(reject)),
        Reply::Done => "done".to_owned(),
        Reply::Property { property, .. } => format!("property revision {}", property.revision),
        Reply::RoomType { room_type, .. } => format!("room type {} revision {}", room_type.code, room_type.revision),
        Reply::RatePlan { rate_plan, .. } => format!("rate plan {} revision {}", rate_plan.code, rate_plan.revision),
        Reply::AriUpdated { nights, past: 0, .. } => format!("{nights} nights changed"),
        Reply::AriUpdated { nights, past, .. } => format!("{nights} nights changed, {past} are over"),
        Reply::Hold(hold) => shown_hold(hold, at_ms),
        Reply::Booking(booking) => shown_booking(booking),
        Reply::BusinessDate(date) => format!("business date {date}"),
    }
}

fn shown_hold(hold: &Hold, at_ms: u64) -> String {
    let state = match hold.state {
        HoldState::Open => format!("open for {} s", (hold.expires_at_ms - at_ms) as f64 / 1000.0),
        HoldState::Confirmed(id) => format!("confirmed as b{}", last_number(&id.0)),
        HoldState::Released => "released".to_owned(),
        HoldState::Expired => "expired".to_owned(),
    };
    format!("hold h{} {state}, {}, {}", last_number(&hold.id.0), shown_stay(hold.stay), shown_rooms(&hold.rooms))
}

fn shown_booking(booking: &Booking) -> String {
    let total = booking.total().map_or(String::new(), |total| format!(", total {total}"));
    let line = |line: &FeeLine| format!(", {} {} {}", line.date, line.kind.name(), line.amount);
    let fees: String = booking.fees.lines.iter().map(line).collect();
    let fee = booking.cancellation_fee.map_or(String::new(), |fee| format!(", fee {fee}"));
    let guest = match &booking.guest.ciphertext[..] {
        _ if booking.guest_erased => ", guest erased".to_owned(),
        [] => String::new(),
        name => format!(", guest {}", text(name)),
    };
    let (number, state, revision) = (last_number(&booking.id.0), booking.state, booking.revision);
    let (stay, rooms) = (shown_stay(booking.stay), shown_rooms(&booking.rooms));
    format!("booking b{number} {state:?} revision {revision}, {stay}, {rooms}{total}{fees}{fee}{guest}")
}

fn shown_stay(stay: Stay) -> String {
    format!("{}>{}", stay.arrival(), stay.departure())
}

fn shown_rooms(rooms: &[BookedRoom]) -> String {
    let room = |r: &BookedRoom| {
        let prices: Vec<String> = r.nightly.iter().map(u64::to_string).collect();
        let at = if prices.is_empty() { String::new() } else { format!(" at {}", prices.join("+")) };
        let nights = r.nights.map_or(String::new(), |nights| format!(" in {}", shown_stay(nights)));
        let late = r.late.map_or(String::new(), |nights| format!(" late {}>{}", nights.arrival(), nights.departure()));
        format!("{} x {}:{}{nights}{at}{late}", r.quantity, r.room_type_code, r.rate_plan_code)
    };
    rooms.iter().map(room).collect::<Vec<String>>().join(" and ")
}

fn refusal(reject: &Reject) -> String {
    let nights = |nights: &[RefusedNight]| {
        let night = |n: &RefusedNight| {
            let why = n.restriction.map_or(String::new(), |r| format!(", {r:?}"));
            format!("\n  {} {} available {}{why}", n.night, n.room_type, n.available)
        };
        nights.iter().map(night).collect::<String>()
    };
    match reject {
        Reject::Restricted(list) => format!("Restricted:{}", nights(list)),
        Reject::SoldOut(list) => format!("SoldOut:{}", nights(list)),
        Reject::ArrivalInPast { business_date } => format!("ArrivalInPast: it is {business_date}"),
        Reject::WrongBusinessDate { business_date } => format!("WrongBusinessDate: it is {business_date}"),
        Reject::NotDue { business_date } => format!("NotDue: it is {business_date}"),
        other => format!("{other:?}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The random part of an id. In scripts it is the number.
pub fn last_number(id: &[u8; 16]) -> u64 {
    id[10..].iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}
