//! A seller's open holds stay within the quota of a property, and give back their whole charge when they close.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;

use std::collections::BTreeMap;

use callers::*;
use fixture::*;
use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::prelude::*;

const MINUTE_MS: u64 = 60_000;

fn nights() -> Stay {
    stay("2026-11-26", "2026-11-27")
}

fn hold(number: u64, quantity: u32, ttl_ms: u64) -> Op {
    place_hold(number, nights(), vec![room("STD", "FLEX", quantity)], ttl_ms)
}

fn hold_usage(rows: &MemRows) -> BTreeMap<(u32, u32), u64> {
    let usage = |(key, row): (&Key, &Row)| match (key, row) {
        (Key::HoldUsage(seller, property), Row::HoldUsage(room_ms)) => Some(((*seller, property.0), *room_ms)),
        _ => None,
    };
    rows.iter().filter_map(usage).collect()
}

/// The key inn with a channel whose quota is `room_minutes`, and without open holds.
fn house(room_minutes: u32) -> MemRows {
    let mut rows = two_properties();
    for number in [1, 2] {
        run(&mut rows, Op::ReleaseHold(hold_id(number)), morning_ms());
    }
    know(&mut rows, SELF, Grant { hold_room_minutes: room_minutes, ..grant(Role::Channel) });
    rows
}

#[test]
fn a_hold_counts_rooms_times_minutes() {
    for (room_minutes, holds, refused) in [
        (10, vec![(1, 10 * MINUTE_MS)], false),
        (10, vec![(2, 5 * MINUTE_MS)], false),
        (10, vec![(10, MINUTE_MS)], false),
        (10, vec![(1, 10 * MINUTE_MS + 1)], false), // a hold lasts at most ten minutes
        (9, vec![(1, u64::MAX)], true),
        (10, vec![(1, u64::MAX)], false),
        (10, vec![(2, 5 * MINUTE_MS + 1)], true),
        (10, vec![(11, MINUTE_MS)], true),
        (10, vec![(1, 9 * MINUTE_MS), (1, MINUTE_MS)], false),
        (10, vec![(1, 9 * MINUTE_MS), (1, MINUTE_MS + 1)], true),
        (1, vec![(50, 1_200)], false),
        (1, vec![(50, 1_201)], true),
        (1, vec![(50, 1_200), (1, 0)], true), // a hold lasts at least one millisecond
        (1, vec![(50, 1_199), (50, 0)], false),
        (1, vec![(50, 1_199), (50, 0), (1, 0)], true),
        (0, vec![(50, u64::MAX), (50, u64::MAX), (50, u64::MAX)], false), // no quota
        (u32::MAX, vec![(50, u64::MAX), (50, u64::MAX)], false),
    ] {
        let mut rows = house(room_minutes);
        let last = holds.len() as u64 - 1;
        for (number, (quantity, ttl_ms)) in (0u64..).zip(&holds) {
            let before = rows.clone();
            let wish = keyed(number, asked(principal(SELF), hold(20 + number, *quantity, *ttl_ms)));
            let outcome = apply(&mut rows, &wish, morning_ms()).unwrap();
            let expected = if number == last && refused { Some(Reject::HoldQuota { room_minutes }) } else { None };
            assert_eq!(rejected(&outcome), expected.as_ref(), "{room_minutes}: {holds:?}");
            if expected.is_some() {
                assert_only_recorded(&before, &rows, &wish, &outcome.reply, false);
            }
        }
    }
}

fn rejected(outcome: &Outcome) -> Option<&Reject> {
    if let Reply::Rejected(reject) = &outcome.reply { Some(reject) } else { None }
}

/// Other reasons for a refusal come before the quota. They are stored for retries.
#[test]
fn the_quota_is_checked_last() {
    let mut rows = house(10);
    for quantity in [0, 51] {
        let wish = asked(principal(SELF), hold(20, quantity, u64::MAX));
        let reject = if quantity == 0 { Reject::NoRooms } else { Reject::TooManyRooms };
        assert_eq!(rejected(&apply(&mut rows, &wish, morning_ms()).unwrap()), Some(&reject));
    }
    let taken = place_hold(21, nights(), vec![room("DLX", "FLEX", 3)], u64::MAX);
    let outcome = apply(&mut rows, &keyed(1, asked(principal(SELF), taken)), morning_ms()).unwrap();
    assert!(matches!(rejected(&outcome), Some(Reject::SoldOut(_))));
    assert!(rows.get(&Key::Request(key(1, 1).digest)).unwrap().is_some());
}

