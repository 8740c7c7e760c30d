//! Unary gRPC.

use std::time::Instant;

use keyrack_client::{Client, v1};

use crate::bench::hotels::{Hotels, date};
use crate::bench::operation::{Operation, Outcome};
use crate::bench::options::Mix;
use crate::bench::tally::Tally;
use crate::bench::window::Window;
use crate::bench::workload::Worker;

/// Workers share a client, which sends each request to the leader of the property.
pub async fn grpc(client: &Client, hotels: &Hotels, mix: Mix, concurrency: usize, window: Window) -> Tally {
    let workers = (0..concurrency).map(|number| async move {
        let mut worker = Worker::new(number);
        let mut tally = Tally::new();
        while window.is_open() {
            let operation = worker.next(hotels, mix, None);
            let began = Instant::now();
            let outcome = request(client, hotels, &operation).await;
            tally.count(&operation, &outcome, began.elapsed(), window.measures(began));
            if let (Operation::Reserve(of), Outcome::Booked(id)) = (operation, outcome) {
                worker.remember(id, of);
            }
        }
        tally
    });
    let mut all = Tally::new();
    futures::future::join_all(workers).await.into_iter().for_each(|tally| all.add(tally));
    all
}

async fn request(client: &Client, hotels: &Hotels, operation: &Operation) -> Outcome {
    let result = match operation {
        Operation::Reserve(of) => client.book(of.request(hotels)).await.map(|booking| Outcome::Booked(booking.booking_id)),
        Operation::Cancel { booking_id, key, .. } => {
            let request =
                v1::BookingStepRequest { booking_id: booking_id.clone(), expected_revision: None, idempotency_key: key.clone() };
            client.cancel(request).await.map(|_| Outcome::Cancelled)
        }
        Operation::Availability { property, from, room_type } => {
            let request = v1::AvailabilityRequest {
                property_id: hotels.properties[*property].clone(),
                from: date(*from),
                to: date(from + 14),
                room_type: hotels.room_types[*room_type].clone(),
                ..Default::default()
            };
            client.get_availability(request).await.map(|_| Outcome::Read)
        }
    };
    result.unwrap_or_else(|error| Outcome::of_error(&error.code, &error.detail))
}
