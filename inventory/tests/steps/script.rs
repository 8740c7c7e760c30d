//! Turns steps into commands.

use std::collections::BTreeMap;

use super::drawn::{Act, Ari, By, Draw, Key, Room, Step};
use keyrack_inventory::*;

/// A word that every guest has, so that a change of the guest keeps one.
const FREQUENT_WORD: [u8; 16] = [7; 16];

/// Codes by the small numbers of a step. The last one is never put.
const TYPES: [&str; 4] = ["STD", "DLX", "SUITE", "ATTIC"];
const PLANS: [&str; 4] = ["FLEX", "SAVER", "CORP", "GHOST"];
/// The principals of the steps. The last one has no grant.
const SELLERS: [u32; 5] = [31, 32, 33, 300, 39];
const REGIONS: [&str; 3] = ["", "eu", "us"];
/// Texts of properties, room types and rate plans.
const WORDS: [&str; 4] = ["", "Key Inn", "Zoë's \"Tür\" \u{1f511}", "x"];
/// Fewer open holds than one command expires, so that no due hold stays open.
const MOST_OPEN_HOLDS: usize = EXPIRY_STEPS - 2;

/// Remembers earlier commands and answers, so that steps can refer to them.
pub struct Script {
    clock_ms: u64,
    issued: u64,
    bookings: Vec<BookingId>,
    /// The rooms of each booking in its newest answer.
    rooms: BTreeMap<BookingId, Vec<RoomRequest>>,
    /// The guests in the house.
    in_house: Vec<BookingId>,
    /// Holds, each with its arrival night.
    holds: Vec<(HoldId, Night)>,
    keyed: Vec<Command>,
    /// Deadlines of holds that may still be open.
    deadlines: Vec<u64>,
    today: [Night; 3],
    /// Of each property: with two decimals, with three or none, and with two.
    currencies: [Currency; 3],
    /// Whether commands have the callers of their steps.
    callers: bool,
    grants: u64,
}