/// All lines of a hold count together.
#[test]
fn all_rooms_of_a_hold_count() {
    let mut rows = house(10);
    let rooms = vec![room("STD", "FLEX", 3), room("DLX", "FLEX", 2)];
    let both = |number, ttl_ms| asked(principal(SELF), place_hold(number, nights(), rooms.clone(), ttl_ms));
    let outcome = apply(&mut rows, &both(20, 2 * MINUTE_MS + 1), morning_ms()).unwrap();
    assert_eq!(rejected(&outcome), Some(&Reject::HoldQuota { room_minutes: 10 }));
    apply(&mut rows, &both(21, 2 * MINUTE_MS), morning_ms()).unwrap();
    assert_eq!(hold_usage(&rows), BTreeMap::from([((SELF, HOTEL.0), 10 * MINUTE_MS)]));
}

/// A closing hold gives back its charge, however and by whichever caller it is closed. Then the refused key works.
#[test]
fn a_closing_hold_gives_back_its_charge() {
    let (begin_ms, end_ms) = (morning_ms(), morning_ms() + 10 * MINUTE_MS);
    let confirm = || confirm_hold(20, 30);
    for (closes, at_ms) in [
        (asked(principal(SELF), Op::ReleaseHold(hold_id(20))), begin_ms),
        (asked(principal(OTHER), Op::ReleaseHold(hold_id(20))), begin_ms),
        (command(Op::ReleaseHold(hold_id(20))), begin_ms),
        (asked(principal(SELF), confirm()), begin_ms),
        (asked(principal(OTHER), confirm()), begin_ms),
        (asked(trusted(Role::Desk), confirm()), begin_ms),
        (command(Op::Tick), end_ms),
        // Another seller's command for another property expires the hold.
        (Command { property: FAR, ..asked(principal(OTHER), cancel(99)) }, end_ms),
    ] {
        let mut rows = house(10);
        apply(&mut rows, &asked(principal(SELF), hold(20, 1, u64::MAX)), begin_ms).unwrap();
        let wish = keyed(1, asked(principal(SELF), hold(21, 1, u64::MAX)));
        for _ in 0..2 {
            let outcome = apply(&mut rows, &wish, begin_ms).unwrap();
            assert_eq!(rejected(&outcome), Some(&Reject::HoldQuota { room_minutes: 10 }));
            assert_eq!(rows.get(&Key::Request(wish.request.unwrap().digest)).unwrap(), None);
        }
        apply(&mut rows, &closes, at_ms).unwrap();
        assert_eq!(hold_usage(&rows), BTreeMap::new(), "after {closes:?}");
        let outcome = apply(&mut rows, &wish, at_ms).unwrap();
        assert!(matches!(&outcome.reply, Reply::Hold(hold) if hold.charge_ms == 10 * MINUTE_MS) && !outcome.replayed);
        assert!(apply(&mut rows, &wish, at_ms).unwrap().replayed);
    }
}

/// Each seller has a separate quota of each property. Callers that are not principals have no quota.
#[test]
fn quotas_are_separate_for_each_seller_and_property() {
    let mut rows = house(10);
    know(&mut rows, OTHER, Grant { hold_room_minutes: 10, ..grant(Role::Desk) });
    let full = |number, property| place(number, property, 1, u64::MAX);
    for (number, who, property) in
        [(20, principal(SELF), HOTEL), (21, principal(SELF), FAR), (22, principal(OTHER), HOTEL), (23, principal(OTHER), FAR)]
    {
        let refused = Some(Reject::HoldQuota { room_minutes: 10 });
        for (id, expected) in [(number, None), (number + 100, refused)] {
            let wish = Command { property, ..asked(who.clone(), full(id, property)) };
            assert_eq!(rejected(&apply(&mut rows, &wish, morning_ms()).unwrap()), expected.as_ref(), "{wish:?}");
        }
    }
    assert_eq!(hold_usage(&rows).len(), 4);
    for (first, by) in [(0, None), (5, Some(actor(trusted(Role::Channel))))] {
        let wish = Command { by, ..command(full(25, HOTEL)) };
        for number in first..first + 5 {
            let Reply::Hold(hold) = run_as(&mut rows, &wish, number) else { panic!("the hold was refused") };
            assert_eq!((hold.seller, hold.charge_ms), (0, 0));
        }
    }
    assert_eq!(hold_usage(&rows).len(), 4);
}

