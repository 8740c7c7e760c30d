//! The BookMany stream of gRPC.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use keyrack_client::{Client, ClientError, ErrorCode, v1};

use crate::bench::hotels::Hotels;
use crate::bench::operation::{Operation, Outcome};
use crate::bench::options::Mix;
use crate::bench::tally::Tally;
use crate::bench::window::Window;
use crate::bench::workload::Worker;
use crate::messages::bench::{BenchError, EMPTY_ANSWER};

/// Two streams to every node that leads properties. Each stream books only at the properties of its node.
pub async fn stream(client: &Client, hotels: &Hotels, mix: Mix, concurrency: usize, window: Window) -> anyhow::Result<Tally> {
    let mut led: HashMap<&str, Vec<usize>> = HashMap::new();
    for (property, leader) in hotels.leaders.iter().enumerate() {
        led.entry(leader).or_default().push(property);
    }
    let streams: Vec<(&str, Arc<[usize]>)> =
        led.iter().flat_map(|(node, own)| [(*node, Arc::from(own.as_slice())), (*node, Arc::from(own.as_slice()))]).collect();
    let in_flight = (concurrency / streams.len()).max(1);
    let runs = streams.into_iter().enumerate().map(|(number, (node, own))| {
        let stream = Stream { node, own, in_flight, worker: Worker::new(number) };
        stream.run(client, hotels, mix, window)
    });
    let mut all = Tally::new();
    for tally in futures::future::join_all(runs).await {
        all.add(tally?);
    }
    Ok(all)
}

/// One stream and its worker.
struct Stream<'a> {
    /// The address of its node.
    node: &'a str,
    /// The properties that the node leads.
    own: Arc<[usize]>,
    /// The number of requests in flight.
    in_flight: usize,
    worker: Worker,
}

impl Stream<'_> {
    async fn run(mut self, client: &Client, hotels: &Hotels, mix: Mix, window: Window) -> anyhow::Result<Tally> {
        let (requests, mut replies) = client.book_many(self.node, self.in_flight).await?;
        let mut tally = Tally::new();
        let mut waiting: HashMap<u64, (Operation, Instant)> = HashMap::with_capacity(self.in_flight);
        let mut tag = 0;
        loop {
            while waiting.len() < self.in_flight && window.is_open() {
                let operation = self.worker.next(hotels, mix, Some(&self.own));
                let Operation::Reserve(of) = &operation else { continue };
                let book = Some(of.request(hotels));
                tag += 1;
                requests
                    .send(v1::BookManyRequest { tag, book, with_receipt: false })
                    .await
                    .map_err(|_| BenchError::StreamEnded)?;
                waiting.insert(tag, (operation, Instant::now()));
            }
            if waiting.is_empty() {
                return Ok(tally);
            }
            let reply = replies.message().await.map_err(ClientError::from)?.ok_or(BenchError::StreamEnded)?;
            let Some((operation, began)) = waiting.remove(&reply.tag) else { continue };
            let outcome = match (reply.booking, reply.refusal) {
                (Some(booking), _) => Outcome::Booked(booking.booking_id),
                (None, Some(refusal)) => Outcome::of_error(&ErrorCode::of_service(&refusal.code), &refusal.detail),
                (None, None) => Outcome::Failed(EMPTY_ANSWER.into()),
            };
            tally.count(&operation, &outcome, began.elapsed(), window.measures(began));
        }
    }
}
