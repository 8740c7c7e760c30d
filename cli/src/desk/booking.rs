//! `keyrack booking`: shows, lists and changes bookings.

use clap::{Args, Subcommand};
use keyrack_client::v1;

use super::date::date;
use super::idempotency::Idempotency;
use super::text;
use crate::context::Context;
use crate::number::whole;

/// The subcommands of `keyrack booking`.
#[derive(Subcommand)]
pub enum BookingCommand {
    /// Show a booking.
    #[command(after_help = "Example:\n  keyrack booking get bk_00000020d1z4498bcppn6xycc4")]
    Get {
        /// The id of the booking, which begins with bk_.
        booking: String,
    },
    /// List the bookings of a property by arrival.
    #[command(after_help = concat!(
        "Example:\n",
        "  keyrack booking list lisbon-alfama --arrival-from 2027-03-01 --arrival-to 2027-03-07 \\\n",
        "      --state confirmed",
    ))]
    List {
        /// The id of the property, such as lisbon-alfama.
        property: String,
        /// Only bookings that arrive on this date or later.
        #[arg(long, value_name = "DATE", value_parser = date)]
        arrival_from: Option<String>,
        /// Only bookings that arrive on this date or earlier.
        #[arg(long, value_name = "DATE", value_parser = date)]
        arrival_to: Option<String>,
        /// Only bookings in this state: confirmed, checked_in, checked_out, cancelled or no_show.
        #[arg(long, default_value = "", hide_default_value = true)]
        state: String,
        /// Only bookings with this reference of the seller.
        #[arg(long, default_value = "", hide_default_value = true)]
        channel_ref: String,
        /// The cursor that the previous page printed.
        #[arg(long, default_value = "", hide_default_value = true)]
        cursor: String,
        /// The number of bookings on a page, at most 500.
        #[arg(long, default_value_t = 100, value_parser = whole::<u32>)]
        limit: u32,
    },
    /// Change the nights of a booking.
    #[command(after_help = "Example:\n  keyrack booking amend bk_00000020d1z4498bcppn6xycc4 --departure 2027-03-04")]
    Amend {
        /// The id of the booking, which begins with bk_.
        booking: String,
        /// The new first night. Without it the arrival stays the same.
        #[arg(long, value_name = "DATE", value_parser = date)]
        arrival: Option<String>,
        /// The new day of departure. Without it the departure stays the same.
        #[arg(long, value_name = "DATE", value_parser = date)]
        departure: Option<String>,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Record that the guest has arrived.
    #[command(after_help = "Example:\n  keyrack booking check-in bk_00000020d1z4498bcppn6xycc4")]
    CheckIn(Step),
    /// Record that the guest has left.
    #[command(after_help = "Example:\n  keyrack booking check-out bk_00000020d1z4498bcppn6xycc4")]
    CheckOut(Step),
    /// Record that the guest did not come.
    #[command(after_help = "Example:\n  keyrack booking no-show bk_00000020d1z4498bcppn6xycc4")]
    NoShow(Step),
}

/// A change of a booking's state.
#[derive(Args)]
pub struct Step {
    /// The id of the booking, which begins with bk_.
    booking: String,
    #[command(flatten)]
    idempotency: Idempotency,
}

/// Runs `keyrack booking`.
pub async fn booking(context: &Context, command: BookingCommand) -> anyhow::Result<()> {
    let client = &context.client;
    let booking = match command {
        BookingCommand::List { property, arrival_from, arrival_to, state, channel_ref, cursor, limit } => {
            let (arrival_from, arrival_to) = (arrival_from.unwrap_or_default(), arrival_to.unwrap_or_default());
            let request =
                v1::ListBookingsRequest { property_id: property, arrival_from, arrival_to, state, channel_ref, cursor, limit };
            return context.show(&client.list_bookings(request).await?, text::bookings);
        }
        BookingCommand::Get { booking } => client.get_booking(v1::GetBookingRequest { booking_id: booking }).await?,
        BookingCommand::Amend { booking, arrival, departure, idempotency } => {
            let request = |idempotency_key| v1::AmendRequest {
                booking_id: booking,
                arrival,
                departure,
                idempotency_key,
                ..Default::default()
            };
            idempotency.send(|key| client.amend(request(key))).await?
        }
        BookingCommand::CheckIn(step) => step.idempotency.send(|key| client.check_in(step.request(key))).await?,
        BookingCommand::CheckOut(step) => step.idempotency.send(|key| client.check_out(step.request(key))).await?,
        BookingCommand::NoShow(step) => step.idempotency.send(|key| client.no_show(step.request(key))).await?,
    };
    context.show(&booking, text::booking)
}

impl Step {
    fn request(&self, idempotency_key: String) -> v1::BookingStepRequest {
        v1::BookingStepRequest { booking_id: self.booking.clone(), expected_revision: None, idempotency_key }
    }
}
