//! `keyrack offers`: the offers for a stay, with prices.

use clap::Args;
use keyrack_client::v1;

use super::date::date;
use super::text;
use crate::context::Context;
use crate::number::whole;

/// `keyrack offers`.
#[derive(Args)]
#[command(after_help = "Example:\n  keyrack offers lisbon-alfama 2027-03-01 2027-03-03 --adults 2")]
pub struct Offers {
    /// The id of the property, such as lisbon-alfama.
    property: String,
    /// The first night, such as 2027-03-01.
    #[arg(value_parser = date)]
    arrival: String,
    /// The day of departure.
    #[arg(value_parser = date)]
    departure: String,
    /// The number of adults in the room.
    #[arg(long, default_value_t = 1, value_parser = whole::<u32>)]
    adults: u32,
    /// The number of children in the room.
    #[arg(long, default_value_t = 0, value_parser = whole::<u32>)]
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
