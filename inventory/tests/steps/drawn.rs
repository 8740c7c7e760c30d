//! Generators of steps, with weights.

use keyrack_inventory::{Fee, MAX_MINOR, Weekdays};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// One random command, with references that are not yet resolved.
#[derive(Clone, Debug)]
pub struct Step {
    /// The property; 2 is unknown.
    pub hotel: u32,
    /// How far the clock moves; may be negative.
    pub wait_ms: i64,
    pub key: Key,
    pub act: Act,
}

#[derive(Clone, Copy, Debug)]
pub enum Key {
    None,
    Fresh,
    /// Repeats the whole command of this many keys ago.
    Again(usize),
    /// Uses the key of this many commands ago for another command.
    Misused(usize),
}

/// First night, counted from the business date, and number of nights.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    pub from: i32,
    pub nights: u32,
}

/// The dates of an amendment, in nights from the business date. Together they may be invalid as a stay.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    pub arrival: Option<i32>,
    pub departure: Option<i32>,
}

/// Later than the last valid night.
const AFTER_THE_LAST_NIGHT: i32 = 4_000_000;

#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// 3 is unknown; the same for plans.
    pub room_type: usize,
    pub rate_plan: usize,
    pub quantity: u32,
    pub adults: u16,
    pub children: usize,
}

#[derive(Clone, Debug)]
pub struct Ari {
    pub room_type: usize,
    pub rate_plan: Option<usize>,
    pub dates: Draw,
    pub days: Weekdays,
    pub rooms: (Option<u32>, Option<u32>),
    pub rate: Option<u64>,
    pub flags: [Option<bool>; 3],
    pub lengths: [Option<u16>; 3],
}

#[derive(Clone, Debug)]
pub enum Act {
    Tick,
    PutProperty {
        house_limit: Option<u32>,
        no_show_on_close: bool,
        revision: Option<u32>,
    },
    PutRoomType {
        code: usize,
        capacity: u32,
        occupancy: u16,
        overbooking: u32,
        revision: Option<u32>,
    },
    PutRatePlan {
        code: usize,
        yen: bool,
        free_until_days: u16,
        fee: Fee,
        revision: Option<u32>,
    },
    Ari(Vec<Ari>),
    Book {
        stay: Draw,
        rooms: Vec<Room>,
    },
    PlaceHold {
        stay: Draw,
        rooms: Vec<Room>,
        ttl_ms: u64,
    },
    Confirm(usize),
    Release(usize),
    Amend {
        booking: usize,
        dates: Dates,
        rooms: Option<Vec<Room>>,
        guest: bool,
        revision: Option<u32>,
    },
    /// More or fewer of the booking's rooms: the positions of its lines, and the number of rooms of each.
    Regroup {
        booking: usize,
        stay: Option<Draw>,
        lines: Vec<(usize, u32)>,
    },
    Cancel {
        booking: usize,
        revision: Option<u32>,
    },
    CheckIn {
        booking: usize,
        revision: Option<u32>,
    },
    CheckOut {
        booking: usize,
        revision: Option<u32>,
    },
    NoShow {
        booking: usize,
        revision: Option<u32>,
    },
    Erase(usize),
    /// Few nodes and few keys, so that a node often puts keys it already has.
    ReplicaKeys {
        node: u64,
        drawn: u8,
    },
    Close {
        early: bool,
    },
}

/// A sequence of steps. Its debug output is short: a failing test prints the shrunk commands instead.
#[derive(Clone)]
pub struct Steps(pub Vec<Step>);

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} steps", self.0.len())
    }
}

/// Sequences of `count` commands.
pub fn steps(count: usize) -> impl Strategy<Value = Steps> {
    vec(step(), count).prop_map(Steps)
}

fn step() -> impl Strategy<Value = Step> {
    let hotel = prop_oneof![10 => Just(0u32), 10 => Just(1), 1 => Just(2)];
    (hotel, wait_ms(), key(), act()).prop_map(|(hotel, wait_ms, key, act)| Step { hotel, wait_ms, key, act })
}

