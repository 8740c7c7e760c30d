//! `keyrack ari`: changes availability, rates and inventory.

use clap::Args;
use keyrack_client::v1;

use super::date::date;
use super::idempotency::Idempotency;
use crate::context::Context;
use crate::messages::usage::Usage;
use crate::number::whole;

/// `keyrack ari`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack ari lisbon-alfama DBL 2027-01-01 2027-12-31 --rate-plan BAR --rate 119.00\n  keyrack ari \
                  lisbon-alfama DBL 2027-08-01 2027-08-31 --min-stay-arrival 3 --days fri,sat"
)]
pub struct Ari {
    /// The id of the property, such as lisbon-alfama.
    property: String,
    /// The code of the room type, such as DBL.
    room_type: String,
    /// The first night, such as 2027-01-01.
    #[arg(value_parser = date)]
    date_from: String,
    /// The last night, which is changed too.
    #[arg(value_parser = date)]
    date_to: String,
    /// The code of the rate plan for the rate and the restrictions. Without it the restrictions apply to all plans.
    #[arg(long)]
    rate_plan: Option<String>,
    /// The weekdays to change, separated by commas: mon, tue, wed, thu, fri, sat, sun. Without it all days are changed.
    #[arg(long, value_delimiter = ',')]
    days: Vec<String>,
    /// The price of a room for one night, such as 119.00, in the currency of the rate plan.
    #[arg(long, value_name = "PRICE")]
    rate: Option<String>,
    /// The number of rooms of this type.
    #[arg(long, value_name = "ROOMS", value_parser = whole::<u32>)]
    capacity: Option<u32>,
    /// The number of these rooms that are out of order and cannot be sold.
    #[arg(long, value_name = "ROOMS", value_parser = whole::<u32>)]
    out_of_order: Option<u32>,
    /// true closes the nights for sale, false opens them again.
    #[arg(long, value_name = "TRUE_OR_FALSE")]
    stop_sell: Option<bool>,
    /// true forbids stays that begin on these dates, false allows them again.
    #[arg(long, value_name = "TRUE_OR_FALSE")]
    closed_to_arrival: Option<bool>,
    /// true forbids stays that end on these dates, false allows them again.
    #[arg(long, value_name = "TRUE_OR_FALSE")]
    closed_to_departure: Option<bool>,
    /// The minimum number of nights of a stay that begins on these dates; 0 removes the rule.
    #[arg(long, value_name = "NIGHTS", value_parser = whole::<u32>)]
    min_stay_arrival: Option<u32>,
    /// The minimum number of nights of a stay that covers one of these nights; 0 removes the rule.
    #[arg(long, value_name = "NIGHTS", value_parser = whole::<u32>)]
    min_stay_through: Option<u32>,
    /// The maximum number of nights of a stay that begins on these dates; 0 removes the rule.
    #[arg(long, value_name = "NIGHTS", value_parser = whole::<u32>)]
    max_stay: Option<u32>,
    #[command(flatten)]
    idempotency: Idempotency,
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
    if !changes_something(&update) {
        return Err(Usage::NothingToChange.into());
    }
    let request =
        |idempotency_key| v1::UpdateAriRequest { property_id: command.property, updates: vec![update], idempotency_key };
    let result = command.idempotency.send(|key| context.client.update_ari(request(key))).await?;
    context.show(&result, |result| format!("{} nights changed", result.nights))
}

fn changes_something(update: &v1::AriUpdate) -> bool {
    let numbers = [update.capacity, update.out_of_order, update.min_stay_arrival, update.min_stay_through, update.max_stay];
    let rules = [update.stop_sell, update.closed_to_arrival, update.closed_to_departure];
    update.rate.is_some() || numbers.iter().any(Option::is_some) || rules.iter().any(Option::is_some)
}
