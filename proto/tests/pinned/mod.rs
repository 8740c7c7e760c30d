//! One value of every kind, always the same.
#![allow(dead_code, reason = "every test file uses some of these")]

use keyrack_inventory::*;

const HOTEL: PropertyNumber = PropertyNumber(7);
/// Text like any other to the codecs.
const NOTE: &str = "log\n300\n\n— log sig\n";

fn code(text: &str) -> ShortCode {
    ShortCode::new(text).unwrap()
}

fn booking_id() -> BookingId {
    BookingId::new(HOTEL, 1, 2)
}

fn hold_id() -> HoldId {
    HoldId::new(HOTEL, 1, 3)
}

fn stay() -> Stay {
    Stay::new(Night(20_000), Night(20_002)).unwrap()
}

fn guest() -> Sealed {
    Sealed { ciphertext: vec![0xaa, 0xbb], wrapped_key: vec![0xcc] }
}

fn salts() -> TermSalts {
    TermSalts { price: [0x44; 16], channel_ref: [0x55; 16], unit: [0x66; 16] }
}

fn seeds() -> LeafSeeds {
    LeafSeeds { guest: vec![[0x33; 32], [0x34; 32]], salts: salts(), lookups: Vec::new() }
}

fn replica_keys() -> ReplicaKeys {
    ReplicaKeys { node: 300, log: [0x77; 32], cosigner: [0x88; 32] }
}

fn policy() -> CancellationPolicy {
    CancellationPolicy { free_until_days: 2, fee: Fee::BasisPoints(5_000) }
}

fn details() -> PropertyDetails {
    PropertyDetails {
        name: "Inn".into(),
        time_zone: "UTC".into(),
        currency: Currency(*b"EUR"),
        home_region: "eu".into(),
        house_limit: Some(0),
        no_show_on_close: true,
        presentation: "{}".into(),
    }
}

fn room_type() -> RoomType {
    RoomType {
        code: code("DLX"),
        name: "Deluxe".into(),
        capacity: 40,
        occupancy: 3,
        overbooking_basis_points: 500,
        accessible: true,
        retired: false,
        revision: 4,
    }
}

fn rate_plan() -> RatePlan {
    let (code, name, currency) = (code("FLEX"), "Flexible".into(), Currency(*b"JPY"));
    RatePlan { code, name, currency, policy: policy(), priced: true, retired: false, revision: 5 }
}

fn booked_room() -> BookedRoom {
    BookedRoom {
        room_type: RoomTypeIx(1),
        rate_plan: RatePlanIx(2),
        room_type_code: code("DLX"),
        rate_plan_code: code("FLEX"),
        quantity: 3,
        adults: 2,
        children_ages: vec![7, 9],
        nightly: vec![0, 12_000],
        policy: policy(),
        nights: None,
        late: None,
        seller_nightly: Vec::new(),
    }
}

/// Rooms of some nights, whose booking was moved late, with the seller's prices.
fn late_room() -> BookedRoom {
    let nights = Stay::new(Night(20_001), Night(20_002)).ok();
    let late = Stay::new(Night(20_001), Night(20_003)).ok();
    BookedRoom { nights, late, seller_nightly: vec![None, Some(0), Some(9_900)], ..booked_room() }
}

fn fees() -> FeeLedger {
    let lines = FeeKind::ALL.iter().zip([0, 1, -2, 3, 20_000]);
    let line = |(kind, amount): (&FeeKind, i64)| FeeLine { date: Night(20_000), kind: *kind, amount };
    FeeLedger { lines: lines.map(line).collect(), rest: -5_000, given_up_on: Some(Night(20_001)) }
}

fn wish() -> RoomRequest {
    let (room_type, rate_plan, seller_nightly) = (code("DLX"), code("FLEX"), Vec::new());
    RoomRequest { room_type, rate_plan, quantity: 3, adults: 2, children_ages: vec![7, 9], seller_nightly }
}

/// As the first version left one: with the guest's key in it, and no leaf.
fn booking() -> Booking {
    Booking {
        number: None,
        id: booking_id(),
        state: BookingState::Cancelled,
        revision: 6,
        stay: stay(),
        rooms: vec![booked_room()],
        currency: Currency(*b"EUR"),
        guest: guest(),
        channel_ref: "OTA-1".into(),
        payment_token: "tok".into(),
        created_at_ms: 1_000,
        updated_at_ms: 2_000,
        cancellation_fee: Some(0),
        fees: FeeLedger::default(),
        checked_in_on: None,
        moved_at_ms: 0,
        leaf: None,
        guest_erased: false,
        seller: 0,
        line: None,
    }
}

