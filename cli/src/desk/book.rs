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
                  lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --quantity 2 --idempotency-key order-4711"
)]
pub struct Book {
    #[command(flatten)]
    stay: Stay,
    #[command(flatten)]
    guest: Guest,
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
        guest: command.guest.guest(),
        channel_ref: command.guest.channel_ref.clone(),
        payment: command.guest.payment(),
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
