//! `keyrack availability`: the rooms that can be sold, night by night.

use clap::Args;
use keyrack_client::v1;

use super::date::date;
use super::text;
use crate::context::Context;

/// `keyrack availability`.
#[derive(Args)]
#[command(after_help = "Columns, in rooms:\n  limit  the most that may be sold: capacity and overbooking\n  sold   booked\n  \
                  held   kept by holds\n  block  taken out of sale\n  free   can still be sold\n  over   sold above the limit, \
                  after it was lowered\n\nExample:\n  keyrack availability lisbon-alfama 2027-03-01 2027-03-08 --room-type DBL")]
pub struct Availability {
    /// The id of the property, such as lisbon-alfama.
    property: String,
    /// The first night, such as 2027-03-01.
    #[arg(value_parser = date)]
    from: String,
    /// The date after the last night.
    #[arg(value_parser = date)]
    to: String,
    /// The code of a room type. Without it all room types are shown.
    #[arg(long, default_value = "", hide_default_value = true)]
    room_type: String,
}

/// Runs `keyrack availability`.
pub async fn availability(context: &Context, command: Availability) -> anyhow::Result<()> {
    let request = v1::AvailabilityRequest {
        property_id: command.property,
        from: command.from,
        to: command.to,
        room_type: command.room_type,
        ..Default::default()
    };
    context.show(&context.client.get_availability(request).await?, text::availability)
}