fn booking_with_leaf() -> Booking {
    let guest = Sealed { ciphertext: vec![0xaa, 0xbb], wrapped_key: Vec::new() };
    Booking { state: BookingState::Confirmed, guest, cancellation_fee: None, leaf: Some(0), ..booking() }
}

fn numbered_booking() -> Booking {
    Booking { number: Some(ConfirmationNumber::new(u64::MAX)), ..booking_with_leaf() }
}

fn erased_booking() -> Booking {
    Booking { guest: Sealed::default(), leaf: Some(300), guest_erased: true, ..booking() }
}

fn restrictions() -> Restrictions {
    Restrictions {
        stop_sell: true,
        closed_to_arrival: false,
        closed_to_departure: true,
        min_stay_arrival: 2,
        min_stay_through: 3,
        max_stay: 4,
    }
}

fn page() -> Page {
    let mut page = Page::default();
    page.cells[0] = Cell { capacity: Some(0), out_of_order: 1, sold: 2, held: 3, blocked: 4, restrictions: restrictions() };
    page.cells[30].sold = 300;
    page
}

fn rates() -> RatePage {
    let mut page = RatePage::default();
    page.cells[1] = RateCell { rate: Some(0), restrictions: restrictions() };
    page.cells[2].rate = Some(9_999);
    page
}

fn erasure() -> Entry {
    let (request, reply) = (Some([0x11; 16]), Reply::Booking(erased_booking().into()));
    Entry { at_ms: 3_000, property: HOTEL, request, happened: JournalEvent::GuestErased, reply, mark: None }
}

fn leaf() -> Leaf {
    Leaf { at_ms: 3_000, term: 2, index: 900, body: LeafBody::KeyChange(replica_keys()) }
}

fn seal() -> Leaf {
    Leaf { at_ms: 3_000, term: 2, index: 901, body: LeafBody::AuditSeal { count: 300, link: [0x99; 32] } }
}

fn grant() -> Grant {
    Grant {
        revision: 300,
        role: Role::Desk,
        revoked: true,
        properties: vec!["inn".into()],
        regions: vec!["eu".into()],
        own_only: true,
        hold_room_minutes: 600,
        credentials: vec![Credential { number: 1, expires_at_ms: 0 }, Credential { number: 2, expires_at_ms: 3_000 }],
    }
}

fn smallest_grant() -> Grant {
    Grant {
        revision: 0,
        role: Role::Operator,
        revoked: false,
        properties: Vec::new(),
        regions: Vec::new(),
        own_only: false,
        hold_room_minutes: 0,
        credentials: Vec::new(),
    }
}

/// From an IPv4 address, as IPv6 has them.
fn actor(who: Who) -> Actor {
    Actor { who, from: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1] }
}

fn principal() -> Who {
    Who::Principal { number: 300, credential: 2 }
}

fn marked() -> Entry {
    let mark =
        Mark { actor: actor(principal()), action: Action::CANCEL, record: Some(booking_id().0), reason: None, link: [0x99; 32] };
    Entry { happened: JournalEvent::Cancelled, reply: Reply::Booking(booking().into()), mark: Some(mark), ..journal() }
}

fn forbidden() -> Entry {
    let mark =
        Mark { actor: actor(Who::Guest(booking_id())), action: Action::BOOK, record: None, reason: None, link: [0x9a; 32] };
    let reply = Reply::Rejected(Reject::Forbidden);
    Entry { request: None, happened: JournalEvent::Nothing, reply, mark: Some(mark), ..journal() }
}

fn observations() -> Vec<Observation> {
    let seen = |who, action, verdict| Observation {
        at_ms: 2_999,
        actor: actor(who),
        action,
        property: HOTEL,
        record: Some(booking_id().0),
        verdict,
        times: 3,
    };
    let trusted = Who::Trusted(Role::Auditor, "books".into());
    let nowhere =
        Observation { property: PropertyNumber(0), record: None, ..seen(Who::Unauthenticated, Action::OTHER, Verdict(401)) };
    vec![
        seen(trusted, Action::READ_BOOKING, Verdict::ALLOWED),
        seen(principal(), Action::REPLAY, Verdict::ALLOWED),
        seen(Who::Guest(booking_id()), Action::READ_RECEIPT, Verdict(24)),
        nowhere,
    ]
}

