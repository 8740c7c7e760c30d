//! `keyrack property`, `ari`, `availability`, `offers`.

use clap::{Args, Subcommand};
use keyrack_client::v1;

use super::{Context, key_or_fresh, print};

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

pub async fn property(context: &Context, command: PropertyCommand) -> anyhow::Result<()> {
    let client = &context.client;
    let idempotency_key = key_or_fresh(&None);
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
            context.show(&client.put_property(request).await?, print::property)
        }
        PropertyCommand::Get { property } => {
            context.show(&client.get_property(v1::GetPropertyRequest { property_id: property }).await?, print::property)
        }
        PropertyCommand::List { city, cursor } => {
            let request = v1::ListPropertiesRequest { city, cursor, ..Default::default() };
            context.show(&client.list_properties(request).await?, print::properties)
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
    let request =
        v1::UpdateAriRequest { property_id: command.property, updates: vec![update], idempotency_key: key_or_fresh(&None) };
    context.show(&context.client.update_ari(request).await?, |result| format!("{} nights changed", result.nights))
}

pub async fn availability(context: &Context, command: Availability) -> anyhow::Result<()> {
    let request = v1::AvailabilityRequest {
        property_id: command.property,
        from: command.from,
        to: command.to,
        room_type: command.room_type,
        ..Default::default()
    };
    context.show(&context.client.get_availability(request).await?, print::availability)
}

pub async fn offers(context: &Context, command: Offers) -> anyhow::Result<()> {
    let request = v1::OffersRequest {
        property_id: command.property,
        arrival: command.arrival,
        departure: command.departure,
        adults: command.adults,
        children: command.children,
    };
    context.show(&context.client.list_offers(request).await?, print::offers)
}