/// Often zero; often exactly the lifetime of a hold or a record, or a millisecond more or less.
fn wait_ms() -> impl Strategy<Value = i64> {
    prop_oneof![
        90 => Just(0i64),
        45 => 1i64..2_000,
        18 => prop::sample::select(vec![1i64, 29_999, 30_000, 30_001, 60_000, 599_999, 600_000]),
        6 => -700_000i64..0,
        3 => 600_000i64..90_000_000,
        1 => prop::sample::select(vec![172_799_999i64, 172_800_000, 172_800_001]),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        4 => Just(Key::None),
        20 => Just(Key::Fresh),
        4 => (0usize..40).prop_map(Key::Again),
        2 => (0usize..40).prop_map(Key::Misused),
    ]
}

fn draw() -> impl Strategy<Value = Draw> {
    let from = prop_oneof![1 => Just(-1), 30 => 0i32..3, 30 => 3i32..9];
    (from, prop_oneof![8 => 1u32..5, 1 => 5u32..9]).prop_map(|(from, nights)| Draw { from, nights })
}

/// Mostly a stay; often one date alone; rarely an invalid stay.
fn dates() -> impl Strategy<Value = Dates> {
    let both = |draw: Draw| Dates { arrival: Some(draw.from), departure: Some(draw.from + draw.nights as i32) };
    let day = prop_oneof![30 => -1i32..12, 1 => Just(400), 1 => Just(AFTER_THE_LAST_NIGHT)];
    prop_oneof![
        12 => Just(Dates { arrival: None, departure: None }),
        20 => draw().prop_map(both),
        5 => (-1i32..9).prop_map(|day| Dates { arrival: Some(day), departure: None }),
        5 => day.clone().prop_map(|day| Dates { arrival: None, departure: Some(day) }),
        1 => (day.clone(), day).prop_map(|(from, to)| Dates { arrival: Some(from), departure: Some(to) }),
    ]
}

fn tonight() -> impl Strategy<Value = Draw> {
    (1u32..4).prop_map(|nights| Draw { from: 0, nights })
}

fn catalogued() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![30 => Just(0usize), 30 => Just(1), 6 => Just(2), 1 => Just(3)]
}

fn rooms() -> impl Strategy<Value = Vec<Room>> {
    let quantity = prop_oneof![60 => 1u32..3, 4 => Just(3), 1 => Just(0), 1 => Just(51), 1 => Just(u32::MAX)];
    let room = (catalogued(), catalogued(), quantity, 0u16..3, prop_oneof![4 => Just(0usize), 1 => Just(1)])
        .prop_map(|(room_type, rate_plan, quantity, adults, children)| Room { room_type, rate_plan, quantity, adults, children });
    prop_oneof![40 => vec(room.clone(), 1), 20 => vec(room.clone(), 2), 4 => vec(room, 3), 1 => Just(Vec::new())]
}

fn revision() -> impl Strategy<Value = Option<u32>> {
    option::weighted(0.15, 0u32..4)
}

fn ari() -> impl Strategy<Value = Ari> {
    let dates = prop_oneof![draw(), Just(Draw { from: 0, nights: 20 })];
    let days = prop_oneof![30 => Just(Weekdays::ALL), 10 => (0u8..128).prop_map(Weekdays), 6 => Just(Weekdays(0))];
    let rooms = (
        option::weighted(0.3, prop_oneof![12 => 0u32..6, 1 => Just(100_000), 1 => Just(100_001)]),
        option::weighted(0.2, prop_oneof![12 => 0u32..3, 1 => Just(100_001)]),
    );
    let flag = || option::weighted(0.2, prop::bool::weighted(0.25));
    let length = || option::weighted(0.12, 0u16..4);
    (
        (catalogued(), option::weighted(0.6, catalogued()), dates, days),
        rooms,
        option::weighted(0.6, prop_oneof![60 => 0u64..20_000, 1 => Just(MAX_MINOR), 1 => Just(MAX_MINOR + 1)]),
        [flag(), flag(), flag()],
        [length(), length(), length()],
    )
        .prop_map(|((room_type, rate_plan, dates, days), rooms, rate, flags, lengths)| {
            // A rate without a plan is refused, so it occurs rarely.
            let rate = rate.filter(|r| rate_plan.is_some() || r % 8 == 0);
            // Rates mostly cover weeks, because a gap leads to a refusal.
            let weeks = rate.is_some_and(|r| r % 4 > 0) && days.0 > 0;
            let (dates, days) = if weeks { (Draw { from: 0, nights: 30 }, Weekdays::ALL) } else { (dates, days) };
            Ari { room_type, rate_plan, dates, days, rooms, rate, flags, lengths }
        })
}