fn observed() -> Entry {
    Entry { request: None, happened: JournalEvent::Observed(observations()), reply: Reply::Done, ..journal() }
}

fn journal() -> Entry {
    let night =
        RefusedNight { night: Night(20_000), room_type: code("DLX"), available: -1, restriction: Some(Restriction::NoRate) };
    Entry {
        at_ms: 3_000,
        property: HOTEL,
        request: Some([0x11; 16]),
        happened: JournalEvent::AriUpdated(vec![code("DLX")]),
        reply: Reply::Rejected(Reject::Restricted(vec![night])),
        mark: None,
    }
}

/// Every kind of row at its key.
pub fn rows() -> Vec<(&'static str, Key, Row)> {
    let month = Month(24_323);
    let meta = Meta {
        last_at_ms: 1,
        next_sequence: 2,
        next_deadline_ms: u64::MAX,
        expiry_cursor: 300,
        expiry_at_ms: 5,
        next_leaf: 0,
        last_erasure: 0,
        last_checkpoint: 0,
        first_checkpoint: 0,
        audit_count: 0,
        audit_link: [0; 32],
        audit_sealed: 0,
        audit_unsealed_since_ms: 0,
    };
    let with_leaves = Meta { next_leaf: 301, last_erasure: 900, ..meta };
    let with_checkpoints = Meta { last_checkpoint: 300, first_checkpoint: 128, ..with_leaves };
    let with_audit =
        Meta { audit_count: 5, audit_link: [0x99; 32], audit_sealed: 4, audit_unsealed_since_ms: 3_000, ..with_checkpoints };
    let property = Property {
        id: "inn".into(),
        details: details(),
        business_date: Night(20_000),
        revision: 3,
        room_types: vec![room_type()],
        rate_plans: vec![rate_plan()],
    };
    let hold = Hold {
        id: hold_id(),
        state: HoldState::Confirmed(booking_id()),
        stay: stay(),
        rooms: vec![booked_room()],
        currency: Currency(*b"EUR"),
        expires_at_ms: 600_000,
        seller: 0,
        charge_ms: 0,
    };
    let charged_hold = Hold { state: HoldState::Open, seller: 300, charge_ms: 1_800_000, ..hold.clone() };
    let sold_booking = Booking { seller: 300, ..booking_with_leaf() };
    let recorded = IdempotencyRecord { fingerprint: [0x22; 16], sequence: 8 };
    let secrets = GuestSecrets { wrapped_key: vec![0xcc], digests: seeds().guest, salts: salts(), lookups: Vec::new() };
    vec![
        ("meta", Key::Meta, Row::Meta(meta)),
        ("property", Key::Property(HOTEL), Row::Property(property.into())),
        ("page", Key::Page(HOTEL, RoomTypeIx(1), month), Row::Page(page().into())),
        ("rates", Key::Rates(HOTEL, RoomTypeIx(1), RatePlanIx(2), month), Row::Rates(rates().into())),
        ("booking", Key::Booking(booking_id()), Row::Booking(booking().into())),
        ("arrival", Key::Arrival(HOTEL, Night(20_000), booking_id()), Row::Present),
        ("channel ref", Key::channel_ref(HOTEL, "OTA-1", booking_id()), Row::Present),
        ("hold", Key::Hold(hold_id()), Row::Hold(hold.into())),
        ("deadline", Key::Deadline(600_000, hold_id()), Row::Present),
        ("request", Key::Request([0x11; 16]), Row::Request(recorded)),
        ("journal", Key::Journal(8), Row::Journal(journal().into())),
        ("meta with leaves", Key::Meta, Row::Meta(with_leaves)),
        ("booking with a leaf", Key::Booking(booking_id()), Row::Booking(booking_with_leaf().into())),
        ("erased booking", Key::Booking(booking_id()), Row::Booking(erased_booking().into())),
        ("guest", Key::Guest(booking_id()), Row::Guest(secrets.into())),
        ("journal of an erasure", Key::Journal(9), Row::Journal(erasure().into())),
        ("leaf", Key::Leaf(300), Row::Leaf(leaf().encode())),
        ("replica keys", Key::ReplicaKeys(300), Row::ReplicaKeys(replica_keys())),
        ("meta with checkpoints", Key::Meta, Row::Meta(with_checkpoints)),
        ("checkpoint", Key::Checkpoint(300), Row::Checkpoint(StoredCheckpoint { at_ms: 3_000, note: NOTE.into() }.into())),
        ("meta with an audit trail", Key::Meta, Row::Meta(with_audit)),
        ("grant", Key::Grant(300), Row::Grant(grant().into())),
        ("smallest grant", Key::Grant(1), Row::Grant(smallest_grant().into())),
        ("hoard", Key::HoldUsage(300, HOTEL), Row::HoldUsage(1_800_000)),
        ("booking with a number", Key::Booking(booking_id()), Row::Booking(numbered_booking().into())),
        ("booking line", Key::BookingLine(booking_id(), 300), Row::Present),
        ("refusals", Key::Refusals(300), Row::Refusals(RefusalCount { day: 20_000, count: 300 })),
        ("booking of a seller", Key::Booking(booking_id()), Row::Booking(sold_booking.into())),
        ("charged hold", Key::Hold(hold_id()), Row::Hold(charged_hold.into())),
        ("journal with a mark", Key::Journal(10), Row::Journal(marked().into())),
        ("journal of a forbidden command", Key::Journal(11), Row::Journal(forbidden().into())),
        ("journal of what edges saw", Key::Journal(12), Row::Journal(observed().into())),
        ("leaf of a seal", Key::Leaf(301), Row::Leaf(seal().encode())),
    ]
    .into_iter()
    .chain(rows_of_hotel_rules())
    .collect()
}

