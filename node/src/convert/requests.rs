//! Reads what callers send into the domain's types, or says what is wrong with it.

use keyrack_inventory::{
    AriUpdate, BookingId, CancellationPolicy, Code as ShortCode, Currency, DateError, DateRange, Fee, HoldId, MAX_ROOMS, Night,
    RatePlan, RoomRequest, RoomType, Stay, Weekdays,
};
use keyrack_proto::{Code, v1};

use super::problem::Problem;
use crate::guests::has_card_number;

/// Lines in one ARI request.
const MAX_ARI_UPDATES: usize = 1_000;
/// Characters in names, references and tokens.
const MAX_TEXT: usize = 200;
/// Guests of one kind in one room.
const MAX_GUESTS: u32 = 100;

/// A property's id: 1 to 64 of letters, digits, `-`, `_`, `.`.
pub fn property_id(text: &str) -> Result<&str, Problem> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().any(|b| b != b'.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits { Ok(text) } else { Err(Problem::field("propertyId", "1 to 64 letters, digits, '-', '_' or '.'")) }
}

/// A booking's id. A text that is no id is answered like an unknown booking.
pub fn booking_id(text: &str) -> Result<BookingId, Problem> {
    BookingId::parse(text).map_err(|_| Problem::new(Code::NotFound, "there is no such booking"))
}

/// A hold's id, likewise.
pub fn hold_id(text: &str) -> Result<HoldId, Problem> {
    HoldId::parse(text).map_err(|_| Problem::new(Code::NotFound, "there is no such hold"))
}

/// A date.
pub fn date(name: &str, text: &str) -> Result<Night, Problem> {
    if text.is_empty() {
        return Err(Problem::field(name, "a date such as 2026-12-24 is needed"));
    }
    Night::parse(text).map_err(|_| Problem::new(Code::InvalidDate, format!("{name}: {text:?} is not a date such as 2026-12-24")))
}

/// The nights of `[arrival, departure)`.
pub fn stay(arrival: &str, departure: &str) -> Result<Stay, Problem> {
    half_open(("arrival", arrival), ("departure", departure))
}

/// The nights of a half-open range under other names.
pub fn half_open(from: (&str, &str), to: (&str, &str)) -> Result<Stay, Problem> {
    let (start, end) = (date(from.0, from.1)?, date(to.0, to.1)?);
    Stay::new(start, end).map_err(|error| match error {
        DateError::Empty => Problem::new(Code::InvalidStay, format!("{} must be after {}", to.0, from.0)),
        DateError::TooLong => Problem::new(Code::StayTooLong, "at most 366 nights"),
        DateError::Invalid => Problem::new(Code::InvalidDate, "dates after 2199-12-31 are not kept"),
    })
}

/// The rooms that a request asks for.
pub fn rooms(rooms: Vec<v1::RoomRequest>) -> Result<Vec<RoomRequest>, Problem> {
    let quantities = || rooms.iter().map(|room| room.quantity.unwrap_or(1));
    if rooms.is_empty() || quantities().any(|quantity| quantity == 0) {
        return Err(Problem::new(Code::NoRooms, "rooms: at least one room, each with a quantity of at least 1"));
    }
    if quantities().map(u64::from).sum::<u64>() > u64::from(MAX_ROOMS) {
        return Err(Problem::new(Code::TooManyRooms, "rooms: at most 50 in one booking"));
    }
    rooms.into_iter().map(room).collect()
}

fn room(room: v1::RoomRequest) -> Result<RoomRequest, Problem> {
    if room.adults > MAX_GUESTS || room.children_ages.len() > MAX_GUESTS as usize {
        return Err(Problem::field("rooms", "at most 100 adults and 100 children in a room"));
    }
    let ages: Result<Vec<u8>, _> = room.children_ages.iter().map(|age| u8::try_from(*age)).collect();
    Ok(RoomRequest {
        room_type: short_code(&room.room_type).map_err(|_| unknown(Code::UnknownRoomType, "room type", &room.room_type))?,
        rate_plan: short_code(&room.rate_plan).map_err(|_| unknown(Code::UnknownRatePlan, "rate plan", &room.rate_plan))?,
        quantity: room.quantity.unwrap_or(1),
        adults: room.adults as u16,
        children_ages: ages.map_err(|_| Problem::field("childrenAges", "ages in years"))?,
    })
}

fn unknown(code: Code, what: &str, text: &str) -> Problem {
    if text.is_empty() {
        Problem::field("rooms", &format!("each needs a {what}"))
    } else {
        Problem::new(code, format!("there is no {what} {text:?}"))
    }
}

fn short_code(text: &str) -> Result<ShortCode, keyrack_inventory::IdError> {
    ShortCode::new(text)
}

/// A room type's or rate plan's code in a path.
pub fn code(name: &str, text: &str) -> Result<ShortCode, Problem> {
    short_code(text).map_err(|_| Problem::field(name, "1 to 20 letters, digits, '-', '_' or '.'"))
}

/// A short text.
pub fn text(name: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > MAX_TEXT {
        return Err(Problem::field(name, "at most 200 characters"));
    }
    if has_card_number(text) {
        return Err(Problem::new(Code::CardNumber, format!("{name}: card numbers are not kept here; send a payment token")));
    }
    Ok(text.to_owned())
}

/// A guest whose fields are not longer than they need to be.
pub fn guest(guest: Option<v1::Guest>) -> Result<Option<v1::Guest>, Problem> {
    let Some(guest) = guest else { return Ok(None) };
    text("guest.name", &guest.name)?;
    text("guest.email", &guest.email)?;
    text("guest.phone", &guest.phone)?;
    Ok(Some(guest))
}