impl Script {
    /// All commands are the cluster's own.
    pub fn new(first_date: Night) -> Script {
        let clock_ms = u64::from(first_date.0) * 86_400_000;
        let (bookings, holds, keyed, deadlines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (rooms, in_house, today) = (BTreeMap::new(), Vec::new(), [first_date; 3]);
        let second = if first_date.0.is_multiple_of(2) { *b"KWD" } else { *b"JPY" };
        let currencies = [*b"EUR", second, *b"USD"].map(Currency);
        let (issued, callers, grants) = (0, false, 0);
        Script { clock_ms, issued, bookings, rooms, in_house, holds, keyed, deadlines, today, currencies, callers, grants }
    }

    /// Commands have the callers of their steps: a manager, two channels, a desk, and others.
    pub fn with_callers(first_date: Night) -> Script {
        Script { callers: true, ..Script::new(first_date) }
    }

    /// Adds two properties, so that every sequence can sell rooms from its start. With callers, also their grants.
    pub fn prelude(&mut self) -> Vec<(Command, At)> {
        let mut commands = Vec::new();
        for hotel in 0..2 {
            let act = |act: Act| Step { hotel, wait_ms: 0, key: Key::Fresh, by: By::Cluster, act };
            let (wording, accessible, revision) = (0, false, None);
            let plan = |code, fee| Act::PutRatePlan { code, currency: 0, free_until_days: 2, fee, wording, revision };
            let kind = |code, capacity| {
                let (occupancy, overbooking) = (3, 0);
                Act::PutRoomType { code, capacity, occupancy, overbooking, wording, accessible, revision }
            };
            if self.callers && hotel == 0 {
                commands.extend([Role::Manager, Role::Channel, Role::Channel, Role::Desk].into_iter().enumerate().map(
                    |(seller, role)| {
                        let (own_only, room_minutes) = (seller == 1 || seller == 3, if seller == 2 { 12 } else { 0 });
                        act(Act::Regrant { seller, role, revoked: false, own_only, covers: 0, room_minutes, stale: false })
                    },
                ));
            }
            commands.push(act(Act::PutProperty { house_limit: None, no_show_on_close: true, wording: 1, revision }));
            commands.extend([act(kind(0, 4)), act(kind(1, 3))]);
            commands.extend([act(plan(0, Fee::BasisPoints(3_333))), act(plan(1, Fee::FirstNight)), act(plan(2, Fee::None))]);
            let rate = Ari {
                room_type: 0,
                rate_plan: Some(1),
                dates: Draw { from: 0, nights: 30 },
                days: Weekdays::ALL,
                rooms: (None, None),
                rate: Some(9_901),
                clears: (false, false),
                flags: [None; 3],
                lengths: [None; 3],
            };
            commands.push(act(Act::Ari(vec![rate])));
        }
        commands.iter().map(|step| self.command(step)).collect()
    }

    /// The command of a step, and its log position.
    pub fn command(&mut self, step: &Step) -> (Command, At) {
        // The stamping clock may go back; log time does not.
        self.clock_ms = self.clock_ms.saturating_add_signed(step.wait_ms);
        self.issued += 1;
        if let Key::Again(back) = step.key
            && let Some(command) = nth_last(&self.keyed, back)
        {
            return (self.retried(command.clone()), self.at());
        }
        // Property 0 means no property.
        let property = PropertyNumber(step.hotel + 1);
        let op = self.op(property, &step.act);
        let fingerprint = u128::from(self.issued).to_be_bytes();
        let fresh = RequestKey { digest: fingerprint.map(|b| b ^ 0x5a), fingerprint };
        let request = match step.key {
            Key::None => None,
            Key::Misused(back) => {
                let known = nth_last(&self.keyed, back).and_then(|c| c.request);
                Some(known.map_or(fresh, |key| RequestKey { digest: key.digest, fingerprint }))
            }
            Key::Fresh | Key::Again(_) => Some(fresh),
        };
        let by = if self.callers { self.by(step.by, &op) } else { None };
        let command = Command { property, request, by, op };
        if request.is_some() {
            self.keyed.push(command.clone());
        }
        (command, self.at())
    }

    /// The log position. A term lasts 40 commands.
    fn at(&self) -> At {
        At { ms: self.clock_ms, term: 1 + self.issued / 40, index: 9 + self.issued, rules: Rules::PRESENT }
    }

    /// The same request again. The edge draws new ids and encrypts the guest again.
    fn retried(&self, mut command: Command) -> Command {
        let number = command.property;
        let drawn = BookingId::new(number, self.clock_ms, self.issued);
        match &mut command.op {
            Op::Book(request) => (request.id, request.guest, request.seeds) = (drawn, self.guest(), self.seeds(true)),
            Op::PlaceHold { id, .. } => *id = HoldId::new(number, self.clock_ms, self.issued),
            Op::ConfirmHold { booking, guest, seeds, .. } => (*booking, *guest, *seeds) = (drawn, self.guest(), self.seeds(true)),
            Op::Amend { guest, seeds, .. } => {
                *guest = guest.is_some().then(|| self.guest());
                *seeds = self.seeds(guest.is_some());
            }
            _ => {}
        }
        command
    }

    /// Records the parts of an answer that later steps refer to.
    pub fn heard(&mut self, command: &Command, outcome: &Outcome) {
        let clock_ms = self.clock_ms;
        self.deadlines.retain(|d| *d > clock_ms);
        if outcome.replayed {
            return;
        }
        if let Reply::Booking(booking) = &outcome.reply {
            self.rooms.insert(booking.id, booking.rooms.iter().map(as_request).collect());
            self.in_house.retain(|id| *id != booking.id);
            if booking.state == BookingState::CheckedIn {
                self.in_house.push(booking.id);
            }
        }
        match &outcome.reply {
            Reply::BusinessDate(date) => self.today[place_of(command.property)] = *date,
            Reply::Property { property, .. } => self.today[place_of(command.property)] = property.business_date,
            Reply::Booking(booking) if !self.bookings.contains(&booking.id) => self.bookings.push(booking.id),
            Reply::Hold(hold) if self.holds.iter().all(|(id, _)| *id != hold.id) => {
                self.holds.push((hold.id, hold.stay.arrival()));
                self.deadlines.push(hold.expires_at_ms);
            }
            _ => {}
        }
    }

    fn op(&mut self, property: PropertyNumber, act: &Act) -> Op {
        let today = self.today[place_of(property)];
        match act {
            Act::Tick => Op::Tick,
            Act::PutProperty { .. } | Act::PutRoomType { .. } | Act::PutRatePlan { .. } => {
                put(act, (property, self.currencies[place_of(property)]), today)
            }
            Act::Regrant { .. } => self.regrant(act),
            Act::Ari(updates) => Op::UpdateAri(updates.iter().map(|u| ari(u, today)).collect()),
            Act::Book { stay, rooms } => {
                let (guest, channel_ref, payment_token) = (self.guest(), self.channel_ref(), self.payment_token());
                let id = BookingId::new(property, self.clock_ms, self.issued);
                Op::Book(BookRequest {
                    id,
                    stay: nights(*stay, today),
                    rooms: requests(rooms),
                    guest,
                    channel_ref,
                    payment_token,
                    seeds: self.seeds(true),
                    number: Some(ConfirmationNumber::new(self.clock_ms ^ self.issued)),
                    expected_total: self.expected_total(property),
                    override_reason: self.override_reason(),
                })
            }
            Act::PlaceHold { .. } if self.deadlines.len() >= MOST_OPEN_HOLDS => Op::Tick,
            Act::PlaceHold { stay, rooms, ttl_ms } => {
                let id = HoldId::new(property, self.clock_ms, self.issued);
                Op::PlaceHold { id, stay: nights(*stay, today), rooms: requests(rooms), ttl_ms: *ttl_ms }
            }
            Act::Confirm(back) => Op::ConfirmHold {
                hold: self.hold(property, *back),
                booking: BookingId::new(property, self.clock_ms, self.issued),
                guest: self.guest(),
                channel_ref: self.channel_ref(),
                payment_token: self.payment_token(),
                seeds: self.seeds(true),
                number: None,
                expected_total: self.expected_total(property),
                guests: self.guests(),
            },
            Act::Release(back) => Op::ReleaseHold(self.hold(property, *back)),
            Act::Amend { booking, dates, rooms, guest, revision } => Op::Amend {
                booking: if *booking >= 6 { self.guest_of(property, *booking) } else { self.booking(property, *booking) },
                // A guest in the house keeps the arrival.
                arrival: dates.arrival.filter(|_| *booking < 7).map(|days| on(days, today)),
                departure: dates.departure.map(|days| on(days, today)),
                rooms: rooms.as_deref().map(requests),
                guest: guest.then(|| self.guest()),
                guest_of: self.issued.is_multiple_of(13).then_some(2),
                seeds: self.seeds(*guest),
                expected_revision: *revision,
                override_reason: self.override_reason(),
            },
            Act::Regroup { booking, stay, lines } => {
                let booking = self.booking(property, *booking);
                let has = self.rooms.get(&booking).map_or(&[][..], Vec::as_slice);
                let take = |(line, quantity): &(usize, u32)| {
                    let room = has.get(line.checked_rem(has.len())?)?;
                    Some(RoomRequest { quantity: *quantity, ..room.clone() })
                };
                let rooms = Some(lines.iter().filter_map(take).collect());
                let stay = stay.map(|stay| nights(stay, today));
                let (arrival, departure) = (stay.map(|s| s.arrival()), stay.map(|s| s.departure()));
                Op::Amend {
                    booking,
                    arrival,
                    departure,
                    rooms,
                    guest: None,
                    guest_of: None,
                    seeds: self.seeds(false),
                    expected_revision: None,
                    override_reason: None,
                }
            }
            Act::Cancel { booking, revision } => {
                Op::Cancel { booking: self.booking(property, *booking), expected_revision: *revision }
            }
            Act::CheckIn { booking, revision } => {
                Op::CheckIn { booking: self.booking(property, *booking), expected_revision: *revision }
            }
            Act::CheckOut { booking, revision } => {
                Op::CheckOut { booking: self.guest_of(property, *booking), expected_revision: *revision }
            }
            Act::NoShow { booking, revision } => {
                Op::NoShow { booking: self.booking(property, *booking), expected_revision: *revision }
            }
            Act::RevertCheckIn { booking, revision } => {
                Op::RevertCheckIn { booking: self.guest_of(property, *booking), expected_revision: *revision }
            }
            Act::Reinstate { booking, revision } => {
                Op::Reinstate { booking: self.booking(property, *booking), expected_revision: *revision }
            }
            Act::Erase(booking) => Op::EraseGuest { booking: self.booking(property, *booking) },
            Act::ReplicaKeys { node, drawn } => {
                Op::PutReplicaKeys(ReplicaKeys { node: *node, log: [*drawn; 32], cosigner: [0x80 | *drawn; 32] })
            }
            Act::Close { early } => Op::CloseBusinessDate { expected_from: Night(today.0 + u32::from(*early)) },
        }
    }

    /// Every third command has no reference; some have one that another command has.
    fn channel_ref(&self) -> String {
        match self.issued {
            issued if issued.is_multiple_of(3) => String::new(),
            issued if issued.is_multiple_of(8) => format!("ref-{}", issued / 40),
            issued => format!("own-{issued}"),
        }
    }

    /// Rarely a reason to override restrictions.
    fn override_reason(&self) -> Option<String> {
        self.issued.is_multiple_of(9).then(|| format!("reason {}", self.issued))
    }

    /// Rarely a price that the rooms seldom have.
    fn expected_total(&self, property: PropertyNumber) -> Option<Price> {
        let currency = self.currencies[place_of(property)];
        self.issued.is_multiple_of(7).then_some(Price { amount: (1 + self.issued / 7 % 3) * 9_901, currency })
    }

    /// The guests of a hold's rooms: mostly those of the hold, sometimes other ones, sometimes of too many lines.
    fn guests(&self) -> Vec<RoomGuests> {
        let lines = if self.issued.is_multiple_of(4) { 1 + self.issued / 4 % 3 } else { 0 };
        let guests = |line| RoomGuests { adults: (self.issued + line) as u16 % 4, children_ages: vec![7; line as usize] };
        (0..lines).map(guests).collect()
    }

    /// Every fourth command has no token.
    fn payment_token(&self) -> String {
        if self.issued.is_multiple_of(4) { String::new() } else { format!("tok_{}", self.issued) }
    }

    fn regrant(&mut self, act: &Act) -> Op {
        let Act::Regrant { seller, role, revoked, own_only, covers, room_minutes, stale } = *act else {
            unreachable!("only grants come here")
        };
        self.grants += 1;
        let revision = if stale { self.grants / 2 } else { 10 + self.grants };
        let properties = if covers == 1 { vec!["inn-1".to_owned()] } else { Vec::new() };
        let regions = if covers == 2 { vec![REGIONS[1].to_owned()] } else { Vec::new() };
        let credentials = vec![Credential { number: 1, expires_at_ms: 0 }];
        let grant =
            Grant { revision, role, revoked, properties, regions, own_only, hold_room_minutes: room_minutes, credentials };
        Op::PutGrant { number: SELLERS[seller], grant }
    }

    /// The caller of a command. A guest asks for the booking that the command is about. Most commands other than sales
    /// come from the cluster, because most sellers may not send them.
    fn by(&self, by: By, op: &Op) -> Option<Actor> {
        let about = match op {
            Op::Amend { booking, .. } | Op::Cancel { booking, .. } | Op::CheckIn { booking, .. } => *booking,
            _ => BookingId([7; 16]),
        };
        let sale =
            matches!(op, Op::PlaceHold { .. } | Op::ConfirmHold { .. } | Op::Book(_) | Op::Amend { .. } | Op::Cancel { .. });
        let who = match by {
            By::Cluster => return None,
            By::Seller(1..) if !sale && !self.issued.is_multiple_of(5) => return None,
            By::Operator => Who::Trusted(Role::Operator, "the operator".to_owned()),
            By::Seller(place) => Who::Principal { number: SELLERS[place], credential: 1 },
            By::Guest => Who::Guest(about),
        };
        Some(Actor { who, from: [0xfd; 16] })
    }

    /// A guest with its own key; every seventh command has no guest.
    fn guest(&self) -> Sealed {
        if self.issued.is_multiple_of(7) {
            return Sealed::default();
        }
        let bytes = self.issued.to_be_bytes();
        Sealed { ciphertext: bytes.to_vec(), wrapped_key: bytes.map(|byte| !byte).to_vec() }
    }

    /// Seeds that never repeat. Guest digests are drawn only for a new guest.
    fn seeds(&self, guest: bool) -> LeafSeeds {
        let drawn =
            |place: u64| [0x9e37_79b9_7f4a_7c15u64, 0xd1b5_4a32_d192_ed03].map(|odd| odd.wrapping_mul(self.issued * 8 + place));
        let salt = |place| u128::from_be_bytes(drawn(place).map(u64::to_be_bytes).concat().try_into().unwrap()).to_be_bytes();
        let digest = |place| [salt(place), salt(place).map(|byte| byte ^ 0x33)].concat().try_into().unwrap();
        let guest = if guest { (0..GUEST_DIGESTS as u64).map(digest).collect() } else { Vec::new() };
        let lookups = if guest.is_empty() { Vec::new() } else { vec![salt(5), salt(6), FREQUENT_WORD] };
        LeafSeeds { guest, salts: TermSalts { price: salt(5), channel_ref: salt(6), unit: salt(7) }, lookups }
    }

    /// Mostly a booking of this property; an unknown id if there is none.
    fn booking(&self, property: PropertyNumber, back: usize) -> BookingId {
        let own: Vec<BookingId> = self.bookings.iter().filter(|id| id.property() == property).copied().collect();
        let known = if back == 11 { &self.bookings } else { &own };
        recent(known, back).copied().unwrap_or(BookingId::new(property, 1, 1))
    }

    /// Mostly a booking whose guest is in the house; any booking if there is none.
    fn guest_of(&self, property: PropertyNumber, back: usize) -> BookingId {
        let own: Vec<BookingId> = self.in_house.iter().filter(|id| id.property() == property).copied().collect();
        let known = if back == 11 { None } else { recent(&own, back).copied() };
        known.unwrap_or_else(|| self.booking(property, back))
    }

    fn hold(&self, property: PropertyNumber, back: usize) -> HoldId {
        let today = self.today[place_of(property)];
        let known = |(id, arrival): &&(HoldId, Night)| match back {
            // Any hold; or one whose arrival night is over.
            4 => true,
            5 => id.property() == property && *arrival < today,
            _ => id.property() == property,
        };
        let known: Vec<HoldId> = self.holds.iter().filter(known).map(|(id, _)| *id).collect();
        let back = if back == 5 { 0 } else { back };
        recent(&known, back).copied().unwrap_or(HoldId::new(property, 1, 1))
    }
}

fn nth_last<T>(items: &[T], back: usize) -> Option<&T> {
    items.iter().rev().nth(back)
}

/// Like [`nth_last`], but `back` wraps around, so that it finds an item unless the list is empty.
fn recent<T>(items: &[T], back: usize) -> Option<&T> {
    nth_last(items, back.checked_rem(items.len())?)
}

fn place_of(property: PropertyNumber) -> usize {
    property.0 as usize - 1
}

fn code(text: &str) -> ShortCode {
    ShortCode::new(text).unwrap()
}

fn on(days: i32, today: Night) -> Night {
    Night(today.0.saturating_add_signed(days))
}

fn first(draw: Draw, today: Night) -> Night {
    on(draw.from, today)
}

fn nights(draw: Draw, today: Night) -> Stay {
    let arrival = first(draw, today);
    Stay::new(arrival, Night(arrival.0 + draw.nights)).unwrap()
}

fn as_request(room: &BookedRoom) -> RoomRequest {
    RoomRequest {
        room_type: room.room_type_code,
        rate_plan: room.rate_plan_code,
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
        seller_nightly: Vec::new(),
    }
}

fn requests(rooms: &[Room]) -> Vec<RoomRequest> {
    let request = |room: &Room| RoomRequest {
        room_type: code(TYPES[room.room_type]),
        rate_plan: code(PLANS[room.rate_plan]),
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
        seller_nightly: room.seller_nightly.clone(),
    };
    rooms.iter().map(request).collect()
}

/// A text that depends on the wording and differs from field to field.
fn words(wording: usize, field: usize) -> String {
    WORDS[(wording + field) % WORDS.len()].to_owned()
}

fn put(act: &Act, (property, own): (PropertyNumber, Currency), today: Night) -> Op {
    match *act {
        Act::PutProperty { house_limit, no_show_on_close, wording, revision } => {
            let currency = if wording == 2 { Currency(*b"JPY") } else { own };
            let details = PropertyDetails {
                name: words(wording, 0),
                time_zone: words(wording, 1),
                currency,
                home_region: REGIONS[wording % REGIONS.len()].to_owned(),
                house_limit,
                no_show_on_close,
                presentation: words(wording, 2),
            };
            let id = if wording > 6 { format!("other-{wording}") } else { format!("inn-{}", property.0) };
            let business_date = Night(today.0 + wording as u32 / 6);
            Op::PutProperty { id, details, business_date, expected_revision: revision }
        }
        Act::PutRoomType { code: place, capacity, occupancy, overbooking, wording, accessible, revision } => {
            let (name, overbooking_basis_points) = (words(wording, 0), overbooking);
            let code = code(TYPES[place]);
            let retired = wording == 8;
            let room_type =
                RoomType { code, name, capacity, occupancy, overbooking_basis_points, accessible, retired, revision: 99 };
            Op::PutRoomType { room_type, expected_revision: revision }
        }
        Act::PutRatePlan { code: place, currency, free_until_days, fee, wording, revision } => {
            let currency = [own, Currency(*b"CHF"), Currency(*b"KRW")][currency];
            let policy = CancellationPolicy { free_until_days, fee };
            let (code, name) = (code(PLANS[place]), words(wording, 0));
            // The command ignores both the revision and `priced`.
            let rate_plan = RatePlan { code, name, currency, policy, priced: true, retired: wording == 8, revision: 99 };
            Op::PutRatePlan { rate_plan, expected_revision: revision }
        }
        _ => unreachable!("only puts come here"),
    }
}

fn ari(ari: &Ari, today: Night) -> AriUpdate {
    let from = first(ari.dates, today);
    AriUpdate {
        room_type: code(TYPES[ari.room_type]),
        rate_plan: ari.rate_plan.map(|place| code(PLANS[place])),
        dates: DateRange::new(from, Night(from.0 + ari.dates.nights - 1)).unwrap(),
        days: ari.days,
        capacity: ari.rooms.0,
        out_of_order: ari.rooms.1,
        rate: ari.rate,
        clear_capacity: ari.clears.0,
        clear_rate: ari.clears.1,
        stop_sell: ari.flags[0],
        closed_to_arrival: ari.flags[1],
        closed_to_departure: ari.flags[2],
        min_stay_arrival: ari.lengths[0],
        min_stay_through: ari.lengths[1],
        max_stay: ari.lengths[2],
    }
}