/// The rows that came with fees, lines of some nights and look-ups.
fn rows_of_hotel_rules() -> Vec<(&'static str, Key, Row)> {
    let property = Property {
        id: "inn".into(),
        details: details(),
        business_date: Night(20_000),
        revision: 3,
        room_types: vec![RoomType { retired: true, ..room_type() }],
        rate_plans: vec![RatePlan { retired: true, ..rate_plan() }],
    };
    let owing = Booking {
        fees: fees(),
        checked_in_on: Some(Night(20_000)),
        moved_at_ms: 2_000,
        rooms: vec![booked_room(), late_room()],
        ..numbered_booking()
    };
    let secrets =
        GuestSecrets { wrapped_key: vec![0xcc], digests: seeds().guest, salts: salts(), lookups: vec![[0xa1; 16], [0xa2; 16]] };
    let reason = Some("VIP".into());
    let mark = Mark { actor: actor(principal()), action: Action::BOOK, record: Some(booking_id().0), reason, link: [0x99; 32] };
    let overridden =
        Entry { happened: JournalEvent::Booked, reply: Reply::Booking(owing.clone().into()), mark: Some(mark), ..journal() };
    let told = |happened, reply| Entry { happened, reply, ..journal() };
    let refused = |reject| told(JournalEvent::Nothing, Reply::Rejected(reject));
    let (business_date, currency) = (Night(20_000), Currency(*b"EUR"));
    let line = |sequence, entry: Entry| (Key::Journal(sequence), Row::Journal(entry.into()));
    let lines = [
        ("journal of an override", line(13, overridden)),
        ("journal of a reverted check-in", line(14, told(JournalEvent::CheckInReverted, Reply::Done))),
        ("journal of a reinstatement", line(15, told(JournalEvent::Reinstated, Reply::Done))),
        ("journal of past nights", line(16, told(JournalEvent::Nothing, Reply::AriUpdated { updates: 1, nights: 2, past: 3 }))),
        ("refusal: stay over", line(17, refused(Reject::StayOver { business_date }))),
        ("refusal: departure in past", line(18, refused(Reject::DepartureInPast { business_date }))),
        ("refusal: too late to revert", line(19, refused(Reject::TooLateToRevert { business_date }))),
        ("refusal: price changed", line(20, refused(Reject::PriceChanged { total: Some(0), currency }))),
        ("refusal: price agreed elsewhere", line(21, refused(Reject::PriceChanged { total: None, currency }))),
        ("refusal: duplicate reference", line(22, refused(Reject::DuplicateReference(booking_id())))),
        ("refusal: retired", line(23, refused(Reject::Retired(code("DLX"))))),
        ("refusal: seller prices", line(24, refused(Reject::SellerPrices { nights: 3 }))),
        ("refusal: guests missing", line(25, refused(Reject::GuestsMissing { lines: 3 }))),
        ("refusal: guest changed", line(26, refused(Reject::GuestChanged))),
    ];
    let rows = [
        ("property with retired entries", Key::Property(HOTEL), Row::Property(property.into())),
        ("booking with fees", Key::Booking(booking_id()), Row::Booking(owing.into())),
        ("guest with lookups", Key::Guest(booking_id()), Row::Guest(secrets.into())),
        ("number", Key::Number(0x3_ffff_ffff_ffff, booking_id()), Row::Present),
        ("lookup", Key::Lookup(HOTEL, [0xa1; 16], booking_id()), Row::Present),
        ("leaf with runs", Key::Leaf(302), Row::Leaf(leaf_with_runs().encode())),
    ];
    rows.into_iter().chain(lines.into_iter().map(|(name, (key, row))| (name, key, row))).collect()
}

