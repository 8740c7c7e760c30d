//! What the commands print for people.

use std::io::Write;

use keyrack_client::v1;
use serde::Serialize;

use super::Context;

impl Context {
    /// JSON if that was asked for, else `text`.
    pub fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string_pretty(value)? } else { text(value).trim_end().to_owned() };
        say(&(text + "\n"))
    }
}

/// Writes to standard output. A reader that has gone away, such as `head`, has read enough.
pub fn say(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(cause.into()),
        _ => Ok(()),
    }
}

pub fn money(money: &Option<v1::Money>) -> String {
    money.as_ref().map_or_else(|| "no price".to_owned(), |money| format!("{} {}", money.amount, money.currency))
}

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

pub fn properties(list: &v1::PropertyList) -> String {
    let mut text: String =
        list.items.iter().map(|p| format!("{:<24} {:<32} {}\n", p.property_id, p.name, p.business_date)).collect();
    if let Some(cursor) = &list.next_cursor {
        text += &format!("more: --cursor {cursor}\n");
    }
    if text.is_empty() { "no properties".into() } else { text }
}

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
