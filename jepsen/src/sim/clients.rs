//! The clients: a few callers that compete for the same few rooms, and retry each operation until it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use keyrack_cluster::simulated::Runtime;
use keyrack_inventory::{
    BookRequest, BookingId, Command, ConfirmationNumber, Currency, HoldId, LeafSeeds, Night, Op, PropertyDetails, PropertyNumber,
    RatePlan, Reply, RequestKey, RoomRequest, RoomType, Sealed, ShortCode, Stay,
};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;

use crate::net::{self, Method, Net, Peer};
use crate::node::READ_PATIENCE;
use crate::rng::{Rng, hash};
use crate::spawn::spawn;
use crate::world::{CLIENTS, EPOCH_MS, HOSTS, World};

const PROPERTIES: u32 = 2;
const NIGHTS: u64 = 6;
/// The first night, 2027-01-29: stays cross the end of a month.
const FIRST: u32 = 20_847;
const PATIENCE: Duration = Duration::from_millis(1_500);
const ROOM_TYPES: [(&str, u32); 2] = [("SGL", 2), ("DBL", 4)];

/// The signals between the clients and the run.
pub struct ClientSignals {
    pub clients: u64,
    pub ready: AtomicBool,
    pub stop: AtomicBool,
    pub done: AtomicU64,
}

impl ClientSignals {
    pub fn new(clients: u64) -> Arc<ClientSignals> {
        let (ready, stop, done) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(ClientSignals { clients, ready, stop, done })
    }
}

/// Creates the hotels, then runs the clients until `desk.stop` is set.
pub async fn run(world: Arc<World>, desk: Arc<ClientSignals>) -> turmoil::Result {
    Ok(Runtime::seeded(world.seed ^ 0xc1, all(world, desk)).await?)
}

async fn all(world: Arc<World>, desk: Arc<ClientSignals>) -> std::io::Result<()> {
    let net = Net::open(world.clone(), Peer { id: CLIENTS, incarnation: 1 }, 1 << 60).await?;
    let listener = net.clone();
    spawn(async move {
        let mut buffer = net::buffer();
        while listener.accept(&mut buffer).await.is_ok() {}
    });
    let mut owner = Client::new(0, world.clone(), net.clone());
    for (property, op) in opening() {
        owner.ask(property, op).await;
    }
    desk.ready.store(true, Ordering::Relaxed);
    for number in 1..=desk.clients {
        let (client, desk) = (Client::new(number, world.clone(), net.clone()), desk.clone());
        spawn(async move {
            client.work(&desk.stop).await;
            desk.done.fetch_add(1, Ordering::Relaxed);
        });
    }
    std::future::pending().await
}

fn code(text: &str) -> ShortCode {
    ShortCode::new(text).expect("the codes in this file are valid")
}

/// The operations that create the hotels.
fn opening() -> Vec<(PropertyNumber, Op)> {
    let currency = Currency::new("EUR").expect("EUR is a currency code");
    let mut ops = Vec::new();
    for number in 1..=PROPERTIES {
        let details = PropertyDetails { name: format!("Inn {number}"), currency, ..Default::default() };
        let put = Op::PutProperty { id: format!("inn-{number}"), details, business_date: Night(FIRST), expected_revision: None };
        ops.push((PropertyNumber(number), put));
        for (name, capacity) in ROOM_TYPES {
            let room_type = RoomType {
                code: code(name),
                name: String::new(),
                capacity,
                occupancy: 0,
                overbooking_basis_points: 0,
                accessible: false,
                revision: 0,
                retired: false,
            };
            ops.push((PropertyNumber(number), Op::PutRoomType { room_type, expected_revision: None }));
        }
        let rate_plan = RatePlan {
            code: code("BAR"),
            name: String::new(),
            currency,
            policy: Default::default(),
            priced: false,
            revision: 0,
            retired: false,
        };
        ops.push((PropertyNumber(number), Op::PutRatePlan { rate_plan, expected_revision: None }));
    }
    ops
}

struct Client {
    number: u64,
    world: Arc<World>,
    net: Arc<Net>,
    rng: Rng,
    asked: u64,
    holds: Vec<HoldId>,
    bookings: Vec<BookingId>,
    /// The newest answer, and its idempotency key.
    newest: Option<([u8; 16], Reply)>,
}

impl Client {
    fn new(number: u64, world: Arc<World>, net: Arc<Net>) -> Client {
        let rng = Rng::new(world.seed, 1_000 + number);
        Client { number, world, net, rng, asked: 0, holds: Vec::new(), bookings: Vec::new(), newest: None }
    }

