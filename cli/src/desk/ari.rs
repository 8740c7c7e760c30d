//! `keyrack ari`: changes availability, rates and inventory.

use clap::Args;
use keyrack_client::{fresh_key, v1};

use crate::context::Context;

/// `keyrack ari`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack ari lisbon-alfama DBL 2027-01-01 2027-12-31 --rate-plan BAR --rate 119.00\n  keyrack ari lisbon-alfama DBL 2027-08-01 2027-08-31 --min-stay-arrival 3 --days fri,sat"
)]
pub struct Ari {
    /// The property's id.
    property: String,
    /// The room type's code.
    room_type: String,
    /// The first date.
    date_from: String,
    /// The last date, included.
    date_to: String,
    /// For rate and restrictions; absent restricts every plan.
    #[arg(long)]
    rate_plan: Option<String>,
    /// mon,tue,wed,thu,fri,sat,sun.
    #[arg(long, value_delimiter = ',')]
    days: Vec<String>,
    /// The price of a night.
    #[arg(long)]
    rate: Option<String>,
    /// Rooms of this type.
    #[arg(long)]
    capacity: Option<u32>,
    /// Rooms that cannot be sold.
    #[arg(long)]
    out_of_order: Option<u32>,
    /// Sell nothing.
    #[arg(long)]
    stop_sell: Option<bool>,
    /// No stay may begin.
    #[arg(long)]
    closed_to_arrival: Option<bool>,
    /// No stay may end.
    #[arg(long)]
    closed_to_departure: Option<bool>,
    /// Nights of a stay that begins here, at least; 0 lifts it.
    #[arg(long)]
    min_stay_arrival: Option<u32>,
    /// Nights of a stay that covers this night, at least; 0 lifts it.
    #[arg(long)]
    min_stay_through: Option<u32>,
    /// Nights of a stay that begins here, at most; 0 lifts it.
    #[arg(long)]
    max_stay: Option<u32>,
}

/// Runs `keyrack ari`.
pub async fn ari(context: &Context, command: Ari) -> anyhow::Result<()> {
    let update = v1::AriUpdate {
        room_type: command.room_type,
        rate_plan: command.rate_plan,
        date_from: command.date_from,
        date_to: command.date_to,
        days: command.days,
        capacity: command.capacity,
        rate: command.rate,
        min_stay_arrival: command.min_stay_arrival,
        min_stay_through: command.min_stay_through,
        max_stay: command.max_stay,
        closed_to_arrival: command.closed_to_arrival,
        closed_to_departure: command.closed_to_departure,
        stop_sell: command.stop_sell,
        out_of_order: command.out_of_order,
    };
    let request = v1::UpdateAriRequest { property_id: command.property, updates: vec![update], idempotency_key: fresh_key() };
    context.show(&context.client.update_ari(request).await?, |result| format!("{} nights changed", result.nights))
}
