//! `keyrack book` creates a booking, `keyrack cancel` cancels it.

use clap::Args;
use keyrack_client::v1;

use super::idempotency::Idempotency;
use super::stay::{Guest, Stay};
use super::text;
use crate::context::Context;

/// `keyrack book`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack book lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --guest 'Ada Lovelace'\n  keyrack book \
                  lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --guest 'Ada Lovelace' --quantity 2 \\\n      --idempotency-key order-4711"
)]
pub struct Book {
    #[command(flatten)]
    stay: Stay,
    #[command(flatten)]
    guest: Guest,
    /// The quote of an offer, as `keyrack offers` prints it. The booking is refused if the price is another one now.
    #[arg(long, value_name = "QUOTE")]
    quote: Option<String>,
    /// Book although a restriction forbids it, and record this reason in the audit trail. For desks and managers.
    #[arg(long, value_name = "REASON")]
    override_restrictions: Option<String>,
    #[command(flatten)]
    idempotency: Idempotency,
}

/// `keyrack cancel`.
#[derive(Args)]
#[command(after_help = "Example:\n  keyrack cancel bk_00000020d1z4498bcppn6xycc4")]
pub struct Cancel {
    /// The id of the booking, which begins with bk_.
    booking: String,
    #[command(flatten)]
    idempotency: Idempotency,
}

/// Runs `keyrack book`.
pub async fn book(context: &Context, command: Book) -> anyhow::Result<()> {
    let request = |idempotency_key| v1::BookRequest {
        property_id: command.stay.property.clone(),
        arrival: command.stay.arrival.clone(),
        departure: command.stay.departure.clone(),
        rooms: command.stay.rooms(),
        guest: Some(command.guest.guest()),
        channel_ref: command.guest.channel_ref.clone(),
        payment: command.guest.payment(),
        notes: command.guest.notes(),
        quote_id: command.quote.clone().unwrap_or_default(),
        r#override: overriding(command.override_restrictions.as_deref()),
        expected_total: None,
        idempotency_key,
    };
    context.show(&command.idempotency.send(|key| context.client.book(request(key))).await?, text::booking)
}

/// Runs `keyrack cancel`.
pub async fn cancel(context: &Context, command: Cancel) -> anyhow::Result<()> {
    let request =
        |idempotency_key| v1::BookingStepRequest { booking_id: command.booking, expected_revision: None, idempotency_key };
    context.show(&command.idempotency.send(|key| context.client.cancel(request(key))).await?, text::booking)
}

/// The override of restrictions, if a reason was given.
pub fn overriding(reason: Option<&str>) -> Option<v1::Override> {
    reason.map(|reason| v1::Override { rule: "restrictions".into(), reason: reason.to_owned() })
}
