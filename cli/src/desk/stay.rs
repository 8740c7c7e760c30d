//! Options that `book` and `hold` share: the stay and the guest.

use clap::Args;
use keyrack_client::v1;

/// Who the guest is and how the order is known elsewhere.
#[derive(Args)]
pub struct Guest {
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
    pub channel_ref: String,
    /// A payment token.
    #[arg(long, default_value = "")]
    payment_token: String,
}

impl Guest {
    /// The guest of a request; `None` if nothing is known of them.
    pub fn guest(&self) -> Option<v1::Guest> {
        let named = [&self.guest, &self.email, &self.phone].iter().any(|text| !text.is_empty());
        named.then(|| v1::Guest { name: self.guest.clone(), email: self.email.clone(), phone: self.phone.clone() })
    }

    /// The payment of a request, if a token was given.
    pub fn payment(&self) -> Option<v1::Payment> {
        Some(v1::Payment { token: self.payment_token.clone() }).filter(|payment| !payment.token.is_empty())
    }
}

/// What rooms.
#[derive(Args)]
pub struct Stay {
    /// The property's id.
    pub property: String,
    /// The first night, 2026-12-24.
    pub arrival: String,
    /// The day of leaving.
    pub departure: String,
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
    /// The rooms of a request.
    pub fn rooms(&self) -> Vec<v1::RoomRequest> {
        vec![v1::RoomRequest {
            room_type: self.room_type.clone(),
            rate_plan: self.rate_plan.clone(),
            quantity: Some(self.quantity),
            adults: self.adults,
            children_ages: self.children.clone(),
        }]
    }
}