fn leaf_with_runs() -> Leaf {
    let rooms = |text, quantity, runs| LeafRooms { room_type: code(text), quantity, runs, nights: vec![(9, 8), (9, -1)] };
    let digests = core::array::from_fn(|place| [place as u8; 32]);
    let body = BookingLeaf {
        kind: LeafKind::Reinstate,
        property: "inn".into(),
        booking: booking_id(),
        previous: Some(300),
        arrival: Night(20_000),
        departure: Night(20_002),
        rooms: vec![rooms("DLX", 2, vec![(1, 2), (1, 0)]), rooms("STD", 1, Vec::new())],
        digests,
    };
    Leaf { at_ms: 3_000, term: 2, index: 902, body: LeafBody::Booking(body) }
}

fn ari() -> AriUpdate {
    AriUpdate {
        room_type: code("DLX"),
        rate_plan: Some(code("FLEX")),
        dates: DateRange::new(Night(20_000), Night(20_001)).unwrap(),
        days: Weekdays::ALL,
        capacity: Some(0),
        out_of_order: Some(1),
        rate: Some(12_000),
        clear_capacity: false,
        clear_rate: false,
        stop_sell: Some(false),
        closed_to_arrival: Some(true),
        closed_to_departure: None,
        min_stay_arrival: Some(0),
        min_stay_through: Some(2),
        max_stay: Some(3),
    }
}

fn confirm(seeds: LeafSeeds) -> Op {
    let (channel_ref, payment_token) = ("OTA-1".into(), "tok".into());
    Op::ConfirmHold {
        hold: hold_id(),
        booking: booking_id(),
        guest: guest(),
        channel_ref,
        payment_token,
        seeds,
        number: None,
        expected_total: None,
        guests: Vec::new(),
    }
}

fn book(seeds: LeafSeeds) -> Op {
    let (channel_ref, payment_token) = ("OTA-1".into(), "tok".into());
    let (rooms, guest) = (vec![wish()], guest());
    Op::Book(BookRequest {
        id: booking_id(),
        stay: stay(),
        rooms,
        guest,
        channel_ref,
        payment_token,
        seeds,
        number: None,
        expected_total: None,
        override_reason: None,
    })
}

fn amend(seeds: LeafSeeds) -> Op {
    Op::Amend {
        booking: booking_id(),
        arrival: Some(Night(0)),
        departure: None,
        rooms: Some(vec![wish()]),
        guest: Some(guest()),
        guest_of: None,
        seeds,
        expected_revision: Some(0),
        override_reason: None,
    }
}