/// An ISO 4217 code.
pub fn currency(text: &str) -> Result<Currency, Problem> {
    Currency::new(text).map_err(|_| Problem::field("currency", "three capital letters such as EUR"))
}

/// A room type as it is put.
pub fn room_type(put: &v1::PutRoomTypeRequest) -> Result<RoomType, Problem> {
    Ok(RoomType {
        code: code("code", &put.code)?,
        name: text("name", &put.name)?,
        capacity: put.capacity.ok_or_else(|| Problem::field("capacity", "how many rooms there are of this type"))?,
        occupancy: u16::try_from(put.occupancy).map_err(|_| Problem::field("occupancy", "a number of guests"))?,
        overbooking_basis_points: put.overbooking_basis_points,
        accessible: put.accessible,
        revision: 0,
    })
}

/// A rate plan as it is put; `fallback` is the property's currency.
pub fn rate_plan(put: &v1::PutRatePlanRequest, fallback: Currency) -> Result<RatePlan, Problem> {
    Ok(RatePlan {
        code: code("code", &put.code)?,
        name: text("name", &put.name)?,
        currency: if put.currency.is_empty() { fallback } else { currency(&put.currency)? },
        policy: policy(put.cancellation_policy.as_ref())?,
        priced: false,
        revision: 0,
    })
}

fn policy(policy: Option<&v1::CancellationPolicy>) -> Result<CancellationPolicy, Problem> {
    let Some(policy) = policy else { return Ok(CancellationPolicy::default()) };
    let fee = match policy.fee.as_str() {
        "" | "none" => Fee::None,
        "first_night" => Fee::FirstNight,
        "percent" if policy.percent <= 100 => Fee::BasisPoints(policy.percent * 100),
        _ => return Err(Problem::field("cancellationPolicy", "fee is none, first_night or percent with percent 0 to 100")),
    };
    let days = u16::try_from(policy.free_until_days)
        .map_err(|_| Problem::field("cancellationPolicy.freeUntilDays", "a number of days"))?;
    Ok(CancellationPolicy { free_until_days: days, fee })
}

/// The lines of an ARI request; `currency_of` knows the currencies of the property's rate plans.
pub fn ari(updates: &[v1::AriUpdate], currency_of: impl Fn(ShortCode) -> Option<Currency>) -> Result<Vec<AriUpdate>, Problem> {
    if updates.is_empty() || updates.len() > MAX_ARI_UPDATES {
        return Err(Problem::field("updates", "1 to 1000 lines"));
    }
    updates.iter().map(|update| ari_line(update, &currency_of)).collect()
}

fn ari_line(update: &v1::AriUpdate, currency_of: &impl Fn(ShortCode) -> Option<Currency>) -> Result<AriUpdate, Problem> {
    let room_type = short_code(&update.room_type).map_err(|_| unknown(Code::UnknownRoomType, "room type", &update.room_type))?;
    let rate_plan = match &update.rate_plan {
        None => None,
        Some(text) => Some(short_code(text).map_err(|_| unknown(Code::UnknownRatePlan, "rate plan", text))?),
    };
    let rate = match (&update.rate, rate_plan) {
        (None, _) => None,
        (Some(_), None) => return Err(Problem::field("ratePlan", "needed with a rate")),
        (Some(text), Some(plan)) => {
            let currency = currency_of(plan).ok_or_else(|| unknown(Code::UnknownRatePlan, "rate plan", plan.as_str()))?;
            Some(
                currency
                    .parse_amount(text)
                    .map_err(|_| Problem::field("rate", "a decimal string in the plan's currency, such as \"120.00\""))?,
            )
        }
    };
    let nights = |name: &str, n: Option<u32>| {
        n.map(|n| u16::try_from(n).map_err(|_| Problem::field(name, "a number of nights"))).transpose()
    };
    Ok(AriUpdate {
        room_type,
        rate_plan,
        dates: date_range(&update.date_from, &update.date_to)?,
        days: weekdays(&update.days)?,
        capacity: update.capacity,
        out_of_order: update.out_of_order,
        rate,
        stop_sell: update.stop_sell,
        closed_to_arrival: update.closed_to_arrival,
        closed_to_departure: update.closed_to_departure,
        min_stay_arrival: nights("minStayArrival", update.min_stay_arrival)?,
        min_stay_through: nights("minStayThrough", update.min_stay_through)?,
        max_stay: nights("maxStay", update.max_stay)?,
    })
}

fn date_range(from: &str, to: &str) -> Result<DateRange, Problem> {
    DateRange::new(date("dateFrom", from)?, date("dateTo", to)?).map_err(|error| match error {
        DateError::Empty => Problem::new(Code::InvalidStay, "dateTo must not be before dateFrom"),
        DateError::TooLong => Problem::new(Code::StayTooLong, "at most 1096 days in one line"),
        DateError::Invalid => Problem::new(Code::InvalidDate, "dates after 2199-12-31 are not kept"),
    })
}

fn weekdays(days: &[String]) -> Result<Weekdays, Problem> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    if days.is_empty() {
        return Ok(Weekdays::ALL);
    }
    let mut bits = 0;
    for day in days {
        let place = NAMES.iter().position(|name| name.eq_ignore_ascii_case(day));
        bits |= 1 << place.ok_or_else(|| Problem::field("days", "mon, tue, wed, thu, fri, sat, sun"))?;
    }
    Ok(Weekdays(bits))
}