fn run_as(rows: &mut MemRows, wish: &Command, number: u64) -> Reply {
    let op = place(30 + number, wish.property, 1, u64::MAX);
    apply(rows, &Command { op, ..wish.clone() }, morning_ms()).unwrap().reply
}

fn place(number: u64, property: PropertyNumber, quantity: u32, ttl_ms: u64) -> Op {
    let rooms = vec![room("STD", "FLEX", quantity)];
    Op::PlaceHold { id: HoldId::new(property, 0, number), stay: nights(), rooms, ttl_ms }
}

#[derive(Clone, Debug)]
enum Act {
    Place { seller: usize, far: bool, quantity: u32, ttl_ms: u64 },
    Confirm { by: usize, back: usize },
    Release { by: usize, back: usize },
    Quota { seller: usize, room_minutes: u32 },
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let ttl_ms = prop::sample::select(vec![0, 1, 1_000, MINUTE_MS, 3 * MINUTE_MS, 10 * MINUTE_MS, u64::MAX]);
    let room_minutes = prop::sample::select(vec![0u32, 1, 20, 60, u32::MAX]);
    prop_oneof![
        10 => (0usize..4, any::<bool>(), 1u32..6, ttl_ms).prop_map(|(seller, far, quantity, ttl_ms)| Act::Place { seller, far, quantity, ttl_ms }),
        3 => (0usize..4, 0usize..6).prop_map(|(by, back)| Act::Confirm { by, back }),
        3 => (0usize..4, 0usize..6).prop_map(|(by, back)| Act::Release { by, back }),
        1 => (0usize..3, room_minutes).prop_map(|(seller, room_minutes)| Act::Quota { seller, room_minutes }),
        2 => prop::sample::select(vec![1, 59_000, MINUTE_MS, 2 * MINUTE_MS, 11 * MINUTE_MS]).prop_map(Act::Wait),
    ]
}

/// An open hold in the tally.
#[derive(Clone)]
struct Open {
    id: HoldId,
    seller: u32,
    room_ms: u64,
    expires_at_ms: u64,
}

/// Keeps every open hold and adds up the charges from scratch each time.
struct Tally {
    quotas: BTreeMap<u32, u32>,
    open: Vec<Open>,
    now_ms: u64,
}

const SELLERS: [u32; 3] = [SELF, OTHER, 5];

impl Tally {
    fn of(&self, seller: u32, property: PropertyNumber) -> u64 {
        self.open.iter().filter(|h| h.seller == seller && h.id.property() == property).map(|h| h.room_ms).sum()
    }

    /// Expires at most [`EXPIRY_STEPS`] holds, in the order of their deadlines.
    fn expire(&mut self) {
        self.open.sort_by_key(|hold| (hold.expires_at_ms, hold.id));
        let due = self.open.iter().take_while(|hold| hold.expires_at_ms <= self.now_ms).take(EXPIRY_STEPS).count();
        self.open.drain(..due);
    }

    fn hold_usage(&self) -> BTreeMap<(u32, u32), u64> {
        let mut sums = BTreeMap::new();
        for hold in self.open.iter().filter(|hold| hold.room_ms > 0) {
            *sums.entry((hold.seller, hold.id.property().0)).or_default() += hold.room_ms;
        }
        sums
    }
}

fn by(place: usize) -> Option<Who> {
    SELLERS.get(place).map(|number| principal(*number))
}

