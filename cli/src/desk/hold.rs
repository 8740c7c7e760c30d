//! `keyrack hold`: takes rooms for a few minutes.

use clap::Subcommand;
use keyrack_client::{fresh_key, v1};

use super::idempotency::key_or_fresh;
use super::stay::{Guest, Stay};
use super::text;
use crate::context::Context;

/// What `keyrack hold` does.
#[derive(Subcommand)]
pub enum HoldCommand {
    /// Take rooms for a few minutes.
    #[command(after_help = "Example:\n  keyrack hold place lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --ttl-seconds 120")]
    Place {
        #[command(flatten)]
        stay: Stay,
        /// How long, 1 to 600.
        #[arg(long, default_value_t = 600)]
        ttl_seconds: u32,
        /// Drawn when absent.
        #[arg(long)]
        idempotency_key: Option<String>,
    },
    /// Turn a hold into a booking.
    Confirm {
        /// The hold's id.
        hold: String,
        #[command(flatten)]
        guest: Guest,
        /// Drawn when absent.
        #[arg(long)]
        idempotency_key: Option<String>,
    },
    /// Give a hold back.
    Release {
        /// The hold's id.
        hold: String,
    },
}

/// Runs `keyrack hold`.
pub async fn hold(context: &Context, command: HoldCommand) -> anyhow::Result<()> {
    match command {
        HoldCommand::Place { stay, ttl_seconds, idempotency_key } => {
            let request = v1::PlaceHoldRequest {
                property_id: stay.property.clone(),
                arrival: stay.arrival.clone(),
                departure: stay.departure.clone(),
                rooms: stay.rooms(),
                ttl_seconds: Some(ttl_seconds),
                idempotency_key: key_or_fresh(&idempotency_key),
            };
            context.show(&context.client.place_hold(request).await?, text::hold)
        }
        HoldCommand::Confirm { hold, guest, idempotency_key } => {
            let request = v1::ConfirmHoldRequest {
                hold_id: hold,
                guest: guest.guest(),
                payment: guest.payment(),
                channel_ref: guest.channel_ref.clone(),
                idempotency_key: key_or_fresh(&idempotency_key),
            };
            context.show(&context.client.confirm_hold(request).await?, text::booking)
        }
        HoldCommand::Release { hold } => {
            let request = v1::ReleaseHoldRequest { hold_id: hold, idempotency_key: fresh_key() };
            context.show(&context.client.release_hold(request).await?, text::hold)
        }
    }
}
