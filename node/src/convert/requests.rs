//! Converts requests into domain types, or refuses them.

use keyrack_inventory::{
    AriUpdate, BookingId, CancellationPolicy, Currency, DateError, DateRange, Fee, HoldId, MAX_ARI_UPDATES, MAX_ROOMS,
    MAX_STAY_NIGHTS, Night, RatePlan, RoomRequest, RoomType, ShortCode, Stay, Weekdays,
};
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
        return Err(Problem::new(Detail::FieldMissing { field: "propertyId" }));
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
    half_open(("arrival", arrival), ("departure", departure))
}

/// The nights of a half-open range. Each date is given with its field's name.
pub fn half_open(from: (&str, &str), to: (&str, &str)) -> Result<Stay, Problem> {
    let (start, end) = (date(from.0, from.1)?, date(to.0, to.1)?);
    Stay::new(start, end).map_err(|error| match error {
        DateError::Empty => Problem::new(Detail::DatesOrder { start: from.0.to_owned(), end: to.0.to_owned() }),
        DateError::TooLong if from.0 == "arrival" => Problem::new(Detail::StayTooLong { limit: MAX_STAY_NIGHTS.into() }),
        DateError::TooLong => {
            let (start, end) = (from.0.to_owned(), to.0.to_owned());
            Problem::new(Detail::RangeTooLong { start, end, limit: MAX_STAY_NIGHTS.into() })
        }
        DateError::Invalid => Problem::new(Detail::DateTooLate),
    })
}

/// The rooms that a request asks for.
pub fn rooms(rooms: Vec<v1::RoomRequest>) -> Result<Vec<RoomRequest>, Problem> {
    let quantities = || rooms.iter().map(|room| room.quantity.unwrap_or(1));
    if rooms.is_empty() || quantities().any(|quantity| quantity == 0) {
        return Err(Problem::new(Detail::NoRooms));
    }
    if quantities().map(u64::from).sum::<u64>() > u64::from(MAX_ROOMS) {
        return Err(Problem::new(Detail::TooManyRooms { limit: MAX_ROOMS.into() }));
    }
    rooms.into_iter().enumerate().map(|(place, one)| room(place, one)).collect()
}

fn room(place: usize, room: v1::RoomRequest) -> Result<RoomRequest, Problem> {
    if let Some(at) = room.children_ages.iter().position(|age| *age > OLDEST_CHILD) {
        let field = format!("rooms[{place}].childrenAges[{at}]");
        return Err(Problem::new(Detail::ChildAge { field, most: OLDEST_CHILD.into() }));
    }
    if room.adults > MAX_GUESTS || room.children_ages.len() > MAX_GUESTS as usize {
        return Err(Problem::new(Detail::TooManyGuests { limit: MAX_GUESTS.into() }));
    }
    Ok(RoomRequest {
        room_type: short_code(&room.room_type).map_err(|_| unknown_room_type(&room.room_type))?,
        rate_plan: short_code(&room.rate_plan).map_err(|_| unknown_rate_plan(&room.rate_plan))?,
        quantity: room.quantity.unwrap_or(1),
        adults: room.adults as u16,
        // At most `OLDEST_CHILD`, so each fits.
        children_ages: room.children_ages.iter().map(|age| *age as u8).collect(),
    })
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

/// A room type's or rate plan's code in a path.
pub fn code(name: &str, text: &str) -> Result<ShortCode, Problem> {
    short_code(text).map_err(|_| Problem::new(Detail::FieldCode { field: name.to_owned() }))
}

/// Converts the request for a room type.
pub fn room_type(put: &v1::PutRoomTypeRequest) -> Result<RoomType, Problem> {
    Ok(RoomType {
        code: code("code", &put.code)?,
        name: text("name", &put.name)?,
        capacity: put.capacity.ok_or_else(|| Problem::new(Detail::Capacity))?,
        occupancy: u16::try_from(put.occupancy).map_err(|_| Problem::new(Detail::Occupancy))?,
        overbooking_basis_points: put.overbooking_basis_points,
        accessible: put.accessible,
        revision: 0,
    })
}

/// Converts the request for a rate plan. `fallback` is the property's currency.
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
    updates.iter().map(|update| ari_line(update, &currency_of)).collect()
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
        (Some(text), Some(plan)) => {
            let currency = currency_of(plan).ok_or_else(|| unknown_rate_plan(plan.as_str()))?;
            Some(currency.parse_amount(text).map_err(|_| Problem::new(Detail::Rate))?)
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
