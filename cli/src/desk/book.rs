//! `keyrack book` takes a booking, `keyrack cancel` gives it up.

use clap::Args;
use keyrack_client::v1;

use super::idempotency::key_or_fresh;
use super::stay::{Guest, Stay};
use super::text;
use crate::context::Context;

/// `keyrack book`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack book lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --guest 'Ada Lovelace'\n  keyrack book lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --quantity 2 --idempotency-key order-4711"
)]
pub struct Book {
    #[command(flatten)]
    stay: Stay,
    #[command(flatten)]
    guest: Guest,
    /// Ask again with the same key to learn what became of a request; drawn when absent.
    #[arg(long)]
    idempotency_key: Option<String>,
}

/// `keyrack cancel`.
#[derive(Args)]
#[command(after_help = "Example:\n  keyrack cancel bk_00000020d1z4498bcppn6xycc4")]
pub struct Cancel {
    /// The booking's id.
    booking: String,
    /// Ask again with the same key to learn what became of a request; drawn when absent.
    #[arg(long)]
    idempotency_key: Option<String>,
}

/// Runs `keyrack book`.
pub async fn book(context: &Context, command: Book) -> anyhow::Result<()> {
    let request = v1::BookRequest {
        property_id: command.stay.property.clone(),
        arrival: command.stay.arrival.clone(),
        departure: command.stay.departure.clone(),
        rooms: command.stay.rooms(),
        guest: command.guest.guest(),
        channel_ref: command.guest.channel_ref.clone(),
        payment: command.guest.payment(),
        idempotency_key: key_or_fresh(&command.idempotency_key),
    };
    context.show(&context.client.book(request).await?, text::booking)
}

/// Runs `keyrack cancel`.
pub async fn cancel(context: &Context, command: Cancel) -> anyhow::Result<()> {
    let idempotency_key = key_or_fresh(&command.idempotency_key);
    let request = v1::BookingStepRequest { booking_id: command.booking, expected_revision: None, idempotency_key };
    context.show(&context.client.cancel(request).await?, text::booking)
}
