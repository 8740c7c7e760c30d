//! `keyrack property`: properties, their room types and rate plans.

use clap::Subcommand;
use keyrack_client::{fresh_key, v1};

use super::text;
use crate::context::Context;

/// What `keyrack property` does.
#[derive(Subcommand)]
pub enum PropertyCommand {
    /// Onboard or change a property.
    #[command(
        after_help = "Example:\n  keyrack property put lisbon-alfama --name 'Alfama House' --time-zone Europe/Lisbon --currency EUR"
    )]
    Put {
        /// The property's id.
        property: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// IANA name.
        #[arg(long)]
        time_zone: String,
        /// ISO 4217.
        #[arg(long)]
        currency: String,
        /// The region whose nodes should lead it.
        #[arg(long, default_value = "")]
        home_region: String,
        /// The city of its address.
        #[arg(long, default_value = "")]
        city: String,
        /// The most rooms of all types on one night.
        #[arg(long)]
        house_limit: Option<u32>,
        /// Its first business date; today when absent.
        #[arg(long)]
        business_date: Option<String>,
        /// Closing the day marks missing guests as no-shows.
        #[arg(long)]
        no_show_on_close: bool,
    },
    /// View a property.
    Get {
        /// The property's id.
        property: String,
    },
    /// List properties.
    List {
        /// In this city.
        #[arg(long, default_value = "")]
        city: String,
        /// From the answer before.
        #[arg(long, default_value = "")]
        cursor: String,
    },
    /// Add or change a room type.
    #[command(after_help = "Example:\n  keyrack property room-type lisbon-alfama DBL --capacity 18 --occupancy 2 --name Double")]
    RoomType {
        /// The property's id.
        property: String,
        /// The room type's code.
        code: String,
        /// How many rooms.
        #[arg(long)]
        capacity: u32,
        /// Guests in one room; 0 says nothing.
        #[arg(long, default_value_t = 0)]
        occupancy: u32,
        /// Overbooking allowance; 1000 is 10 %.
        #[arg(long, default_value_t = 0)]
        overbooking_basis_points: u32,
        /// Its name.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Add or change a rate plan.
    RatePlan {
        /// The property's id.
        property: String,
        /// The rate plan's code.
        code: String,
        /// Its name.
        #[arg(long, default_value = "")]
        name: String,
        /// ISO 4217; the property's when absent.
        #[arg(long, default_value = "")]
        currency: String,
    },
    /// End the hotel's day.
    CloseDay {
        /// The property's id.
        property: String,
        /// The business date that ends.
        expected_from: String,
    },
}

/// Runs `keyrack property`.
pub async fn property(context: &Context, command: PropertyCommand) -> anyhow::Result<()> {
    let client = &context.client;
    let idempotency_key = fresh_key();
    match command {
        PropertyCommand::Put {
            property,
            name,
            time_zone,
            currency,
            home_region,
            city,
            house_limit,
            business_date,
            no_show_on_close,
        } => {
            let request = v1::PutPropertyRequest {
                property_id: property,
                name,
                time_zone,
                currency,
                home_region,
                address: Some(v1::Address { city, ..Default::default() }).filter(|address| !address.city.is_empty()),
                house_limit,
                business_date,
                no_show_on_close,
                idempotency_key,
                ..Default::default()
            };
            context.show(&client.put_property(request).await?, text::property)
        }
        PropertyCommand::Get { property } => {
            context.show(&client.get_property(v1::GetPropertyRequest { property_id: property }).await?, text::property)
        }
        PropertyCommand::List { city, cursor } => {
            let request = v1::ListPropertiesRequest { city, cursor, ..Default::default() };
            context.show(&client.list_properties(request).await?, text::properties)
        }
        PropertyCommand::RoomType { property, code, capacity, occupancy, overbooking_basis_points, name } => {
            let request = v1::PutRoomTypeRequest {
                property_id: property,
                code,
                name,
                capacity: Some(capacity),
                occupancy,
                overbooking_basis_points,
                idempotency_key,
                ..Default::default()
            };
            context.show(&client.put_room_type(request).await?, |t| {
                format!("{} has {} rooms, revision {}", t.code, t.capacity, t.revision)
            })
        }
        PropertyCommand::RatePlan { property, code, name, currency } => {
            let request =
                v1::PutRatePlanRequest { property_id: property, code, name, currency, idempotency_key, ..Default::default() };
            context
                .show(&client.put_rate_plan(request).await?, |p| format!("{} in {}, revision {}", p.code, p.currency, p.revision))
        }
        PropertyCommand::CloseDay { property, expected_from } => {
            let request = v1::CloseBusinessDateRequest { property_id: property, expected_from, idempotency_key };
            context.show(&client.close_business_date(request).await?, |d| format!("the business date is {}", d.business_date))
        }
    }
}
