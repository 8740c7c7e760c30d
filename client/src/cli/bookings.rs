//! `keyrack book`, `booking`, `cancel`, `hold`.

use clap::{Args, Subcommand};
use keyrack_client::v1;

use super::{Context, key_or_fresh, print};

/// Who the guest is and how the order is known elsewhere.
#[derive(Args)]
pub struct About {
    /// The guest's name.
    #[arg(long, default_value = "")]
    guest: String,
    /// The guest's email.
    #[arg(long, default_value = "")]
    email: String,
    /// The guest's phone.
    #[arg(long, default_value = "")]
    phone: String,
    /// The seller's own reference.
    #[arg(long, default_value = "")]
    channel_ref: String,
    /// A payment token.
    #[arg(long, default_value = "")]
    payment_token: String,
}

impl About {
    fn guest(&self) -> Option<v1::Guest> {
        let named = [&self.guest, &self.email, &self.phone].iter().any(|text| !text.is_empty());
        named.then(|| v1::Guest { name: self.guest.clone(), email: self.email.clone(), phone: self.phone.clone() })
    }
}

/// What rooms.
#[derive(Args)]
pub struct Stay {
    /// The property's id.
    property: String,
    /// The first night, 2026-12-24.
    arrival: String,
    /// The day of leaving.
    departure: String,
    /// The room type's code.
    room_type: String,
    /// The rate plan's code.
    rate_plan: String,
    /// How many rooms.
    #[arg(long, default_value_t = 1)]
    quantity: u32,
    /// Adults in each room.
    #[arg(long, default_value_t = 1)]
    adults: u32,
    /// Ages of the children in each room, with commas.
    #[arg(long, value_delimiter = ',')]
    children: Vec<u32>,
}

impl Stay {
    fn rooms(&self) -> Vec<v1::RoomRequest> {
        vec![v1::RoomRequest {
            room_type: self.room_type.clone(),
            rate_plan: self.rate_plan.clone(),
            quantity: Some(self.quantity),
            adults: self.adults,
            children_ages: self.children.clone(),
        }]
    }
}

/// `keyrack book`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack book lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --guest 'Ada Lovelace'\n  keyrack book lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --quantity 2 --idempotency-key order-4711"
)]
pub struct Book {
    #[command(flatten)]
    stay: Stay,
    #[command(flatten)]
    about: About,
    /// Ask again with the same key to learn what became of a request; drawn when absent.
    #[arg(long)]
    idempotency_key: Option<String>,
}

/// `keyrack cancel`.
#[derive(Args)]
#[command(after_help = "Example:\n  keyrack cancel bk_00000020d1z4498bcppn6xycc4")]
pub struct Cancel {
    /// The booking's id.
    booking: String,
    /// Ask again with the same key to learn what became of a request; drawn when absent.
    #[arg(long)]
    idempotency_key: Option<String>,
}

#[derive(Subcommand)]
pub enum HoldCommand {
    /// Take rooms for a few minutes.
    #[command(after_help = "Example:\n  keyrack hold place lisbon-alfama 2027-03-01 2027-03-03 DBL BAR --ttl-seconds 120")]
    Place {
        #[command(flatten)]
        stay: Stay,
        /// How long, 1 to 600.
        #[arg(long, default_value_t = 600)]
        ttl_seconds: u32,
        /// Drawn when absent.
        #[arg(long)]
        idempotency_key: Option<String>,
    },
    /// Turn a hold into a booking.
    Confirm {
        /// The hold's id.
        hold: String,
        #[command(flatten)]
        about: About,
        /// Drawn when absent.
        #[arg(long)]
        idempotency_key: Option<String>,
    },
    /// Give a hold back.
    Release {
        /// The hold's id.
        hold: String,
    },
}

