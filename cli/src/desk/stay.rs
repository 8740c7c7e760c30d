//! Options that `book` and `hold` share: the stay and the guest.

use clap::Args;
use keyrack_client::v1;

use super::date::date;

use crate::number::whole;

/// The guest, the payment, and the reference of the seller.
#[derive(Args)]
pub struct Guest {
    /// The name of the guest.
    #[arg(long, value_name = "NAME")]
    guest: String,
    /// The email address of the guest.
    #[arg(long, default_value = "", hide_default_value = true)]
    email: String,
    /// The phone number of the guest.
    #[arg(long, default_value = "", hide_default_value = true)]
    phone: String,
    /// The seller's reference of this booking, such as an order number.
    #[arg(long, value_name = "REFERENCE", default_value = "", hide_default_value = true)]
    pub channel_ref: String,
    /// A wish of the guest; may be repeated.
    #[arg(long, value_name = "TEXT")]
    wish: Vec<String>,
    /// An internal note that only the hotel's staff sees; may be repeated.
    #[arg(long, value_name = "TEXT")]
    note: Vec<String>,
    /// The token of a payment provider. Card numbers are refused.
    #[arg(long, value_name = "TOKEN", default_value = "", hide_default_value = true)]
    payment_token: String,
}

impl Guest {
    /// The guest of a request.
    pub fn guest(&self) -> v1::Guest {
        v1::Guest { name: self.guest.clone(), email: self.email.clone(), phone: self.phone.clone() }
    }

    /// The notes of a request.
    pub fn notes(&self) -> Vec<v1::Note> {
        let wishes = self.wish.iter().map(|text| v1::Note { kind: "guest".into(), text: text.clone() });
        wishes.chain(self.note.iter().map(|text| v1::Note { kind: "internal".into(), text: text.clone() })).collect()
    }

    /// The payment of a request, if a token was given.
    pub fn payment(&self) -> Option<v1::Payment> {
        Some(v1::Payment { token: self.payment_token.clone() }).filter(|payment| !payment.token.is_empty())
    }
}

/// The rooms and the nights.
#[derive(Args)]
pub struct Stay {
    /// The id of the property, such as lisbon-alfama.
    pub property: String,
    /// The first night, such as 2027-03-01.
    #[arg(value_parser = date)]
    pub arrival: String,
    /// The day of departure.
    #[arg(value_parser = date)]
    pub departure: String,
    /// The code of the room type, such as DBL.
    room_type: String,
    /// The code of the rate plan, such as BAR.
    rate_plan: String,
    /// The number of rooms.
    #[arg(long, value_name = "ROOMS", default_value_t = 1, value_parser = whole::<u32>)]
    quantity: u32,
    /// The number of adults in each room.
    #[arg(long, default_value_t = 1, value_parser = whole::<u32>)]
    adults: u32,
    /// The ages of the children in each room, separated by commas.
    #[arg(long, value_name = "AGES", value_delimiter = ',', value_parser = whole::<u32>)]
    children: Vec<u32>,
}

impl Stay {
    /// The rooms of a request.
    pub fn rooms(&self) -> Vec<v1::RoomRequest> {
        vec![v1::RoomRequest {
            room_type: self.room_type.clone(),
            rate_plan: self.rate_plan.clone(),
            quantity: Some(self.quantity),
            adults: Some(self.adults),
            children_ages: self.children.clone(),
            seller_nightly: Vec::new(),
        }]
    }
}
