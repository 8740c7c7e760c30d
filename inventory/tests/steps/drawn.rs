//! Generators of steps, with weights.

use keyrack_inventory::{Fee, MAX_MINOR, Night, Role, Weekdays};
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
    /// Only a script with callers reads it.
    pub by: By,
    pub act: Act,
}

/// Who sends a command.
#[derive(Clone, Copy, Debug)]
pub enum By {
    Cluster,
    Operator,
    /// One of the principals; the last one has no grant.
    Seller(usize),
    /// The guest of the booking that the command is about.
    Guest,
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

#[derive(Clone, Debug)]
pub struct Room {
    /// 3 is unknown; the same for plans.
    pub room_type: usize,
    pub rate_plan: usize,
    pub quantity: u32,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    pub seller_nightly: Vec<u64>,
}

#[derive(Clone, Debug)]
pub struct Ari {
    pub room_type: usize,
    pub rate_plan: Option<usize>,
    pub dates: Draw,
    pub days: Weekdays,
    pub rooms: (Option<u32>, Option<u32>),
    pub rate: Option<u64>,
    /// Whether capacity and rate are removed.
    pub clears: (bool, bool),
    pub flags: [Option<bool>; 3],
    pub lengths: [Option<u16>; 3],
}

#[derive(Clone, Debug)]
pub enum Act {
    Tick,
    PutProperty {
        house_limit: Option<u32>,
        no_show_on_close: bool,
        /// Chooses the texts, and an id and a business date that a change must ignore.
        wording: usize,
        revision: Option<u32>,
    },
    PutRoomType {
        code: usize,
        capacity: u32,
        occupancy: u16,
        overbooking: u32,
        wording: usize,
        accessible: bool,
        revision: Option<u32>,
    },
    PutRatePlan {
        code: usize,
        /// 0 is the currency of the property.
        currency: usize,
        free_until_days: u16,
        fee: Fee,
        wording: usize,
        revision: Option<u32>,
    },
    /// A new grant of a principal. A stale one has an older revision than the stored grant.
    Regrant {
        seller: usize,
        role: Role,
        revoked: bool,
        own_only: bool,
        /// Covers everything, the first property, or a region.
        covers: usize,
        room_minutes: u32,
        stale: bool,
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
    RevertCheckIn {
        booking: usize,
        revision: Option<u32>,
    },
    Reinstate {
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
pub struct Steps {
    /// The business date at the beginning.
    pub first_date: Night,
    pub list: Vec<Step>,
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} steps from {:?}", self.list.len(), self.first_date)
    }
}

/// Sequences of `count` commands.
pub fn steps(count: usize) -> impl Strategy<Value = Steps> {
    (first_date(), vec(step(), count)).prop_map(|(first_date, list)| Steps { first_date, list })
}

/// Often shortly before the end of a February: of a leap year, of the year after it, or of 2100, which is no leap year.
fn first_date() -> impl Strategy<Value = Night> {
    // 2026-11-26, and from 2028-02-19, 2029-02-19 and 2100-02-19 on.
    prop_oneof![4 => Just(20_783u32), 4 => 21_233u32..21_243, 1 => 21_599u32..21_609, 1 => 47_531u32..47_541].prop_map(Night)
}

fn step() -> impl Strategy<Value = Step> {
    let hotel = prop_oneof![10 => Just(0u32), 10 => Just(1), 1 => Just(2)];
    (hotel, wait_ms(), key(), by(), act()).prop_map(|(hotel, wait_ms, key, by, act)| Step { hotel, wait_ms, key, by, act })
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![
        40 => Just(By::Cluster),
        2 => Just(By::Operator),
        16 => Just(By::Seller(0)),
        16 => (1usize..4).prop_map(By::Seller),
        1 => Just(By::Seller(4)),
        1 => Just(By::Guest),
    ]
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
    let day = prop_oneof![30 => -1i32..12, 8 => -3i32..1, 2 => Just(400), 1 => Just(AFTER_THE_LAST_NIGHT)];
    prop_oneof![
        12 => Just(Dates { arrival: None, departure: None }),
        20 => draw().prop_map(both),
        5 => (-1i32..9).prop_map(|day| Dates { arrival: Some(day), departure: None }),
        8 => day.clone().prop_map(|day| Dates { arrival: None, departure: Some(day) }),
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
    let quantity = prop_oneof![60 => 1u32..3, 4 => Just(3), 4 => 20u32..=50, 1 => Just(0), 1 => Just(51), 1 => Just(u32::MAX)];
    let seller = prop_oneof![30 => Just(Vec::new()), 3 => vec(0u64..20_000, 1..5)];
    let room = (catalogued(), catalogued(), quantity, 0u16..3, children_ages(), seller).prop_map(
        |(room_type, rate_plan, quantity, adults, children_ages, seller_nightly)| Room {
            room_type,
            rate_plan,
            quantity,
            adults,
            children_ages,
            seller_nightly,
        },
    );
    prop_oneof![40 => vec(room.clone(), 1), 20 => vec(room.clone(), 2), 4 => vec(room, 3), 1 => Just(Vec::new())]
}

/// Mostly none; up to five, of all ages; some only infants.
fn children_ages() -> impl Strategy<Value = Vec<u8>> + Clone {
    prop_oneof![12 => Just(Vec::new()), 2 => vec(0u8..18, 1), 1 => vec(0u8..18, 2..6), 1 => vec(0u8..2, 1..4)]
}

fn revision() -> impl Strategy<Value = Option<u32>> {
    option::weighted(0.15, 0u32..4)
}

fn ari() -> impl Strategy<Value = Ari> {
    let dates = prop_oneof![8 => draw(), 8 => Just(Draw { from: 0, nights: 20 }), 1 => Just(Draw { from: -3, nights: 6 })];
    let days = prop_oneof![30 => Just(Weekdays::ALL), 10 => (0u8..128).prop_map(Weekdays), 6 => Just(Weekdays(0))];
    let rooms = (
        option::weighted(0.3, prop_oneof![24 => 0u32..6, 4 => 100u32..400, 1 => Just(100_000), 1 => Just(100_001)]),
        option::weighted(0.2, prop_oneof![12 => 0u32..3, 1 => 0u32..200, 1 => Just(100_001)]),
    );
    let flag = || option::weighted(0.2, prop::bool::weighted(0.25));
    let length = || option::weighted(0.12, 0u16..4);
    (
        (catalogued(), option::weighted(0.6, catalogued()), dates, days),
        rooms,
        option::weighted(0.6, prop_oneof![60 => price(), 1 => Just(MAX_MINOR), 1 => Just(MAX_MINOR + 1)]),
        [flag(), flag(), flag()],
        [length(), length(), length()],
        (prop::bool::weighted(0.05), prop::bool::weighted(0.04)),
    )
        .prop_map(|((room_type, rate_plan, dates, days), rooms, rate, flags, lengths, clears)| {
            // A rate without a plan is refused, so it occurs rarely.
            let rate = rate.filter(|r| rate_plan.is_some() || r % 8 == 1);
            // Rates mostly cover weeks, because a gap leads to a refusal.
            let weeks = rate.is_some_and(|r| r % 4 != 2) && days.0 > 0;
            let (dates, days) = if weeks { (Draw { from: 0, nights: 30 }, Weekdays::ALL) } else { (dates, days) };
            let clears = (clears.0, clears.1 && rate_plan.is_some() && rate.is_none());
            Ari { room_type, rate_plan, dates, days, rooms, rate, clears, flags, lengths }
        })
}

/// A night may be free.
fn price() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0u64), 1 => 1u64..10, 8 => 0u64..20_000]
}

