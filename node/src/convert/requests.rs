//! Converts requests into domain types, or refuses them.

use jiff::Timestamp;
use keyrack_inventory::{
    AriUpdate, BookingId, CancellationPolicy, ConfirmationNumber, Currency, DateError, DateRange, Fee, HoldId, MAX_ARI_UPDATES,
    MAX_ROOMS, MAX_STAY_NIGHTS, Night, RatePlan, RoomGuests, RoomRequest, RoomType, ShortCode, Stay, Weekdays,
};
use keyrack_proto::json::CLEARED_CAPACITY;
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::fields::{currency, text};
use super::problem::Problem;
pub use super::quoted::{quoted, quoted_prefix};

/// The most adults in one room, and the most children.
const MAX_GUESTS: u32 = 100;
/// Older children count as adults.
const OLDEST_CHILD: u32 = 17;

/// A property's id: 1 to 64 letters, digits, `-`, `_` or `.`, but not only dots.
pub fn property_id(text: &str) -> Result<&str, Problem> {
    if text.is_empty() {
        return Err(Problem::new(Detail::FieldMissing { field: "propertyId".into() }));
    }
    let fits = (1..=64).contains(&text.len())
        && text.bytes().any(|b| b != b'.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits { Ok(text) } else { Err(Problem::new(Detail::PropertyId)) }
}

/// A booking's id. A malformed id is refused like an unknown booking.
pub fn booking_id(text: &str) -> Result<BookingId, Problem> {
    BookingId::parse(text).map_err(|_| Problem::new(Detail::UnknownBooking { booking: quoted(text) }))
}

/// A hold's id. A malformed id is refused like an unknown hold.
pub fn hold_id(text: &str) -> Result<HoldId, Problem> {
    HoldId::parse(text).map_err(|_| Problem::new(Detail::UnknownHold { hold: quoted(text) }))
}

/// A date.
pub fn date(name: &str, text: &str) -> Result<Night, Problem> {
    if text.is_empty() {
        return Err(Problem::new(Detail::DateMissing { field: name.to_owned() }));
    }
    Night::parse(text).map_err(|_| Problem::new(Detail::DateInvalid { field: name.to_owned(), text: quoted(text) }))
}

/// The nights of `[arrival, departure)`.
pub fn stay(arrival: &str, departure: &str) -> Result<Stay, Problem> {
    nights(("arrival", arrival), ("departure", departure), Detail::StayTooLong { limit: MAX_STAY_NIGHTS.into() })
}

/// The nights of a half-open range. Each date is given with its field's name.
pub fn half_open(from: (&str, &str), to: (&str, &str)) -> Result<Stay, Problem> {
    let (start, end) = (from.0.to_owned(), to.0.to_owned());
    nights(from, to, Detail::RangeTooLong { start, end, limit: MAX_STAY_NIGHTS.into() })
}

fn nights(from: (&str, &str), to: (&str, &str), too_long: Detail) -> Result<Stay, Problem> {
    let (start, end) = (date(from.0, from.1)?, date(to.0, to.1)?);
    Stay::new(start, end).map_err(|error| match error {
        DateError::Empty => Problem::new(Detail::DatesOrder { start: from.0.to_owned(), end: to.0.to_owned() }),
        DateError::TooLong => Problem::new(too_long),
        DateError::Invalid => Problem::new(Detail::DateTooLate),
    })
}

/// Whether a request must name the adults in each room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adults {
    /// A booking and an amendment must.
    Named,
    /// A hold may leave them out until it is confirmed. An explicit 0 is refused.
    Later,
}

/// The rooms that a request asks for. `currency_of` returns the currency of a rate plan, for the seller's own prices.
pub fn rooms(
    rooms: Vec<v1::RoomRequest>,
    adults: Adults,
    currency_of: impl Fn(ShortCode) -> Option<Currency>,
) -> Result<Vec<RoomRequest>, Problem> {
    let quantities = || rooms.iter().map(|room| room.quantity.unwrap_or(1));
    if let Some(place) = quantities().position(|quantity| quantity == 0) {
        return Err(Problem::new(Detail::NoRooms).within(&format!("rooms[{place}].quantity")));
    }
    if rooms.is_empty() {
        return Err(Problem::new(Detail::NoRooms));
    }
    if quantities().map(u64::from).sum::<u64>() > u64::from(MAX_ROOMS) {
        return Err(Problem::new(Detail::TooManyRooms { limit: MAX_ROOMS.into() }));
    }
    let line = |(place, one): (usize, v1::RoomRequest)| match (one.room_type.as_str(), one.rate_plan.as_str()) {
        ("", _) => Err(Problem::new(Detail::FieldMissing { field: format!("rooms[{place}].roomType") })),
        (_, "") => Err(Problem::new(Detail::FieldMissing { field: format!("rooms[{place}].ratePlan") })),
        _ => room(place, one, adults, &currency_of),
    };
    rooms.into_iter().enumerate().map(line).collect()
}