#[derive(Subcommand)]
pub enum BookingCommand {
    /// Look a booking up.
    Get {
        /// The booking's id.
        booking: String,
    },
    /// List a property's bookings by arrival.
    List {
        /// The property's id.
        property: String,
        /// First arrival.
        #[arg(long, default_value = "")]
        arrival_from: String,
        /// Last arrival.
        #[arg(long, default_value = "")]
        arrival_to: String,
        /// confirmed, checked_in, checked_out, cancelled or no_show.
        #[arg(long, default_value = "")]
        state: String,
        /// The seller's own reference.
        #[arg(long, default_value = "")]
        channel_ref: String,
        /// From the answer before.
        #[arg(long, default_value = "")]
        cursor: String,
        /// At most 500.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Change a booking's nights.
    Amend {
        /// The booking's id.
        booking: String,
        /// The new first night.
        #[arg(long)]
        arrival: Option<String>,
        /// The new day of leaving.
        #[arg(long)]
        departure: Option<String>,
        /// Drawn when absent.
        #[arg(long)]
        idempotency_key: Option<String>,
    },
    /// The guest is here.
    CheckIn {
        /// The booking's id.
        booking: String,
    },
    /// The guest has left.
    CheckOut {
        /// The booking's id.
        booking: String,
    },
    /// The guest never came.
    NoShow {
        /// The booking's id.
        booking: String,
    },
}

pub async fn book(context: &Context, command: Book) -> anyhow::Result<()> {
    let request = v1::BookRequest {
        property_id: command.stay.property.clone(),
        arrival: command.stay.arrival.clone(),
        departure: command.stay.departure.clone(),
        rooms: command.stay.rooms(),
        guest: command.about.guest(),
        channel_ref: command.about.channel_ref.clone(),
        payment: Some(v1::Payment { token: command.about.payment_token.clone() }).filter(|payment| !payment.token.is_empty()),
        idempotency_key: key_or_fresh(&command.idempotency_key),
    };
    context.show(&context.client.book(request).await?, print::booking)
}

pub async fn cancel(context: &Context, command: Cancel) -> anyhow::Result<()> {
    let request = step(command.booking, key_or_fresh(&command.idempotency_key));
    context.show(&context.client.cancel(request).await?, print::booking)
}

pub async fn hold(context: &Context, command: HoldCommand) -> anyhow::Result<()> {
    match command {
        HoldCommand::Place { stay, ttl_seconds, idempotency_key } => {
            let request = v1::PlaceHoldRequest {
                property_id: stay.property.clone(),
                arrival: stay.arrival.clone(),
                departure: stay.departure.clone(),
                rooms: stay.rooms(),
                ttl_seconds: Some(ttl_seconds),
                idempotency_key: key_or_fresh(&idempotency_key),
            };
            context.show(&context.client.place_hold(request).await?, print::hold)
        }
        HoldCommand::Confirm { hold, about, idempotency_key } => {
            let request = v1::ConfirmHoldRequest {
                hold_id: hold,
                guest: about.guest(),
                payment: Some(v1::Payment { token: about.payment_token.clone() }).filter(|payment| !payment.token.is_empty()),
                channel_ref: about.channel_ref.clone(),
                idempotency_key: key_or_fresh(&idempotency_key),
            };
            context.show(&context.client.confirm_hold(request).await?, print::booking)
        }
        HoldCommand::Release { hold } => {
            let request = v1::ReleaseHoldRequest { hold_id: hold, idempotency_key: key_or_fresh(&None) };
            context.show(&context.client.release_hold(request).await?, print::hold)
        }
    }
}

pub async fn booking(context: &Context, command: BookingCommand) -> anyhow::Result<()> {
    let client = &context.client;
    let booking = match command {
        BookingCommand::List { property, arrival_from, arrival_to, state, channel_ref, cursor, limit } => {
            let request =
                v1::ListBookingsRequest { property_id: property, arrival_from, arrival_to, state, channel_ref, cursor, limit };
            return context.show(&client.list_bookings(request).await?, print::bookings);
        }
        BookingCommand::Get { booking } => client.get_booking(v1::GetBookingRequest { booking_id: booking }).await?,
        BookingCommand::Amend { booking, arrival, departure, idempotency_key } => {
            let idempotency_key = key_or_fresh(&idempotency_key);
            client
                .amend(v1::AmendRequest { booking_id: booking, arrival, departure, idempotency_key, ..Default::default() })
                .await?
        }
        BookingCommand::CheckIn { booking } => client.check_in(step(booking, key_or_fresh(&None))).await?,
        BookingCommand::CheckOut { booking } => client.check_out(step(booking, key_or_fresh(&None))).await?,
        BookingCommand::NoShow { booking } => client.no_show(step(booking, key_or_fresh(&None))).await?,
    };
    context.show(&booking, print::booking)
}

fn step(booking_id: String, idempotency_key: String) -> v1::BookingStepRequest {
    v1::BookingStepRequest { booking_id, expected_revision: None, idempotency_key }
}