/// A new price for weeks or for a few nights, for the types and plans that are sold most.
fn reprice() -> impl Strategy<Value = Act> {
    let few = (0i32..9, 1u32..4).prop_map(|(from, nights)| Draw { from, nights });
    let dates = prop_oneof![2 => Just(Draw { from: 0, nights: 30 }), 1 => few];
    (0usize..2, 0usize..2, dates, price()).prop_map(|(room_type, rate_plan, dates, rate)| {
        let (days, rooms) = (Weekdays::ALL, (None, None));
        let (rate_plan, rate, flags, lengths) = (Some(rate_plan), Some(rate), [None; 3], [None; 3]);
        let clears = (false, false);
        Act::Ari(vec![Ari { room_type, rate_plan, dates, days, rooms, rate, clears, flags, lengths }])
    })
}

fn put() -> impl Strategy<Value = Act> {
    prop_oneof![2 => put_property(), 1 => put_room_type(), 1 => put_rate_plan()]
}

fn put_property() -> impl Strategy<Value = Act> {
    let house_limit = option::weighted(0.6, prop_oneof![8 => 0u32..9, 1 => 100u32..200]);
    (house_limit, any::<bool>(), 0usize..9, revision()).prop_map(|(house_limit, no_show_on_close, wording, revision)| {
        Act::PutProperty { house_limit, no_show_on_close, wording, revision }
    })
}

