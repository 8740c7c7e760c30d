//! `keyrack property`: properties, their room types and rate plans.

use clap::{Args, Subcommand};
use keyrack_client::v1;

use super::catalog_change::{self, PropertyChange, RatePlanChange, RoomTypeChange};
use super::date::date;
use super::idempotency::Idempotency;
use super::text;
use crate::context::Context;
use crate::operator::remove_property;

/// The subcommands of `keyrack property`.
#[derive(Subcommand)]
pub enum PropertyCommand {
    /// Create a property, or change it. An option that is not given changes nothing.
    #[command(after_help = "Examples:\n  keyrack property put lisbon-alfama --name 'Alfama House' --time-zone Europe/Lisbon \
                      --currency EUR\n  keyrack property put lisbon-alfama --house-limit 40")]
    Put(Box<Put>),
    /// Show a property with its room types and rate plans.
    #[command(after_help = "Example:\n  keyrack property get lisbon-alfama")]
    Get {
        /// The id of the property, such as lisbon-alfama.
        property: String,
    },
    /// List properties.
    #[command(after_help = "Example:\n  keyrack property list --city Lisbon")]
    List {
        /// Only properties in this city.
        #[arg(long, default_value = "", hide_default_value = true)]
        city: String,
        /// The cursor that the previous page printed.
        #[arg(long, default_value = "", hide_default_value = true)]
        cursor: String,
    },
    /// Create a room type, or change it. An option that is not given changes nothing.
    #[command(after_help = "Examples:\n  keyrack property room-type lisbon-alfama DBL --capacity 18 --occupancy 2 --name \
                      Double\n  keyrack property room-type lisbon-alfama DBL --capacity 17")]
    RoomType {
        /// The id of the property, such as lisbon-alfama.
        property: String,
        /// The code of the room type, such as DBL.
        code: String,
        #[command(flatten)]
        change: RoomTypeChange,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Create a rate plan, or change it. An option that is not given changes nothing.
    #[command(after_help = "Example:\n  keyrack property rate-plan lisbon-alfama BAR --name 'Best available rate'")]
    RatePlan {
        /// The id of the property, such as lisbon-alfama.
        property: String,
        /// The code of the rate plan, such as BAR.
        code: String,
        #[command(flatten)]
        change: RatePlanChange,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Remove a property whose shard does not exist. For operators.
    ///
    /// Nobody can serve such a property: a node with a larger data_shards than the others registered it. Its id can be used again.
    #[command(
        after_help = "Example:\n  keyrack --endpoint https://node-1.example:7113 --ca ca.pem \\\n      --cert operator-anna.pem --cert-key operator-anna.key property remove lisbon-alfama"
    )]
    Remove {
        /// The id of the property, such as lisbon-alfama.
        property: String,
    },
    /// Close the business date of a property: the next date becomes the business date.
    #[command(after_help = "Example:\n  keyrack property close-day lisbon-alfama 2027-03-01")]
    CloseDay {
        /// The id of the property, such as lisbon-alfama.
        property: String,
        /// The business date to close. A different current business date is refused.
        #[arg(value_parser = date)]
        expected_from: String,
        #[command(flatten)]
        idempotency: Idempotency,
    },
}

/// `keyrack property put`.
#[derive(Args)]
pub struct Put {
    /// The id of the property, such as lisbon-alfama.
    property: String,
    #[command(flatten)]
    change: PropertyChange,
    #[command(flatten)]
    idempotency: Idempotency,
}

/// Runs `keyrack property`.
pub async fn property(context: &Context, command: PropertyCommand) -> anyhow::Result<()> {
    let client = &context.client;
    match command {
        PropertyCommand::Put(put) => {
            let request = put.change.applied_to(&put.property, catalog_change::known(client, &put.property).await?)?;
            let request = |idempotency_key| v1::PutPropertyRequest { idempotency_key, ..request };
            context.show(&put.idempotency.send(|key| client.put_property(request(key))).await?, text::property)
        }
        PropertyCommand::Get { property } => {
            context.show(&client.get_property(v1::GetPropertyRequest { property_id: property }).await?, text::property)
        }
        PropertyCommand::List { city, cursor } => {
            let request = v1::ListPropertiesRequest { city, cursor, ..Default::default() };
            context.show(&client.list_properties(request).await?, text::properties)
        }
        PropertyCommand::Remove { property } => remove_property(context, &property).await,
        PropertyCommand::RoomType { property, code, change, idempotency } => {
            let request = change.applied_to(&property, &code, catalog_change::known(client, &property).await?)?;
            let request = |idempotency_key| v1::PutRoomTypeRequest { idempotency_key, ..request };
            context.show(&idempotency.send(|key| client.put_room_type(request(key))).await?, text::room_type)
        }
        PropertyCommand::RatePlan { property, code, change, idempotency } => {
            let request = change.applied_to(&property, &code, catalog_change::known(client, &property).await?);
            let request = |idempotency_key| v1::PutRatePlanRequest { idempotency_key, ..request };
            context.show(&idempotency.send(|key| client.put_rate_plan(request(key))).await?, text::rate_plan)
        }
        PropertyCommand::CloseDay { property, expected_from, idempotency } => {
            let request =
                |idempotency_key| v1::CloseBusinessDateRequest { property_id: property, expected_from, idempotency_key };
            context.show(&idempotency.send(|key| client.close_business_date(request(key))).await?, text::business_date)
        }
    }
}
