//! Converts domain types into the messages of the API.

use jiff::Timestamp;
use keyrack_cluster::AsOf;
use keyrack_inventory::{
    Availability, BookedRoom, Booking, CancellationPolicy, Currency, Fee, FeeLine, Hold, HoldState, Minor, NightCount, Offer,
    Property, RatePlan, RoomType, Stay,
};
use keyrack_proto::v1;
use serde::{Deserialize, Serialize};

use super::fields::NOTE_INTERNAL;
use crate::guests::{GuestData, GuestNote};

/// The part of a property that the domain stores as text and never reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Presentation {
    pub address: Option<v1::Address>,
    pub location: Option<v1::Location>,
    pub languages: Vec<String>,
    pub images: Vec<v1::Image>,
}

/// A booking. `guest` is `None` if the caller may not see guests, and has only the notes that the caller may see.
pub fn booking(property_id: &str, booking: &Booking, guest: Option<GuestData>) -> v1::Booking {
    let notes = guest.iter().flat_map(|guest| &guest.notes).map(note).collect();
    let has_fees = !booking.fees.lines.is_empty();
    v1::Booking {
        booking_id: booking.id.to_string(),
        confirmation_number: booking.confirmation_number().to_string(),
        property_id: property_id.into(),
        state: booking.state.name().into(),
        revision: booking.revision,
        arrival: booking.stay.arrival().to_string(),
        departure: booking.stay.departure().to_string(),
        rooms: rooms(&booking.rooms, booking.stay, booking.currency),
        total: booking.total().map(|total| money(total, booking.currency)),
        guest: guest.map(|GuestData { name, email, phone, .. }| v1::Guest { name, email, phone }),
        channel_ref: booking.channel_ref.clone(),
        created_at: time(booking.created_at_ms),
        updated_at: time(booking.updated_at_ms),
        cancellation_fee: booking.cancellation_fee.map(|fee| money(fee, booking.currency)),
        as_of: None,
        guest_id: booking.id.to_string(),
        guest_erased: booking.guest_erased,
        receipt: None,
        receipt_url: String::new(),
        notes,
        fees: booking.fees.lines.iter().map(|line| fee(line, booking.currency)).collect(),
        fees_total: has_fees.then(|| money(booking.fees.total(), booking.currency)),
    }
}

fn note(note: &GuestNote) -> v1::Note {
    let kind = if note.kind == NOTE_INTERNAL { "internal" } else { "guest" };
    v1::Note { kind: kind.into(), text: note.text.clone() }
}

fn fee(line: &FeeLine, currency: Currency) -> v1::Fee {
    let v1::Money { amount, currency } = money(line.amount.unsigned_abs(), currency);
    let sign = if line.amount < 0 { "-" } else { "" };
    let amount = v1::Money { amount: format!("{sign}{amount}"), currency };
    v1::Fee { date: line.date.to_string(), kind: line.kind.name().into(), amount: Some(amount) }
}

/// A hold.
pub fn hold(property_id: &str, hold: &Hold) -> v1::Hold {
    let (state, booking_id) = match hold.state {
        HoldState::Open => ("open", String::new()),
        HoldState::Confirmed(id) => ("confirmed", id.to_string()),
        HoldState::Released => ("released", String::new()),
        HoldState::Expired => ("expired", String::new()),
    };
    v1::Hold {
        hold_id: hold.id.to_string(),
        property_id: property_id.into(),
        state: state.into(),
        arrival: hold.stay.arrival().to_string(),
        departure: hold.stay.departure().to_string(),
        rooms: rooms(&hold.rooms, hold.stay, hold.currency),
        expires_at: time(hold.expires_at_ms),
        total: hold.total().map(|total| money(total, hold.currency)),
        booking_id,
    }
}

fn rooms(rooms: &[BookedRoom], stay: Stay, currency: Currency) -> Vec<v1::BookedRoom> {
    let price = |price: &Option<Minor>| price.map(|price| currency.format_amount(price)).unwrap_or_default();
    let room = |room: &BookedRoom| v1::BookedRoom {
        room_type: room.room_type_code.to_string(),
        rate_plan: room.rate_plan_code.to_string(),
        quantity: room.quantity,
        adults: room.adults.into(),
        children_ages: room.children_ages.iter().map(|age| u32::from(*age)).collect(),
        total: room.total().map(|total| money(total, currency)),
        nightly: room.nightly.iter().map(|price| currency.format_amount(*price)).collect(),
        arrival: room.span(stay).arrival().to_string(),
        departure: room.span(stay).departure().to_string(),
        seller_nightly: room.seller_nightly.iter().map(price).collect(),
    };
    rooms.iter().map(room).collect()
}

