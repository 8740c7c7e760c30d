//! `keyrack property`: properties, their room types and rate plans.

use clap::{Args, Subcommand};
use keyrack_client::v1;

use super::date::date;
use super::idempotency::Idempotency;
use super::text;
use crate::context::Context;
use crate::number::whole;

/// The subcommands of `keyrack property`.
#[derive(Subcommand)]
pub enum PropertyCommand {
    /// Create a property, or change it.
    #[command(after_help = "Example:\n  keyrack property put lisbon-alfama --name 'Alfama House' --time-zone Europe/Lisbon \
                      --currency EUR")]
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
    /// Create a room type, or change it.
    #[command(after_help = "Example:\n  keyrack property room-type lisbon-alfama DBL --capacity 18 --occupancy 2 --name Double")]
    RoomType {
        /// The id of the property, such as lisbon-alfama.
        property: String,
        /// The code of the room type, such as DBL.
        code: String,
        /// The number of rooms of this type.
        #[arg(long, value_name = "ROOMS", value_parser = whole::<u32>)]
        capacity: u32,
        /// The maximum number of guests in one room; 0 sets no maximum.
        #[arg(long, value_name = "GUESTS", default_value_t = 0, value_parser = whole::<u32>)]
        occupancy: u32,
        /// The rooms that may be sold above the capacity, in hundredths of a percent: 1000 means 10 %.
        #[arg(long, value_name = "BASIS_POINTS", default_value_t = 0, value_parser = whole::<u32>)]
        overbooking_basis_points: u32,
        /// The name for people.
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        #[command(flatten)]
        idempotency: Idempotency,
    },
    /// Create a rate plan, or change it.
    #[command(after_help = "Example:\n  keyrack property rate-plan lisbon-alfama BAR --name 'Best available rate'")]
    RatePlan {
        /// The id of the property, such as lisbon-alfama.
        property: String,
        /// The code of the rate plan, such as BAR.
        code: String,
        /// The name for people.
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// The currency of its prices (ISO 4217), such as EUR. Without it the currency of the property is used.
        #[arg(long, default_value = "", hide_default_value = true)]
        currency: String,
        #[command(flatten)]
        idempotency: Idempotency,
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
    /// The name for people.
    #[arg(long)]
    name: String,
    /// The IANA name of its time zone, such as Europe/Lisbon.
    #[arg(long)]
    time_zone: String,
    /// Its currency (ISO 4217), such as EUR.
    #[arg(long)]
    currency: String,
    /// The region whose nodes preferably lead its shard.
    #[arg(long, default_value = "", hide_default_value = true)]
    home_region: String,
    /// The city of its address.
    #[arg(long, default_value = "", hide_default_value = true)]
    city: String,
    /// The maximum number of rooms sold on one night, all room types together. Without it there is no maximum.
    #[arg(long, value_name = "ROOMS", value_parser = whole::<u32>)]
    house_limit: Option<u32>,
    /// The first business date of a new property. Without it the current date is used.
    #[arg(long, value_name = "DATE", value_parser = date)]
    business_date: Option<String>,
    /// Mark guests who have not arrived as no-shows when the day is closed.
    #[arg(long)]
    no_show_on_close: bool,
    #[command(flatten)]
    idempotency: Idempotency,
}

/// Runs `keyrack property`.
pub async fn property(context: &Context, command: PropertyCommand) -> anyhow::Result<()> {
    let client = &context.client;
    match command {
        PropertyCommand::Put(put) => {
            context.show(&put.idempotency.send(|key| client.put_property(put.request(key))).await?, text::property)
        }
        PropertyCommand::Get { property } => {
            context.show(&client.get_property(v1::GetPropertyRequest { property_id: property }).await?, text::property)
        }
        PropertyCommand::List { city, cursor } => {
            let request = v1::ListPropertiesRequest { city, cursor, ..Default::default() };
            context.show(&client.list_properties(request).await?, text::properties)
        }
        PropertyCommand::RoomType { property, code, capacity, occupancy, overbooking_basis_points, name, idempotency } => {
            let request = |idempotency_key| v1::PutRoomTypeRequest {
                property_id: property,
                code,
                name,
                capacity: Some(capacity),
                occupancy,
                overbooking_basis_points,
                idempotency_key,
                ..Default::default()
            };
            context.show(&idempotency.send(|key| client.put_room_type(request(key))).await?, text::room_type)
        }
        PropertyCommand::RatePlan { property, code, name, currency, idempotency } => {
            let request = |idempotency_key| v1::PutRatePlanRequest {
                property_id: property,
                code,
                name,
                currency,
                idempotency_key,
                ..Default::default()
            };
            context.show(&idempotency.send(|key| client.put_rate_plan(request(key))).await?, text::rate_plan)
        }
        PropertyCommand::CloseDay { property, expected_from, idempotency } => {
            let request =
                |idempotency_key| v1::CloseBusinessDateRequest { property_id: property, expected_from, idempotency_key };
            context.show(&idempotency.send(|key| client.close_business_date(request(key))).await?, text::business_date)
        }
    }
}

impl Put {
    fn request(&self, idempotency_key: String) -> v1::PutPropertyRequest {
        let city = self.city.clone();
        v1::PutPropertyRequest {
            property_id: self.property.clone(),
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            currency: self.currency.clone(),
            home_region: self.home_region.clone(),
            address: Some(v1::Address { city, ..Default::default() }).filter(|address| !address.city.is_empty()),
            house_limit: self.house_limit,
            business_date: self.business_date.clone(),
            no_show_on_close: self.no_show_on_close,
            idempotency_key,
            ..Default::default()
        }
    }
}