fn room(
    place: usize,
    room: v1::RoomRequest,
    adults: Adults,
    currency_of: &impl Fn(ShortCode) -> Option<Currency>,
) -> Result<RoomRequest, Problem> {
    let guests = match (room.adults, adults) {
        // The confirmation names them.
        (None, Adults::Later) => RoomGuests { adults: 0, children_ages: children_ages(place, &room.children_ages)? },
        (named, _) => guests(place, named.unwrap_or(0), &room.children_ages)?,
    };
    let room_type = short_code(&room.room_type).map_err(|_| unknown_room_type(&room.room_type))?;
    let rate_plan = short_code(&room.rate_plan).map_err(|_| unknown_rate_plan(&room.rate_plan))?;
    let price = |(night, text): (usize, &String)| {
        let currency = currency_of(rate_plan).ok_or_else(|| unknown_rate_plan(rate_plan.as_str()))?;
        let field = format!("rooms[{place}].sellerNightly[{night}]");
        currency.parse_amount(text).map_err(|_| wrong_amount(&field, currency))
    };
    Ok(RoomRequest {
        room_type,
        rate_plan,
        quantity: room.quantity.unwrap_or(1),
        adults: guests.adults,
        children_ages: guests.children_ages,
        seller_nightly: room.seller_nightly.iter().enumerate().map(price).collect::<Result<_, _>>()?,
    })
}

/// An amount that is malformed or too large, or has more digits than its currency.
fn wrong_amount(field: &str, currency: Currency) -> Problem {
    let example = currency.format_amount(120 * 10u64.pow(currency.decimals() as u32));
    let digits = currency.decimals() as u64;
    Problem::new(Detail::Rate { field: field.to_owned(), currency: currency.as_str().to_owned(), digits, example })
}

/// The guests of each line of a hold's rooms.
pub fn room_guests(lines: &[v1::RoomGuests]) -> Result<Vec<RoomGuests>, Problem> {
    if lines.len() > MAX_ROOMS as usize {
        return Err(Problem::new(Detail::TooManyRooms { limit: MAX_ROOMS.into() }));
    }
    lines.iter().enumerate().map(|(place, line)| guests(place, line.adults, &line.children_ages)).collect()
}

fn guests(place: usize, adults: u32, ages: &[u32]) -> Result<RoomGuests, Problem> {
    let children_ages = children_ages(place, ages)?;
    match adults {
        0 => Err(Problem::new(Detail::AdultMissing { field: format!("rooms[{place}].adults") })),
        // Within the limit, so it fits.
        1..=MAX_GUESTS => Ok(RoomGuests { adults: adults as u16, children_ages }),
        _ => Err(Problem::new(Detail::TooManyGuests { limit: MAX_GUESTS.into() })),
    }
}

fn children_ages(place: usize, ages: &[u32]) -> Result<Vec<u8>, Problem> {
    if let Some(at) = ages.iter().position(|age| *age > OLDEST_CHILD) {
        let field = format!("rooms[{place}].childrenAges[{at}]");
        return Err(Problem::new(Detail::ChildAge { field, most: OLDEST_CHILD.into() }));
    }
    if ages.len() > MAX_GUESTS as usize {
        return Err(Problem::new(Detail::TooManyGuests { limit: MAX_GUESTS.into() }));
    }
    // At most `OLDEST_CHILD`, so each fits.
    Ok(ages.iter().map(|age| *age as u8).collect())
}

fn unknown_room_type(text: &str) -> Problem {
    Problem::new(match text {
        "" => Detail::RoomTypeMissing,
        _ => Detail::UnknownRoomType { room_type: quoted(text) },
    })
}

fn unknown_rate_plan(text: &str) -> Problem {
    Problem::new(match text {
        "" => Detail::RatePlanMissing,
        _ => Detail::UnknownRatePlan { rate_plan: quoted(text) },
    })
}

fn short_code(text: &str) -> Result<ShortCode, keyrack_inventory::IdError> {
    ShortCode::new(text)
}

/// A time (RFC 3339), in ms since 1970.
pub fn time(name: &str, text: &str) -> Result<u64, Problem> {
    let wrong = || Problem::new(Detail::Time { field: name.to_owned() });
    let at: Timestamp = text.parse().map_err(|_| wrong())?;
    u64::try_from(at.as_millisecond()).map_err(|_| wrong())
}

/// A confirmation number, in upper or lower case, with or without the hyphen.
pub fn confirmation_number(text: &str) -> Result<ConfirmationNumber, Problem> {
    ConfirmationNumber::parse(text).map_err(|_| Problem::new(Detail::ConfirmationNumber))
}