/// A property with its catalogue.
pub fn property(property: &Property) -> v1::Property {
    // This crate wrote the text. If it is not readable, only address, location, languages and images are missing.
    let presentation: Presentation = serde_json::from_str(&property.details.presentation).unwrap_or_default();
    v1::Property {
        property_id: property.id.clone(),
        name: property.details.name.clone(),
        time_zone: property.details.time_zone.clone(),
        currency: property.details.currency.as_str().into(),
        home_region: property.details.home_region.clone(),
        address: presentation.address,
        location: presentation.location,
        languages: presentation.languages,
        images: presentation.images,
        house_limit: property.details.house_limit,
        no_show_on_close: property.details.no_show_on_close,
        business_date: property.business_date.to_string(),
        revision: property.revision,
        room_types: property.room_types.iter().map(|kind| room_type(&property.id, kind)).collect(),
        rate_plans: property.rate_plans.iter().map(|plan| rate_plan(&property.id, plan)).collect(),
        as_of: None,
    }
}

/// A room type.
pub fn room_type(property_id: &str, kind: &RoomType) -> v1::RoomType {
    v1::RoomType {
        property_id: property_id.into(),
        code: kind.code.to_string(),
        name: kind.name.clone(),
        capacity: kind.capacity,
        occupancy: kind.occupancy.into(),
        overbooking_basis_points: kind.overbooking_basis_points,
        accessible: kind.accessible,
        retired: kind.retired,
        revision: kind.revision,
    }
}

/// A rate plan.
pub fn rate_plan(property_id: &str, plan: &RatePlan) -> v1::RatePlan {
    v1::RatePlan {
        property_id: property_id.into(),
        code: plan.code.to_string(),
        name: plan.name.clone(),
        currency: plan.currency.as_str().into(),
        cancellation_policy: Some(policy(plan.policy)),
        retired: plan.retired,
        revision: plan.revision,
    }
}

fn policy(policy: CancellationPolicy) -> v1::CancellationPolicy {
    let (fee, percent) = match policy.fee {
        Fee::None => ("none", 0),
        Fee::FirstNight => ("first_night", 0),
        Fee::BasisPoints(points) => ("percent", points / 100),
    };
    v1::CancellationPolicy { free_until_days: policy.free_until_days.into(), fee: fee.into(), percent }
}

/// The nights of some room types.
pub fn availability(room_types: &[Availability], at: AsOf) -> v1::AvailabilityReply {
    let night = |(date, count): &(keyrack_inventory::Night, NightCount)| v1::NightAvailability {
        date: date.to_string(),
        capacity: count.capacity,
        out_of_order: count.out_of_order,
        limit: count.limit,
        sold: count.sold,
        held: count.held,
        blocked: count.blocked,
        available: count.available,
        sellable: count.sellable(),
        deficit: count.deficit(),
    };
    let room_type = |of: &Availability| v1::RoomTypeAvailability {
        room_type: of.room_type.to_string(),
        nights: of.nights.iter().map(night).collect(),
    };
    v1::AvailabilityReply { room_types: room_types.iter().map(room_type).collect(), as_of: Some(as_of(at)) }
}

/// An offer. `quote_id` identifies it.
pub fn offer(offer: &Offer, arrival: keyrack_inventory::Night, quote_id: String) -> v1::Offer {
    let nights = (arrival.0..).map(keyrack_inventory::Night).zip(&offer.nightly);
    v1::Offer {
        quote_id,
        room_type: offer.room_type.to_string(),
        rate_plan: offer.rate_plan.to_string(),
        nightly: nights
            .map(|(date, price)| v1::NightlyPrice { date: date.to_string(), amount: offer.currency.format_amount(*price) })
            .collect(),
        total: Some(money(offer.total(), offer.currency)),
        cancellation_policy: Some(policy(offer.policy)),
        sellable: offer.sellable,
    }
}

/// A log position.
pub fn as_of(at: AsOf) -> v1::AsOf {
    v1::AsOf { shard: at.shard, index: at.index }
}

/// RFC 3339 with milliseconds, UTC.
pub fn time(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX);
    format!("{at:.3}")
}

/// An amount and its currency.
pub fn money(amount: Minor, currency: Currency) -> v1::Money {
    v1::Money { amount: currency.format_amount(amount), currency: currency.as_str().into() }
}
