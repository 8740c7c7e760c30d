//! HTTP/1.1.

use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use keyrack_client::connection::Address;
use keyrack_client::v1;

use crate::bench::hotels::{Hotels, date};
use crate::bench::operation::{Operation, Outcome};
use crate::bench::options::Mix;
use crate::bench::tally::Tally;
use crate::bench::target::Target;
use crate::bench::window::Window;
use crate::bench::workload::Worker;
use crate::messages::failure;
use crate::web::Connection;

/// One connection per worker. Workers are spread over the nodes and ignore leaders, as online channels do.
pub async fn http(target: &Target, hotels: &Hotels, mix: Mix, concurrency: usize, window: Window) -> anyhow::Result<Tally> {
    let workers = (0..concurrency).map(|number| async move {
        let address = Address::parse(&target.endpoints[number % target.endpoints.len()])?;
        let mut connection = Connection::open(&address, &target.tls).await?;
        let mut worker = Worker::new(number);
        let mut tally = Tally::new();
        while window.is_open() {
            let operation = worker.next(hotels, mix, None);
            let began = Instant::now();
            let outcome = request(&mut connection, address.authority(), &target.key, hotels, &operation).await;
            tally.count(&operation, &outcome, began.elapsed(), window.measures(began));
            match (operation, outcome) {
                (Operation::Reserve(of), Outcome::Booked(id)) => worker.remember(id, of),
                (_, Outcome::Failed(_)) => connection = Connection::open(&address, &target.tls).await?,
                _ => {}
            }
        }
        anyhow::Ok(tally)
    });
    let mut all = Tally::new();
    for tally in futures::future::join_all(workers).await {
        all.add(tally?);
    }
    Ok(all)
}

async fn request(connection: &mut Connection, host: &str, key: &str, hotels: &Hotels, operation: &Operation) -> Outcome {
    let exchange = async {
        let response = connection.send(message(host, key, hotels, operation)?).await?;
        let status = response.status().as_u16();
        anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    match exchange.await {
        Ok((201, body)) => match serde_json::from_slice::<v1::Booking>(&body) {
            Ok(booking) => Outcome::Booked(booking.booking_id),
            Err(cause) => Outcome::Failed(cause.to_string()),
        },
        Ok((200, _)) => {
            if matches!(operation, Operation::Cancel { .. }) {
                Outcome::Cancelled
            } else {
                Outcome::Read
            }
        }
        Ok((409, _)) => Outcome::Refused,
        Ok((status, body)) => Outcome::Failed(format!("{status} {}", String::from_utf8_lossy(&body))),
        Err(cause) => Outcome::Failed(failure::text(&cause)),
    }
}

fn message(host: &str, key: &str, hotels: &Hotels, operation: &Operation) -> anyhow::Result<hyper::Request<Full<Bytes>>> {
    let mut builder = hyper::Request::builder().header("host", host);
    if !key.is_empty() {
        builder = builder.header("authorization", format!("Bearer {key}"));
    }
    let json = "application/json";
    Ok(match operation {
        Operation::Reserve(of) => {
            let body = serde_json::to_vec(&of.request(hotels))?;
            builder
                .method("POST")
                .uri("/v1/bookings")
                .header("content-type", json)
                .header("idempotency-key", &of.key)
                .body(Full::from(body))?
        }
        Operation::Cancel { booking_id, key, .. } => {
            let builder = builder.method("POST").uri(format!("/v1/bookings/{booking_id}/cancel"));
            builder.header("content-type", json).header("idempotency-key", key).body(Full::from("{}"))?
        }
        Operation::Availability { property, from, room_type } => {
            let (property, room_type) = (&hotels.properties[*property], &hotels.room_types[*room_type]);
            let (from, to) = (date(*from), date(from + 14));
            let uri = format!("/v1/properties/{property}/availability?from={from}&to={to}&roomType={room_type}");
            builder.method("GET").uri(uri).body(Full::default())?
        }
    })
}