/// A room type's or rate plan's code in a path.
pub fn code(name: &str, text: &str) -> Result<ShortCode, Problem> {
    short_code(text).map_err(|_| Problem::new(Detail::FieldCode { field: name.to_owned() }))
}

/// Converts the request for a room type. `retired` is whether it is retired now.
pub fn room_type(put: &v1::PutRoomTypeRequest, retired: bool) -> Result<RoomType, Problem> {
    Ok(RoomType {
        code: code("code", &put.code)?,
        name: text("name", &put.name)?,
        capacity: put.capacity.ok_or_else(|| Problem::new(Detail::Capacity))?,
        occupancy: u16::try_from(put.occupancy).map_err(|_| Problem::new(Detail::Occupancy))?,
        overbooking_basis_points: put.overbooking_basis_points,
        accessible: put.accessible,
        retired: put.retired.unwrap_or(retired),
        revision: 0,
    })
}

/// Converts the request for a rate plan. `fallback` is the property's currency, and `retired` whether the plan is retired now.
pub fn rate_plan(put: &v1::PutRatePlanRequest, fallback: Currency, retired: bool) -> Result<RatePlan, Problem> {
    Ok(RatePlan {
        code: code("code", &put.code)?,
        name: text("name", &put.name)?,
        currency: if put.currency.is_empty() { fallback } else { currency(&put.currency)? },
        policy: policy(put.cancellation_policy.as_ref())?,
        priced: false,
        retired: put.retired.unwrap_or(retired),
        revision: 0,
    })
}

fn policy(policy: Option<&v1::CancellationPolicy>) -> Result<CancellationPolicy, Problem> {
    let Some(policy) = policy else { return Ok(CancellationPolicy::default()) };
    let fee = match policy.fee.as_str() {
        "" | "none" => Fee::None,
        "first_night" => Fee::FirstNight,
        "percent" if policy.percent <= 100 => Fee::BasisPoints(policy.percent * 100),
        _ => return Err(Problem::new(Detail::CancellationFee)),
    };
    let days = u16::try_from(policy.free_until_days).map_err(|_| Problem::new(Detail::CancellationDays))?;
    Ok(CancellationPolicy { free_until_days: days, fee })
}

/// The lines of an ARI request. `currency_of` returns the currency of a rate plan of the property.
pub fn ari(updates: &[v1::AriUpdate], currency_of: impl Fn(ShortCode) -> Option<Currency>) -> Result<Vec<AriUpdate>, Problem> {
    if updates.is_empty() || updates.len() > MAX_ARI_UPDATES {
        return Err(Problem::new(Detail::AriLines { limit: MAX_ARI_UPDATES as u64 }));
    }
    let line = |(place, update): (usize, &v1::AriUpdate)| {
        ari_line(update, &currency_of).map_err(|problem| problem.within(&format!("updates[{place}]")))
    };
    updates.iter().enumerate().map(line).collect()
}

fn ari_line(update: &v1::AriUpdate, currency_of: &impl Fn(ShortCode) -> Option<Currency>) -> Result<AriUpdate, Problem> {
    let room_type = short_code(&update.room_type).map_err(|_| unknown_room_type(&update.room_type))?;
    let rate_plan = match &update.rate_plan {
        None => None,
        Some(text) => Some(short_code(text).map_err(|_| unknown_rate_plan(text))?),
    };
    let rate = match (&update.rate, rate_plan) {
        (None, _) => None,
        (Some(_), None) => return Err(Problem::new(Detail::RateWithoutPlan)),
        (Some(text), Some(_)) if text.is_empty() => None,
        (Some(text), Some(plan)) => {
            let currency = currency_of(plan).ok_or_else(|| unknown_rate_plan(plan.as_str()))?;
            Some(currency.parse_amount(text).map_err(|_| wrong_amount("rate", currency))?)
        }
    };
    let nights = |name: &str, n: Option<u32>| {
        n.map(|n| u16::try_from(n).map_err(|_| Problem::new(Detail::NightCount { field: name.to_owned() }))).transpose()
    };
    Ok(AriUpdate {
        room_type,
        rate_plan,
        dates: date_range(&update.date_from, &update.date_to)?,
        days: weekdays(&update.days)?,
        capacity: update.capacity.filter(|capacity| *capacity != CLEARED_CAPACITY),
        clear_capacity: update.capacity == Some(CLEARED_CAPACITY),
        clear_rate: update.rate.as_ref().is_some_and(String::is_empty),
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
        DateError::Empty => Problem::new(Detail::AriDatesOrder),
        DateError::TooLong => Problem::new(Detail::AriTooManyDays { limit: DateRange::MAX_DAYS.into() }),
        DateError::Invalid => Problem::new(Detail::DateTooLate),
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
        bits |= 1 << place.ok_or_else(|| Problem::new(Detail::Weekday))?;
    }
    Ok(Weekdays(bits))
}
