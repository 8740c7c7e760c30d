//! Bookings, holds, properties, availability and offers as text for people.

use keyrack_client::v1;

/// `238.00 EUR`.
fn money(money: &Option<v1::Money>) -> String {
    money.as_ref().map_or_else(|| "no price".to_owned(), |money| format!("{} {}", money.amount, money.currency))
}

/// A booking with its rooms and its guest.
pub fn booking(booking: &v1::Booking) -> String {
    let mut text = format!(
        "{}  {}  {}\n  {} {} to {}  {}\n",
        booking.confirmation_number,
        booking.state,
        booking.booking_id,
        booking.property_id,
        booking.arrival,
        booking.departure,
        money(&booking.total)
    );
    for room in &booking.rooms {
        text += &format!("  {} x {} at {}\n", room.quantity, room.room_type, room.rate_plan);
    }
    if let Some(guest) = &booking.guest {
        text += &format!("  {} {} {}\n", guest.name, guest.email, guest.phone);
    }
    if booking.cancellation_fee.is_some() {
        text += &format!("  cancellation fee {}\n", money(&booking.cancellation_fee));
    }
    text
}

/// A line for each booking.
pub fn bookings(list: &v1::BookingList) -> String {
    let line = |b: &v1::Booking| {
        format!(
            "{:<12} {:<11} {} {}  {:>14}  {}\n",
            b.confirmation_number,
            b.state,
            b.arrival,
            b.departure,
            money(&b.total),
            b.booking_id
        )
    };
    let mut text: String = list.items.iter().map(line).collect();
    if let Some(cursor) = &list.next_cursor {
        text += &format!("more: --cursor {cursor}\n");
    }
    if text.is_empty() { "no bookings".into() } else { text }
}

/// A hold.
pub fn hold(hold: &v1::Hold) -> String {
    format!(
        "{}  {}  until {}\n  {} {} to {}  {}",
        hold.hold_id,
        hold.state,
        hold.expires_at,
        hold.property_id,
        hold.arrival,
        hold.departure,
        money(&hold.total)
    )
}

/// A property with its catalogue.
pub fn property(property: &v1::Property) -> String {
    let mut text = format!(
        "{}  {}\n  {}  {}  business date {}  revision {}\n",
        property.property_id, property.name, property.time_zone, property.currency, property.business_date, property.revision
    );
    for kind in &property.room_types {
        text += &format!(
            "  room type {:<8} {:>5} rooms  {} guests  overbooking {} bp  {}\n",
            kind.code, kind.capacity, kind.occupancy, kind.overbooking_basis_points, kind.name
        );
    }
    for plan in &property.rate_plans {
        text += &format!("  rate plan {:<8} {}  {}\n", plan.code, plan.currency, plan.name);
    }
    text
}

/// A line for each property.
pub fn properties(list: &v1::PropertyList) -> String {
    let mut text: String =
        list.items.iter().map(|p| format!("{:<24} {:<32} {}\n", p.property_id, p.name, p.business_date)).collect();
    if let Some(cursor) = &list.next_cursor {
        text += &format!("more: --cursor {cursor}\n");
    }
    if text.is_empty() { "no properties".into() } else { text }
}

/// A table: a line for each night of each room type.
pub fn availability(reply: &v1::AvailabilityReply) -> String {
    let mut text = format!(
        "{:<10} {:<8} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n",
        "night", "type", "limit", "sold", "held", "block", "free", "over"
    );
    for of in &reply.room_types {
        for night in &of.nights {
            text += &format!(
                "{:<10} {:<8} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n",
                night.date, of.room_type, night.limit, night.sold, night.held, night.blocked, night.sellable, night.deficit
            );
        }
    }
    text
}

/// A line for each offer.
pub fn offers(list: &v1::OfferList) -> String {
    let line = |offer: &v1::Offer| {
        format!(
            "{:<8} {:<8} {:>14}  {} left  {}\n",
            offer.room_type,
            offer.rate_plan,
            money(&offer.total),
            offer.sellable,
            offer.quote_id
        )
    };
    let text: String = list.offers.iter().map(line).collect();
    if text.is_empty() { "nothing is free, allowed and priced for this stay".into() } else { text }
}