fn follow(acts: &[Act]) -> Result<[usize; 4], String> {
    let mut rows = house(20);
    let mut tally = Tally { quotas: BTreeMap::new(), open: Vec::new(), now_ms: morning_ms() };
    for (seller, room_minutes) in SELLERS.into_iter().zip([20, 60, 0]) {
        know(&mut rows, seller, Grant { hold_room_minutes: room_minutes, ..grant(Role::Manager) });
        tally.quotas.insert(seller, room_minutes);
    }
    let (mut placed, mut refused, mut expired, mut closed) = (0, 0, 0, 0);
    for (number, act) in (100u64..).zip(acts) {
        if let Act::Wait(ms) = act {
            tally.now_ms += ms;
        }
        let open_before = tally.open.len();
        tally.expire();
        expired += open_before - tally.open.len();
        let target = |back: usize| tally.open.get(back).cloned();
        let (command, expected) = match act {
            Act::Wait(_) => (command(Op::Tick), None),
            Act::Quota { seller, room_minutes } => {
                let (number, revision) = (SELLERS[*seller], number);
                tally.quotas.insert(number, *room_minutes);
                let grant = Grant { revision, hold_room_minutes: *room_minutes, ..grant(Role::Manager) };
                (command(Op::PutGrant { number, grant }), None)
            }
            Act::Place { seller, far, quantity, ttl_ms } => {
                let property = if *far { FAR } else { HOTEL };
                let op = place(number, property, *quantity, *ttl_ms);
                let command = Command { property, by: by(*seller).map(actor), ..command(op) };
                let ttl_ms = (*ttl_ms).clamp(1, 600_000);
                let seller = SELLERS.get(*seller).copied().unwrap_or(0);
                let room_minutes = tally.quotas.get(&seller).copied().unwrap_or(0);
                let room_ms = if room_minutes == 0 { 0 } else { u64::from(*quantity) * ttl_ms };
                let too_many = room_minutes > 0 && tally.of(seller, property) + room_ms > u64::from(room_minutes) * MINUTE_MS;
                if !too_many {
                    placed += 1;
                    let id = HoldId::new(property, 0, number);
                    tally.open.push(Open { id, seller, room_ms, expires_at_ms: tally.now_ms + ttl_ms });
                }
                (command, too_many.then_some(Reject::HoldQuota { room_minutes }))
            }
            Act::Confirm { by: who, back } | Act::Release { by: who, back } => {
                // A due hold cannot be confirmed, even if it has not been expired yet.
                let due = |hold: &Open| matches!(act, Act::Confirm { .. }) && hold.expires_at_ms <= tally.now_ms;
                let Some(hold) = target(*back).filter(|hold| !due(hold)) else { continue };
                let (booking, mut op) = (BookingId::new(hold.id.property(), 0, number), Op::ReleaseHold(hold.id));
                if matches!(act, Act::Confirm { .. }) {
                    op = confirm_hold(1, 1);
                    if let Op::ConfirmHold { hold: id, booking: new, .. } = &mut op {
                        (*id, *new) = (hold.id, booking);
                    }
                }
                closed += 1;
                tally.open.retain(|open| open.id != hold.id);
                (Command { property: hold.id.property(), by: by(*who).map(actor), ..command(op) }, None)
            }
        };
        let outcome = apply(&mut rows, &command, tally.now_ms).map_err(|fault| fault.to_string())?;
        refused += usize::from(expected.is_some());
        if rejected(&outcome) != expected.as_ref() {
            return Err(format!("{outcome:?} instead of {expected:?} for {command:?}"));
        }
        if hold_usage(&rows) != tally.hold_usage() {
            return Err(format!("{:?} instead of {:?} after {command:?}", hold_usage(&rows), tally.hold_usage()));
        }
        if let Reply::Hold(hold) = &outcome.reply
            && hold.charge_ms > 0
            && hold.state == HoldState::Open
            && tally.of(hold.seller, hold.id.property()) > u64::from(tally.quotas[&hold.seller]) * MINUTE_MS
        {
            return Err(format!("the quota is exceeded after {command:?}"));
        }
    }
    for _ in 0..=tally.open.len() {
        run(&mut rows, Op::Tick, tally.now_ms + MAX_HOLD_MS);
    }
    if hold_usage(&rows).is_empty() {
        Ok([placed, refused, expired, closed])
    } else {
        Err(format!("charges remain after all holds expired: {:?}", hold_usage(&rows)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_and_the_tally_agree(acts in vec(act(), 80)) {
        let surprise = follow(&acts);
        prop_assert!(surprise.is_ok(), "{}", surprise.unwrap_err());
    }
}

#[test]
fn random_acts_reach_every_outcome() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut sums = [0; 4];
    for _ in 0..50 {
        let acts = vec(act(), 80).new_tree(&mut runner).unwrap().current();
        follow(&acts).unwrap().iter().zip(&mut sums).for_each(|(times, sum)| *sum += times);
    }
    assert!(sums.iter().all(|times| *times > 200), "{sums:?}");
}
