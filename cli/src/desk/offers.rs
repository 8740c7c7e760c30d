//! `keyrack offers`: what a guest could book, with prices.

use clap::Args;
use keyrack_client::v1;

use super::text;
use crate::context::Context;

/// `keyrack offers`.
#[derive(Args)]
#[command(after_help = "Example:\n  keyrack offers lisbon-alfama 2027-03-01 2027-03-03 --adults 2")]
pub struct Offers {
    /// The property's id.
    property: String,
    /// The first night.
    arrival: String,
    /// The day of leaving.
    departure: String,
    /// Adults in the room.
    #[arg(long, default_value_t = 1)]
    adults: u32,
    /// Children in the room.
    #[arg(long, default_value_t = 0)]
    children: u32,
}

/// Runs `keyrack offers`.
pub async fn offers(context: &Context, command: Offers) -> anyhow::Result<()> {
    let request = v1::OffersRequest {
        property_id: command.property,
        arrival: command.arrival,
        departure: command.departure,
        adults: command.adults,
        children: command.children,
    };
    context.show(&context.client.list_offers(request).await?, text::offers)
}