/// A new price for weeks, for the types and plans that are sold most.
fn reprice() -> impl Strategy<Value = Act> {
    (0usize..2, 0usize..2, 0u64..20_000).prop_map(|(room_type, rate_plan, rate)| {
        let (dates, days, rooms) = (Draw { from: 0, nights: 30 }, Weekdays::ALL, (None, None));
        let (rate_plan, rate, flags, lengths) = (Some(rate_plan), Some(rate), [None; 3], [None; 3]);
        Act::Ari(vec![Ari { room_type, rate_plan, dates, days, rooms, rate, flags, lengths }])
    })
}

fn put() -> impl Strategy<Value = Act> {
    let capacity = prop_oneof![20 => 1u32..6, 1 => Just(100_001)];
    let overbooking = prop_oneof![6 => Just(0u32), 3 => Just(1_000), 3 => Just(5_000), 1 => Just(10_000), 1 => Just(10_001)];
    let basis_points = prop_oneof![3 => 0u32..10_001, 2 => 10_001u32..20_000];
    let fee = prop_oneof![Just(Fee::None), Just(Fee::FirstNight), basis_points.prop_map(Fee::BasisPoints)];
    prop_oneof![
        (option::weighted(0.6, 0u32..9), any::<bool>(), revision()).prop_map(|(house_limit, no_show_on_close, revision)| {
            Act::PutProperty { house_limit, no_show_on_close, revision }
        }),
        (0usize..3, capacity, prop_oneof![Just(0u16), 2u16..4], overbooking, revision()).prop_map(
            |(code, capacity, occupancy, overbooking, revision)| {
                Act::PutRoomType { code, capacity, occupancy, overbooking, revision }
            }
        ),
        (0usize..3, prop::bool::weighted(0.1), 0u16..4, fee, revision()).prop_map(
            |(code, yen, free_until_days, fee, revision)| Act::PutRatePlan { code, yen, free_until_days, fee, revision }
        ),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let ttl_ms = || prop_oneof![Just(0u64), Just(30_000), Just(60_000), Just(600_000), Just(u64::MAX)];
    let pick = || 0usize..12;
    prop_oneof![
        2 => Just(Act::Tick),
        3 => put(),
        6 => vec(ari(), 1..3).prop_map(Act::Ari),
        3 => reprice(),
        28 => (draw(), rooms()).prop_map(|(stay, rooms)| Act::Book { stay, rooms }),
        14 => (prop_oneof![3 => draw(), 1 => tonight()], rooms(), ttl_ms()).prop_map(|(stay, rooms, ttl_ms)| Act::PlaceHold { stay, rooms, ttl_ms }),
        9 => (0usize..6).prop_map(Act::Confirm),
        3 => (0usize..5).prop_map(Act::Release),
        14 => (pick(), dates(), option::weighted(0.5, rooms()), any::<bool>(), revision()).prop_map(
            |(booking, dates, rooms, guest, revision)| Act::Amend { booking, dates, rooms, guest, revision }
        ),
        14 => (0usize..5, option::weighted(0.3, draw()), vec((0usize..3, 1u32..4), 1..4)).prop_map(
            |(booking, stay, lines)| Act::Regroup { booking, stay, lines }
        ),
        9 => (pick(), revision()).prop_map(|(booking, revision)| Act::Cancel { booking, revision }),
        6 => (pick(), revision()).prop_map(|(booking, revision)| Act::CheckIn { booking, revision }),
        3 => (pick(), revision()).prop_map(|(booking, revision)| Act::CheckOut { booking, revision }),
        2 => (pick(), revision()).prop_map(|(booking, revision)| Act::NoShow { booking, revision }),
        4 => pick().prop_map(Act::Erase),
        2 => (1u64..4, 0u8..3).prop_map(|(node, drawn)| Act::ReplicaKeys { node, drawn }),
        3 => prop::bool::weighted(0.1).prop_map(|early| Act::Close { early }),
    ]
}