/// Every operation; those that take seeds without them first, as the first version said them.
pub fn ops() -> Vec<(&'static str, Op)> {
    let (booking, expected_revision, night) = (booking_id(), Some(0), Night(20_000));
    vec![
        ("tick", Op::Tick),
        ("put property", Op::PutProperty { id: "inn".into(), details: details(), business_date: night, expected_revision }),
        ("put room type", Op::PutRoomType { room_type: room_type(), expected_revision }),
        ("put rate plan", Op::PutRatePlan { rate_plan: rate_plan(), expected_revision }),
        ("update ari", Op::UpdateAri(vec![ari()])),
        ("place hold", Op::PlaceHold { id: hold_id(), stay: stay(), rooms: vec![wish()], ttl_ms: 600_000 }),
        ("confirm hold", confirm(LeafSeeds::default())),
        ("release hold", Op::ReleaseHold(hold_id())),
        ("book", book(LeafSeeds::default())),
        ("amend", amend(LeafSeeds::default())),
        ("cancel", Op::Cancel { booking, expected_revision }),
        ("check in", Op::CheckIn { booking, expected_revision }),
        ("check out", Op::CheckOut { booking, expected_revision }),
        ("no show", Op::NoShow { booking, expected_revision }),
        ("close business date", Op::CloseBusinessDate { expected_from: night }),
        ("confirm hold with seeds", confirm(seeds())),
        ("book with seeds", book(seeds())),
        ("amend with seeds", amend(seeds())),
        ("erase guest", Op::EraseGuest { booking }),
        ("put replica keys", Op::PutReplicaKeys(replica_keys())),
        ("put proven keys", Op::PutProvenKeys(ProvenKeys { keys: replica_keys(), by_log: [0x99; 64], by_cosigner: [0xaa; 64] })),
        ("put checkpoint", Op::PutCheckpoint { size: 300, note: NOTE.into() }),
        ("put grant", Op::PutGrant { number: 300, grant: grant() }),
        ("rewrap guest", Op::RewrapGuest { booking, from: vec![0xcc], to: vec![0xdd, 0xee], lookups: Vec::new() }),
        ("observe", Op::Observe(observations())),
        ("seal audit", Op::SealAudit),
    ]
    .into_iter()
    .chain(ops_of_hotel_rules())
    .collect()
}

fn ops_of_hotel_rules() -> Vec<(&'static str, Op)> {
    let (booking, expected_revision) = (booking_id(), Some(0));
    let total = Some(Price { amount: 0, currency: Currency(*b"EUR") });
    let lookups = vec![[0xa1; 16], [0xa2; 16]];
    let mut dear = book(LeafSeeds { lookups: lookups.clone(), ..seeds() });
    if let Op::Book(request) = &mut dear {
        (request.expected_total, request.override_reason) = (total, Some("VIP".into()));
        request.rooms[0].seller_nightly = vec![0, 9_900];
    }
    let mut seated = confirm(seeds());
    if let Op::ConfirmHold { expected_total, guests, .. } = &mut seated {
        (*expected_total, *guests) = (total, vec![RoomGuests { adults: 2, children_ages: vec![7] }]);
    }
    let mut merged = amend(seeds());
    if let Op::Amend { guest_of, override_reason, .. } = &mut merged {
        (*guest_of, *override_reason) = (Some(0), Some("VIP".into()));
    }
    let cleared = AriUpdate { capacity: None, rate: None, clear_capacity: true, clear_rate: true, ..ari() };
    vec![
        ("revert check-in", Op::RevertCheckIn { booking, expected_revision }),
        ("reinstate", Op::Reinstate { booking, expected_revision }),
        ("book at a price", dear),
        ("confirm hold with guests", seated),
        ("amend a guest", merged),
        ("clear ari", Op::UpdateAri(vec![cleared])),
        ("rewrap guest with lookups", Op::RewrapGuest { booking, from: vec![0xcc], to: vec![0xcc], lookups }),
    ]
}

/// The command that an operation is pinned in.
pub fn command(op: Op) -> Command {
    let request = Some(RequestKey { digest: [0x11; 16], fingerprint: [0x22; 16] });
    Command { property: HOTEL, request, by: None, op }
}

/// A command as everybody asks for it who may.
pub fn asked() -> Vec<(&'static str, Command)> {
    let cancel = |who| Command { by: Some(actor(who)), ..command(Op::Cancel { booking: booking_id(), expected_revision: None }) };
    vec![
        ("cancel by a principal", cancel(principal())),
        ("cancel by one who is trusted", cancel(Who::Trusted(Role::Operator, "root".into()))),
        ("cancel by a guest", cancel(Who::Guest(booking_id()))),
        ("cancel by nobody", cancel(Who::Unauthenticated)),
    ]
}
