//! Bookings, holds, properties, availability and offers as text for people.
//!
//! Free text from a node passes through [`line()`]: it cannot steer the terminal or add lines.

use keyrack_client::v1;

use crate::terminal::line;

/// `238.00 EUR`.
fn money(money: &Option<v1::Money>) -> String {
    money.as_ref().map_or_else(|| "no price".to_owned(), |money| format!("{} {}", line(&money.amount), line(&money.currency)))
}

/// A booking with its rooms and its guest.
pub fn booking(booking: &v1::Booking) -> String {
    let mut text = format!(
        "{}  {}  {}\n  {} {} to {}  {}\n",
        line(&booking.confirmation_number),
        line(&booking.state),
        line(&booking.booking_id),
        line(&booking.property_id),
        line(&booking.arrival),
        line(&booking.departure),
        money(&booking.total)
    );
    for room in &booking.rooms {
        let whole = room.arrival == booking.arrival && room.departure == booking.departure || room.arrival.is_empty();
        let nights = if whole { String::new() } else { format!("  {} to {}", line(&room.arrival), line(&room.departure)) };
        text += &format!("  {} x {} at {}{nights}\n", room.quantity, line(&room.room_type), line(&room.rate_plan));
    }
    if let Some(guest) = &booking.guest {
        text += &format!("  {} {} {}\n", line(&guest.name), line(&guest.email), line(&guest.phone));
    }
    for note in &booking.notes {
        text += &format!("  note ({}) {}\n", line(&note.kind), line(&note.text));
    }
    for fee in &booking.fees {
        text += &format!("  fee {} {}  {}\n", line(&fee.date), line(&fee.kind), money(&fee.amount));
    }
    if booking.cancellation_fee.is_some() {
        text += &format!("  cancellation fee {}\n", money(&booking.cancellation_fee));
    }
    text
}

/// A line for each booking.
pub fn bookings(list: &v1::BookingList) -> String {
    let row = |b: &v1::Booking| {
        format!(
            "{:<12} {:<11} {} {}  {:>14}  {}\n",
            line(&b.confirmation_number),
            line(&b.state),
            line(&b.arrival),
            line(&b.departure),
            money(&b.total),
            line(&b.booking_id)
        )
    };
    let mut text: String = list.items.iter().map(row).collect();
    if let Some(cursor) = &list.next_cursor {
        text += &format!("next page: --cursor {}\n", line(cursor));
    }
    if text.is_empty() { "no bookings".into() } else { text }
}

/// A hold.
pub fn hold(hold: &v1::Hold) -> String {
    let became = if hold.booking_id.is_empty() { String::new() } else { format!("\n  booking {}", line(&hold.booking_id)) };
    format!(
        "{}  {}  until {}\n  {} {} to {}  {}{became}",
        line(&hold.hold_id),
        line(&hold.state),
        line(&hold.expires_at),
        line(&hold.property_id),
        line(&hold.arrival),
        line(&hold.departure),
        money(&hold.total)
    )
}

/// A property with its catalogue.
pub fn property(property: &v1::Property) -> String {
    let mut text = format!(
        "{}  {}\n  {}  {}  business date {}  revision {}\n",
        line(&property.property_id),
        line(&property.name),
        line(&property.time_zone),
        line(&property.currency),
        line(&property.business_date),
        property.revision
    );
    for kind in &property.room_types {
        text += &format!(
            "  room type {:<8} {:>5} rooms  {} guests  overbooking {:.2} %  {}{}\n",
            line(&kind.code),
            kind.capacity,
            kind.occupancy,
            f64::from(kind.overbooking_basis_points) / 100.0,
            line(&kind.name),
            no_longer_sold(kind.retired)
        );
    }
    for plan in &property.rate_plans {
        let retired = no_longer_sold(plan.retired);
        text += &format!("  rate plan {:<8} {}  {}{retired}\n", line(&plan.code), line(&plan.currency), line(&plan.name));
    }
    text
}

fn no_longer_sold(retired: bool) -> &'static str {
    if retired { " (no longer sold)" } else { "" }
}

/// A line for each property.
pub fn properties(list: &v1::PropertyList) -> String {
    let row = |p: &v1::Property| format!("{:<24} {:<32} {}\n", line(&p.property_id), line(&p.name), line(&p.business_date));
    let mut text: String = list.items.iter().map(row).collect();
    if let Some(cursor) = &list.next_cursor {
        text += &format!("next page: --cursor {}\n", line(cursor));
    }
    if text.is_empty() { "no properties".into() } else { text }
}

/// A room type after a change.
pub fn room_type(changed: &v1::RoomType) -> String {
    format!("{} has {} rooms, revision {}", line(&changed.code), changed.capacity, changed.revision)
}

/// A rate plan after a change.
pub fn rate_plan(changed: &v1::RatePlan) -> String {
    format!("{} in {}, revision {}", line(&changed.code), line(&changed.currency), changed.revision)
}

/// The business date after a day was closed.
pub fn business_date(new: &v1::BusinessDate) -> String {
    format!("the business date is {}", line(&new.business_date))
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
                line(&night.date),
                line(&of.room_type),
                night.limit,
                night.sold,
                night.held,
                night.blocked,
                night.sellable,
                night.deficit
            );
        }
    }
    text
}

/// A line for each offer.
pub fn offers(list: &v1::OfferList) -> String {
    let row = |offer: &v1::Offer| {
        format!(
            "{:<8} {:<8} {:>14}  {} left  {}\n",
            line(&offer.room_type),
            line(&offer.rate_plan),
            money(&offer.total),
            offer.sellable,
            line(&offer.quote_id)
        )
    };
    let text: String = list.offers.iter().map(row).collect();
    if text.is_empty() { "no room type is available, unrestricted and priced for this stay".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_node_cannot_add_lines_or_steer_the_terminal() {
        let guest = v1::Guest { name: "Ada\n  2 x DBL\u{1b}[2J".into(), ..Default::default() };
        let text = booking(&v1::Booking { guest: Some(guest), ..Default::default() });
        assert!(text.contains("Ada\\n  2 x DBL\\u{1b}[2J"), "{text}");
    }
}
