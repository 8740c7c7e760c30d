//! The requests of a worker and their outcomes.

use keyrack_client::{Code, ErrorCode, v1};

use super::hotels::{Hotels, date};

/// One request.
#[derive(Clone, Debug)]
pub enum Operation {
    Reserve(Reserve),
    Cancel { booking_id: String, of: Reserve, key: String },
    Availability { property: usize, from: u32, room_type: usize },
}

/// One room for one or more nights.
#[derive(Clone, Debug)]
pub struct Reserve {
    pub property: usize,
    pub room_type: usize,
    /// Days after the first night.
    pub arrival: u32,
    pub nights: u32,
    pub key: String,
}

/// The outcome of a request.
pub enum Outcome {
    Booked(String),
    Cancelled,
    Read,
    Refused,
    Failed(String),
}

impl Reserve {
    /// The request of the API.
    pub fn request(&self, hotels: &Hotels) -> v1::BookRequest {
        v1::BookRequest {
            property_id: hotels.properties[self.property].clone(),
            arrival: date(self.arrival),
            departure: date(self.arrival + self.nights),
            rooms: vec![v1::RoomRequest {
                room_type: hotels.room_types[self.room_type].clone(),
                rate_plan: "BAR".into(),
                quantity: Some(1),
                adults: Some(2),
                children_ages: Vec::new(),
                seller_nightly: Vec::new(),
            }],
            guest: Some(v1::Guest { name: "Bench".into(), ..Default::default() }),
            idempotency_key: self.key.clone(),
            ..Default::default()
        }
    }
}

impl Outcome {
    /// The outcome of a refusal or failure. A refusal for lack of rooms is expected, every other one is a failure.
    pub fn of_error(code: &ErrorCode, detail: &str) -> Outcome {
        match code {
            ErrorCode::Service(Code::SoldOut | Code::Restricted) => Outcome::Refused,
            _ => Outcome::Failed(format!("{code}: {detail}")),
        }
    }
}
