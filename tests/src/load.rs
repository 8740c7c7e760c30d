//! Many concurrent bookers that retry each key until it is answered, and the answers they got.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};

use crate::{Api, Hotel, PATIENCE, until};

const TRY_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_ARRIVAL: Date = date(2027, 2, 1);

/// A booking that was answered with 201.
#[derive(Clone)]
pub struct Acknowledged {
    pub key: String,
    pub request: Value,
    pub booking_id: String,
    /// The body of the 201, byte for byte.
    pub body: Vec<u8>,
    /// More than one: a crash may have come between the first try and the answer.
    pub tries: usize,
}

/// Workers that book with fresh keys until they are stopped. Each retries its key at other nodes until it is answered,
/// so at the end no outcome is unknown.
pub struct Load {
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
}

impl Load {
    /// `name` must differ between two loads on one hotel: it is part of their keys.
    pub fn start(name: &str, apis: Vec<Api>, hotel: &Hotel, workers: usize) -> Load {
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let work_of = |worker: usize| {
            let (hotel, acknowledged, stop) = (hotel.clone(), acknowledged.clone(), stop.clone());
            let name = format!("{name}-{worker}");
            let mut apis = apis.clone();
            let first = worker % apis.len();
            apis.rotate_left(first);
            tokio::spawn(async move {
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let entry = book(&apis, &hotel, format!("{name}-{round}"), worker + round);
                    let entry = entry.await;
                    acknowledged.lock().unwrap().push(entry);
                }
            })
        };
        let workers = (0..workers).map(work_of).collect();
        Load { acknowledged, stop, workers }
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until `more` further bookings have been acknowledged.
    pub async fn until_acknowledged(&self, more: usize) {
        let target = self.acknowledged() + more;
        until(&format!("{target} bookings acknowledged"), PATIENCE, async || {
            let failed = self.workers.iter().any(JoinHandle::is_finished);
            assert!(!failed, "a worker was refused; see its panic above");
            (self.acknowledged() >= target).then_some(())
        })
        .await;
    }

    /// Lets every worker finish its current key. Returns all acknowledged bookings.
    pub async fn finish(self) -> Vec<Acknowledged> {
        self.stop.store(true, Ordering::Relaxed);
        for worker in self.workers {
            worker.await.unwrap();
        }
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

/// Books one stay of one to three nights and retries until there is an answer. The answer must be 201: the hotel of a
/// load has enough rooms.
async fn book(apis: &[Api], hotel: &Hotel, key: String, seed: usize) -> Acknowledged {
    let arrival = FIRST_ARRIVAL.checked_add(((seed * 7 % 200) as i64).days()).unwrap();
    let departure = arrival.checked_add(((seed % 3 + 1) as i64).days()).unwrap();
    let mut request = hotel.request(&arrival.to_string(), &departure.to_string());
    request["channelRef"] = json!(key);
    let posted = Api::post_until_answered(apis, "/v1/bookings", &key, &request, TRY_TIMEOUT);
    let (answer, tries) = posted.await;
    let answer = answer.expect(201);
    let booking_id = answer.json()["bookingId"].as_str().expect("a booking id").to_string();
    Acknowledged { key, request, booking_id, body: answer.body, tries }
}

/// Sends requests again with their keys, most of them to another node than before, and expects the bytes of the first
/// answer. At most `SAMPLE` are sent again. Those with several tries come first, because a crash may have come between
/// their try and their answer.
pub async fn assert_replays_byte_for_byte(apis: &[Api], acknowledged: &[Acknowledged]) {
    const SAMPLE: usize = 600;
    let mut entries: Vec<Acknowledged> = acknowledged.to_vec();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.tries));
    entries.truncate(SAMPLE);
    let mut replays = JoinSet::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let api = apis[index % apis.len()].clone();
        replays.spawn(async move {
            let call = api.post("/v1/bookings", &entry.key).json(&entry.request);
            let answer = call.send().await.expect(201);
            assert!(answer.is_replayed(), "the second answer to {} is marked as a replay", entry.key);
            assert_eq!(answer.text(), String::from_utf8_lossy(&entry.body), "key {}", entry.key);
        });
        if replays.len() >= 32 {
            replays.join_next().await.expect("one is running").unwrap();
        }
    }
    while let Some(replay) = replays.join_next().await {
        replay.unwrap();
    }
}
