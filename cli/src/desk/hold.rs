//! `keyrack hold`: keeps rooms for a few minutes.

use clap::Subcommand;
use keyrack_client::v1;

use super::idempotency::Idempotency;
use super::stay::{Guest, Stay};
use super::text;
use crate::context::Context;
use crate::number::whole;

/// The subcommands of `keyrack hold`.
#[derive(Subcommand)]
pub enum HoldCommand {
    /// Keep rooms for a few minutes.
    #[command(after_help = "Example:\n  keyrack hold place lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --ttl-seconds 120")]
    Place {
        #[command(flatten)]
        stay: Stay,
        /// The lifetime of the hold in seconds, 1 to 600.
        #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = whole::<u32>)]
        ttl_seconds: u32,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Show a hold, and the booking that it became.
    #[command(after_help = "Example:\n  keyrack hold get hd_00000020d1z4498bcppn6xycc4")]
    Get {
        /// The id of the hold.
        hold: String,
    },
    /// Turn a hold into a booking.
    #[command(after_help = "Example:\n  keyrack hold confirm hd_00000020d1z4498bcppn6xycc4 --guest 'Ada Lovelace'")]
    Confirm {
        /// The id of the hold.
        hold: String,
        #[command(flatten)]
        guest: Guest,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Release a hold, so that its rooms can be sold again.
    #[command(after_help = "Example:\n  keyrack hold release hd_00000020d1z4498bcppn6xycc4")]
    Release {
        /// The id of the hold.
        hold: String,
        #[command(flatten)]
        idempotency: Idempotency,
    },
}

/// Runs `keyrack hold`.
pub async fn hold(context: &Context, command: HoldCommand) -> anyhow::Result<()> {
    let client = &context.client;
    match command {
        HoldCommand::Place { stay, ttl_seconds, idempotency } => {
            let request = |idempotency_key| v1::PlaceHoldRequest {
                property_id: stay.property.clone(),
                arrival: stay.arrival.clone(),
                departure: stay.departure.clone(),
                rooms: stay.rooms(),
                ttl_seconds: Some(ttl_seconds),
                idempotency_key,
            };
            context.show(&idempotency.send(|key| client.place_hold(request(key))).await?, text::hold)
        }
        HoldCommand::Get { hold } => context.show(&client.get_hold(v1::GetHoldRequest { hold_id: hold }).await?, text::hold),
        HoldCommand::Confirm { hold, guest, idempotency } => {
            let request = |idempotency_key| v1::ConfirmHoldRequest {
                hold_id: hold,
                guest: Some(guest.guest()),
                payment: guest.payment(),
                channel_ref: guest.channel_ref.clone(),
                notes: guest.notes(),
                idempotency_key,
                ..Default::default()
            };
            context.show(&idempotency.send(|key| client.confirm_hold(request(key))).await?, text::booking)
        }
        HoldCommand::Release { hold, idempotency } => {
            let request = |idempotency_key| v1::ReleaseHoldRequest { hold_id: hold, idempotency_key };
            context.show(&idempotency.send(|key| client.release_hold(request(key))).await?, text::hold)
        }
    }
}
