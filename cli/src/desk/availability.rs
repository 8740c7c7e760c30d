//! `keyrack availability`: what is free, night by night.

use clap::Args;
use keyrack_client::v1;

use super::text;
use crate::context::Context;

/// `keyrack availability`.
#[derive(Args)]
#[command(after_help = "Example:\n  keyrack availability lisbon-alfama 2027-03-01 2027-03-08 --room-type DBL")]
pub struct Availability {
    /// The property's id.
    property: String,
    /// The first night.
    from: String,
    /// The day after the last night.
    to: String,
    /// Only this room type.
    #[arg(long, default_value = "")]
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
