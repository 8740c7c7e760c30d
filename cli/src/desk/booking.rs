//! `keyrack booking`: shows, lists and changes bookings.

use clap::{Args, Subcommand};
use keyrack_client::v1;
use keyrack_inventory::ConfirmationNumber;

use super::book::overriding;
use super::date::date;
use super::idempotency::Idempotency;
use super::text;
use crate::context::Context;
use crate::number::whole;

/// The subcommands of `keyrack booking`.
#[derive(Subcommand)]
pub enum BookingCommand {
    /// Show a booking.
    #[command(after_help = "Examples:\n  keyrack booking get bk_00000020d1z4498bcppn6xycc4\n  keyrack booking get 7k2m4x9qrt")]
    Get {
        /// The id of the booking, which begins with bk_, or its confirmation number: in upper or lower case, with or without the hyphen.
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
        /// Only bookings that depart on this date or later.
        #[arg(long, value_name = "DATE", value_parser = date)]
        departure_from: Option<String>,
        /// Only bookings that depart on this date or earlier.
        #[arg(long, value_name = "DATE", value_parser = date)]
        departure_to: Option<String>,
        /// Only bookings that were changed at this time or later, such as 2027-03-01T18:00:00Z.
        #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
        updated_since: String,
        /// Only bookings of guests whose name has these words, or who have this email address.
        #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
        guest: String,
        /// Only bookings in these states, separated by commas: confirmed, checked_in, checked_out, cancelled, no_show.
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
        /// Change it although a restriction forbids it, and record this reason in the audit trail. For desks and managers.
        #[arg(long, value_name = "REASON")]
        override_restrictions: Option<String>,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Record that the guest has arrived.
    #[command(after_help = "Example:\n  keyrack booking check-in bk_00000020d1z4498bcppn6xycc4")]
    CheckIn(Step),
    /// Record that the guest has left.
    #[command(after_help = "Example:\n  keyrack booking check-out bk_00000020d1z4498bcppn6xycc4")]
    CheckOut(Step),
    /// Undo a check-in of the same business date.
    #[command(after_help = "Example:\n  keyrack booking revert-check-in bk_00000020d1z4498bcppn6xycc4")]
    RevertCheckIn(Step),
    /// Confirm a cancelled booking or a no-show again, if its rooms are still free.
    #[command(after_help = "Example:\n  keyrack booking reinstate bk_00000020d1z4498bcppn6xycc4")]
    Reinstate(Step),
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
        BookingCommand::List {
            property,
            arrival_from,
            arrival_to,
            departure_from,
            departure_to,
            updated_since,
            guest,
            state,
            channel_ref,
            cursor,
            limit,
        } => {
            let request = v1::ListBookingsRequest {
                property_id: property,
                arrival_from: arrival_from.unwrap_or_default(),
                arrival_to: arrival_to.unwrap_or_default(),
                departure_from: departure_from.unwrap_or_default(),
                departure_to: departure_to.unwrap_or_default(),
                updated_since,
                confirmation_number: String::new(),
                guest,
                state,
                channel_ref,
                cursor,
                limit,
            };
            return context.show(&client.list_bookings(request).await?, text::bookings);
        }
        BookingCommand::Get { booking } if ConfirmationNumber::parse(&booking).is_ok() => {
            return numbered(context, booking).await;
        }
        BookingCommand::Get { booking } => client.get_booking(v1::GetBookingRequest { booking_id: booking }).await?,
        BookingCommand::Amend { booking, arrival, departure, override_restrictions, idempotency } => {
            let request = |idempotency_key| v1::AmendRequest {
                booking_id: booking,
                arrival,
                departure,
                r#override: overriding(override_restrictions.as_deref()),
                idempotency_key,
                ..Default::default()
            };
            idempotency.send(|key| client.amend(request(key))).await?
        }
        BookingCommand::CheckIn(step) => step.idempotency.send(|key| client.check_in(step.request(key))).await?,
        BookingCommand::CheckOut(step) => step.idempotency.send(|key| client.check_out(step.request(key))).await?,
        BookingCommand::RevertCheckIn(step) => step.idempotency.send(|key| client.revert_check_in(step.request(key))).await?,
        BookingCommand::Reinstate(step) => step.idempotency.send(|key| client.reinstate(step.request(key))).await?,
        BookingCommand::NoShow(step) => step.idempotency.send(|key| client.no_show(step.request(key))).await?,
    };
    context.show(&booking, text::booking)
}

/// Shows the bookings with a confirmation number.
async fn numbered(context: &Context, number: String) -> anyhow::Result<()> {
    let request = v1::ListBookingsRequest { confirmation_number: number.clone(), ..Default::default() };
    let list = context.client.list_bookings(request).await?;
    match list.items.as_slice() {
        // The node's refusal names what was asked.
        [] => context.show(&context.client.get_booking(v1::GetBookingRequest { booking_id: number }).await?, text::booking),
        [booking] => context.show(booking, text::booking),
        _ => context.show(&list, text::bookings),
    }
}

impl Step {
    fn request(&self, idempotency_key: String) -> v1::BookingStepRequest {
        v1::BookingStepRequest { booking_id: self.booking.clone(), expected_revision: None, idempotency_key }
    }
}