    async fn work(mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(self.rng.within(1, 80))).await;
            if self.rng.chance(300) {
                self.read(stop).await;
                continue;
            }
            let property = PropertyNumber(self.rng.within(1, PROPERTIES.into()) as u32);
            let op = self.next_op(property);
            self.ask(property_of(&op).unwrap_or(property), op).await;
        }
    }

    fn next_op(&mut self, property: PropertyNumber) -> Op {
        let random = self.rng.next();
        let seeds = LeafSeeds::default();
        let guest = Sealed { ciphertext: vec![random as u8; 24], wrapped_key: vec![(random >> 8) as u8; 16] };
        match self.rng.below(100) {
            0..=29 => Op::Book(BookRequest {
                id: BookingId::new(property, EPOCH_MS, random),
                stay: self.stay(),
                rooms: self.rooms(),
                guest,
                channel_ref: format!("{}-{}", self.number, self.asked),
                payment_token: String::new(),
                seeds,
                number: Some(ConfirmationNumber::new(random)),
                expected_total: None,
                override_reason: None,
            }),
            30..=49 => {
                let (stay, rooms, ttl_ms) = (self.stay(), self.rooms(), self.rng.within(200, 4_000));
                Op::PlaceHold { id: HoldId::new(property, EPOCH_MS, random), stay, rooms, ttl_ms }
            }
            50..=64 if !self.holds.is_empty() => {
                let hold = self.holds.swap_remove((random % self.holds.len() as u64) as usize);
                let booking = BookingId::new(hold.property(), EPOCH_MS, random);
                let (channel_ref, payment_token) = (String::new(), String::from("token"));
                Op::ConfirmHold {
                    hold,
                    booking,
                    guest,
                    channel_ref,
                    payment_token,
                    seeds,
                    number: None,
                    expected_total: None,
                    guests: Vec::new(),
                }
            }
            65..=69 if !self.holds.is_empty() => {
                Op::ReleaseHold(self.holds.swap_remove((random % self.holds.len() as u64) as usize))
            }
            70..=79 if !self.bookings.is_empty() => {
                let (booking, stay) = (*self.rng.pick(&self.bookings), self.stay());
                let rooms = self.rng.chance(500).then(|| self.rooms());
                let (arrival, departure) = (Some(stay.arrival()), Some(stay.departure()));
                let (guest_of, expected_revision, override_reason) = (None, None, None);
                Op::Amend { booking, arrival, departure, rooms, guest: None, guest_of, seeds, expected_revision, override_reason }
            }
            80..=82 if !self.bookings.is_empty() => {
                let booking = *self.rng.pick(&self.bookings);
                Op::Reinstate { booking, expected_revision: None }
            }
            _ if !self.bookings.is_empty() => {
                let booking = *self.rng.pick(&self.bookings);
                Op::Cancel { booking, expected_revision: None }
            }
            _ => Op::PlaceHold {
                id: HoldId::new(property, EPOCH_MS, random),
                stay: self.stay(),
                rooms: self.rooms(),
                ttl_ms: self.rng.within(200, 4_000),
            },
        }
    }

    fn stay(&mut self) -> Stay {
        let arrival = FIRST + self.rng.below(NIGHTS) as u32;
        let departure = arrival + self.rng.within(1, 4) as u32;
        Stay::new(Night(arrival), Night(departure)).expect("the departure is after the arrival")
    }

    /// Rooms of one room type, or of both.
    fn rooms(&mut self) -> Vec<RoomRequest> {
        let mut names: Vec<&str> = ROOM_TYPES.iter().map(|(name, _)| *name).collect();
        if self.rng.chance(700) {
            names = vec![*self.rng.pick(&names)];
        }
        let rooms = names.into_iter().map(|name| RoomRequest {
            room_type: code(name),
            rate_plan: code("BAR"),
            quantity: self.rng.within(1, 2) as u32,
            adults: 1,
            children_ages: vec![],
            seller_nightly: vec![],
        });
        rooms.collect()
    }

    /// Sends an operation until it is answered. Sometimes sends it once more afterwards, or twice at the same time.
    async fn ask(&mut self, property: PropertyNumber, op: Op) {
        self.asked += 1;
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&hash(&self.number.to_be_bytes()).to_be_bytes());
        digest[8..].copy_from_slice(&self.asked.to_be_bytes());
        let mut command = Command { property, request: None, by: None, op };
        let mut fingerprint = [0; 16];
        fingerprint[..8].copy_from_slice(&hash(&commands::encode(&command)).to_be_bytes());
        command.request = Some(RequestKey { digest, fingerprint });
        let bytes = commands::encode(&command);
        if self.rng.chance(50) {
            let (net, twin, to) = (self.net.clone(), bytes.clone(), self.any_node());
            spawn(async move { drop(net.call(to, Method::Write, twin, PATIENCE).await) });
        }
        for _ in 0..=u64::from(self.rng.chance(100)) {
            let reply = self.until_answered(digest, &bytes).await;
            self.newest = Some((digest, reply));
        }
        let answered = self.newest.as_ref().map(|(_, reply)| reply);
        match answered {
            Some(Reply::Hold(hold)) => self.holds.push(hold.id),
            Some(Reply::Booking(booking)) if !self.bookings.contains(&booking.id) => self.bookings.push(booking.id),
            _ => {}
        }
        if matches!(command.op, Op::Cancel { .. } | Op::ReleaseHold(_))
            && let Some(Reply::Booking(_) | Reply::Hold(_)) = self.newest.as_ref().map(|(_, reply)| reply)
            // One in five is kept, so that it is changed or cancelled again.
            && self.rng.chance(800)
        {
            self.bookings.retain(|id| Some(*id) != booking_of(&command.op));
            self.holds.retain(|id| Some(*id) != hold_of(&command.op));
        }
    }

    async fn until_answered(&mut self, digest: [u8; 16], bytes: &Bytes) -> Reply {
        loop {
            let to = self.any_node();
            let patience = Duration::from_millis(self.rng.within(100, PATIENCE.as_millis() as u64));
            let answer = self.net.call(to, Method::Write, bytes.clone(), patience).await;
            let answer = answer.and_then(|answer| pb::Answer::decode(answer).ok()?.answer);
            if let Some(pb::answer::Answer::Applied(applied)) = answer
                && let Some(reply) = read_reply(applied.reply)
            {
                self.world.trace(CLIENTS, format_args!("client {} answered at {}: {reply:?}", self.number, applied.index));
                let now_us = self.world.now_us();
                self.world.observe(|observer| observer.acknowledged(&digest, applied.index, &reply, now_us));
                return reply;
            }
            tokio::time::sleep(Duration::from_millis(self.rng.within(1, 50))).await;
        }
    }

    async fn read(&mut self, stop: &AtomicBool) {
        let (key, answer) = match &self.newest {
            Some((key, answer)) => (*key, Some(answer.clone())),
            None => ([0; 16], None),
        };
        let age_ms = if self.rng.chance(300) { self.rng.within(100, 3_000) } else { 0 };
        let ask = Bytes::from([&key[..], &age_ms.to_be_bytes()].concat());
        while !stop.load(Ordering::Relaxed) {
            let now_us = self.world.now_us();
            let before = self.world.observe(|observer| observer.before_read(now_us, age_ms, answer.clone()));
            let to = self.any_node();
            let read = self.net.call(to, Method::Read, ask.clone(), READ_PATIENCE + PATIENCE).await;
            if let Some(read) = read.and_then(|read| pb::Applied::decode(read).ok()) {
                let found = if read.replayed { read_reply(read.reply) } else { None };
                let digest = read.guest_key.and_then(|digest| digest.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes);
                self.world.trace(CLIENTS, format_args!("client {} reads {} at {}", self.number, to.id, read.index));
                return self.world.observe(|observer| observer.has_read(&before, read.index, digest, &found));
            }
        }
    }

    fn any_node(&mut self) -> Peer {
        // Mostly a member: other nodes find no leader.
        let members = self.world.observe(|observer| observer.members());
        let id = if members.is_empty() || self.rng.chance(30) { self.rng.within(1, HOSTS) } else { *self.rng.pick(&members) };
        Peer { id, incarnation: 0 }
    }
}

fn read_reply(bytes: Bytes) -> Option<Reply> {
    pb::Reply::decode(bytes).ok()?.try_into().ok()
}

fn booking_of(op: &Op) -> Option<BookingId> {
    if let Op::Cancel { booking, .. } = op { Some(*booking) } else { None }
}

fn hold_of(op: &Op) -> Option<HoldId> {
    if let Op::ReleaseHold(hold) = op { Some(*hold) } else { None }
}

fn property_of(op: &Op) -> Option<PropertyNumber> {
    match op {
        Op::ConfirmHold { hold, .. } | Op::ReleaseHold(hold) => Some(hold.property()),
        Op::Amend { booking, .. } | Op::Cancel { booking, .. } | Op::Reinstate { booking, .. } => Some(booking.property()),
        _ => None,
    }
}