fn put_room_type() -> impl Strategy<Value = Act> {
    let capacity = prop_oneof![20 => 1u32..6, 1 => Just(0), 4 => 100u32..400, 1 => Just(100_000), 1 => Just(100_001)];
    let round = prop::sample::select(vec![0u32, 0, 1_000, 1_500, 3_333, 5_000, 10_000, 10_001]);
    let overbooking = prop_oneof![6 => round, 1 => 0u32..10_002];
    let occupancy = prop_oneof![2 => Just(0u16), 2 => 2u16..4, 1 => 4u16..8];
    (0usize..3, capacity, occupancy, overbooking, 0usize..9, any::<bool>(), revision()).prop_map(
        |(code, capacity, occupancy, overbooking, wording, accessible, revision)| Act::PutRoomType {
            code,
            capacity,
            occupancy,
            overbooking,
            wording,
            accessible,
            revision,
        },
    )
}

fn put_rate_plan() -> impl Strategy<Value = Act> {
    let basis_points = prop_oneof![3 => 0u32..10_001, 2 => 10_001u32..20_000];
    let fee = prop_oneof![Just(Fee::None), Just(Fee::FirstNight), basis_points.prop_map(Fee::BasisPoints)];
    let currency = prop_oneof![18 => Just(0usize), 2 => 1usize..3];
    (0usize..3, currency, prop_oneof![9 => 0u16..4, 1 => Just(u16::MAX)], fee, 0usize..9, revision()).prop_map(
        |(code, currency, free_until_days, fee, wording, revision)| Act::PutRatePlan {
            code,
            currency,
            free_until_days,
            fee,
            wording,
            revision,
        },
    )
}

fn regrant() -> impl Strategy<Value = Act> {
    let role = prop::sample::select(vec![Role::Manager, Role::Desk, Role::Desk, Role::Channel, Role::Channel, Role::Auditor]);
    let covers = prop_oneof![8 => Just(0usize), 2 => 1usize..3];
    let room_minutes = prop_oneof![2 => Just(0u32), 1 => 1u32..12, 1 => 12u32..60];
    (0usize..4, role, prop::bool::weighted(0.1), any::<bool>(), covers, room_minutes, prop::bool::weighted(0.2)).prop_map(
        |(seller, role, revoked, own_only, covers, room_minutes, stale)| Act::Regrant {
            seller,
            role,
            revoked,
            own_only,
            covers,
            room_minutes,
            stale,
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let ttl_ms = || prop_oneof![Just(0u64), Just(30_000), Just(60_000), Just(600_000), Just(u64::MAX)];
    let pick = || 0usize..12;
    prop_oneof![
        2 => Just(Act::Tick),
        4 => put(),
        2 => regrant(),
        6 => vec(ari(), 1..3).prop_map(Act::Ari),
        4 => reprice(),
        36 => (draw(), rooms()).prop_map(|(stay, rooms)| Act::Book { stay, rooms }),
        14 => (prop_oneof![2 => draw(), 1 => tonight()], rooms(), ttl_ms()).prop_map(|(stay, rooms, ttl_ms)| Act::PlaceHold { stay, rooms, ttl_ms }),
        11 => (0usize..6).prop_map(Act::Confirm),
        3 => (0usize..5).prop_map(Act::Release),
        24 => (pick(), dates(), option::weighted(0.5, rooms()), any::<bool>(), revision()).prop_map(
            |(booking, dates, rooms, guest, revision)| Act::Amend { booking, dates, rooms, guest, revision }
        ),
        16 => (0usize..5, option::weighted(0.3, draw()), vec((0usize..3, 1u32..4), 1..4)).prop_map(
            |(booking, stay, lines)| Act::Regroup { booking, stay, lines }
        ),
        9 => (pick(), revision()).prop_map(|(booking, revision)| Act::Cancel { booking, revision }),
        12 => (pick(), revision()).prop_map(|(booking, revision)| Act::CheckIn { booking, revision }),
        5 => (pick(), revision()).prop_map(|(booking, revision)| Act::CheckOut { booking, revision }),
        2 => (pick(), revision()).prop_map(|(booking, revision)| Act::NoShow { booking, revision }),
        4 => (pick(), revision()).prop_map(|(booking, revision)| Act::RevertCheckIn { booking, revision }),
        4 => (pick(), revision()).prop_map(|(booking, revision)| Act::Reinstate { booking, revision }),
        4 => pick().prop_map(Act::Erase),
        2 => (1u64..4, 0u8..3).prop_map(|(node, drawn)| Act::ReplicaKeys { node, drawn }),
        8 => prop::bool::weighted(0.1).prop_map(|early| Act::Close { early }),
    ]
}
