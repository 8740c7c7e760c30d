//! `keyrack booking`: looks at bookings and changes them.

use clap::Subcommand;
use keyrack_client::{fresh_key, v1};

use super::idempotency::key_or_fresh;
use super::text;
use crate::context::Context;

/// What `keyrack booking` does.
#[derive(Subcommand)]
pub enum BookingCommand {
    /// Look a booking up.
    Get {
        /// The booking's id.
        booking: String,
    },
    /// List a property's bookings by arrival.
    List {
        /// The property's id.
        property: String,
        /// First arrival.
        #[arg(long, default_value = "")]
        arrival_from: String,
        /// Last arrival.
        #[arg(long, default_value = "")]
        arrival_to: String,
        /// confirmed, checked_in, checked_out, cancelled or no_show.
        #[arg(long, default_value = "")]
        state: String,
        /// The seller's own reference.
        #[arg(long, default_value = "")]
        channel_ref: String,
        /// From the answer before.
        #[arg(long, default_value = "")]
        cursor: String,
        /// At most 500.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Change a booking's nights.
    Amend {
        /// The booking's id.
        booking: String,
        /// The new first night.
        #[arg(long)]
        arrival: Option<String>,
        /// The new day of leaving.
        #[arg(long)]
        departure: Option<String>,
        /// Drawn when absent.
        #[arg(long)]
        idempotency_key: Option<String>,
    },
    /// The guest is here.
    CheckIn {
        /// The booking's id.
        booking: String,
    },
    /// The guest has left.
    CheckOut {
        /// The booking's id.
        booking: String,
    },
    /// The guest never came.
    NoShow {
        /// The booking's id.
        booking: String,
    },
}

/// Runs `keyrack booking`.
pub async fn booking(context: &Context, command: BookingCommand) -> anyhow::Result<()> {
    let client = &context.client;
    let booking = match command {
        BookingCommand::List { property, arrival_from, arrival_to, state, channel_ref, cursor, limit } => {
            let request =
                v1::ListBookingsRequest { property_id: property, arrival_from, arrival_to, state, channel_ref, cursor, limit };
            return context.show(&client.list_bookings(request).await?, text::bookings);
        }
        BookingCommand::Get { booking } => client.get_booking(v1::GetBookingRequest { booking_id: booking }).await?,
        BookingCommand::Amend { booking, arrival, departure, idempotency_key } => {
            let idempotency_key = key_or_fresh(&idempotency_key);
            client
                .amend(v1::AmendRequest { booking_id: booking, arrival, departure, idempotency_key, ..Default::default() })
                .await?
        }
        BookingCommand::CheckIn { booking } => client.check_in(step(booking)).await?,
        BookingCommand::CheckOut { booking } => client.check_out(step(booking)).await?,
        BookingCommand::NoShow { booking } => client.no_show(step(booking)).await?,
    };
    context.show(&booking, text::booking)
}

fn step(booking_id: String) -> v1::BookingStepRequest {
    v1::BookingStepRequest { booking_id, expected_revision: None, idempotency_key: fresh_key() }
}
