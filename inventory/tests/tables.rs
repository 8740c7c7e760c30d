//! Names and numbers that callers, auditors and stored rows rely on. Each table is written out here a second time.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use fixture::*;
use keyrack_inventory::*;

/// Texts that are nearly a name.
fn near(name: &str) -> [String; 5] {
    [name.to_ascii_uppercase(), format!("{name} "), format!(" {name}"), format!("{name}s"), name[1..].to_owned()]
}

#[test]
fn roles_have_names() {
    use Role::*;
    let names = [
        (Operator, "operator"),
        (Manager, "manager"),
        (Channel, "channel"),
        (Desk, "desk"),
        (Auditor, "auditor"),
        (Guest, "guest"),
    ];
    assert_eq!(names.len(), Role::ALL.len());
    for (role, name) in names {
        assert_eq!((role.name(), Role::parse(name)), (name, Some(role)));
        assert!(near(name).iter().all(|other| Role::parse(other).is_none()), "{name}");
    }
    assert_eq!(Role::parse(""), None);
}

#[test]
fn states_have_names() {
    use BookingState::*;
    let names = [
        (Confirmed, "confirmed"),
        (CheckedIn, "checked_in"),
        (CheckedOut, "checked_out"),
        (Cancelled, "cancelled"),
        (NoShow, "no_show"),
    ];
    assert_eq!(names.map(|(state, _)| state), BookingState::ALL);
    for (state, name) in names {
        assert_eq!((state.name(), BookingState::from_name(name)), (name, Some(state)));
        assert!(near(name).iter().all(|other| BookingState::from_name(other).is_none()), "{name}");
        let sold = matches!(state, Confirmed | CheckedIn | CheckedOut);
        assert_eq!(state.holds_rooms(), sold, "{name}");
    }
    assert_eq!(BookingState::from_name(""), None);
    let booking = BookingId([7; 16]);
    let holds = [HoldState::Open, HoldState::Confirmed(booking), HoldState::Released, HoldState::Expired];
    assert_eq!(holds.map(HoldState::name), ["open", "confirmed", "released", "expired"]);
}

/// Every step that a booking can take, of all pairs of states.
#[test]
fn states_lead_to_others() {
    use BookingState::*;
    let steps = [
        (Confirmed, Confirmed),
        (Confirmed, CheckedIn),
        (Confirmed, Cancelled),
        (Confirmed, NoShow),
        (CheckedIn, CheckedIn),
        (CheckedIn, Confirmed),
        (CheckedIn, CheckedOut),
        (Cancelled, Confirmed),
        (NoShow, Confirmed),
    ];
    for from in BookingState::ALL {
        for to in BookingState::ALL {
            assert_eq!(from.leads_to(to), steps.contains(&(from, to)), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn restrictions_have_the_names_of_their_fields() {
    use Restriction::*;
    for (restriction, name) in [
        (StopSell, "stopSell"),
        (ClosedToArrival, "closedToArrival"),
        (ClosedToDeparture, "closedToDeparture"),
        (MinStayArrival, "minStayArrival"),
        (MinStayThrough, "minStayThrough"),
        (MaxStay, "maxStay"),
        (NoRate, "noRate"),
    ] {
        assert_eq!(restriction.name(), name);
    }
}

#[test]
fn kinds_of_leaves_have_names_and_numbers() {
    let kinds = LeafKind::ALL.map(|kind| (kind.number(), kind.name()));
    let first = [(1, "book"), (2, "amend"), (3, "cancel"), (4, "check-in"), (5, "check-out"), (6, "no-show"), (7, "erase")];
    // 8 and 9 are other leaves.
    let expected = [&first[..], &[(10, "revert-check-in"), (11, "reinstate")]].concat();
    assert_eq!(kinds.as_slice(), expected);
}

/// Exports of the audit trail have these names. A number without a name is unknown.
#[test]
fn actions_have_names() {
    let names = [
        (1, "property.put"),
        (2, "room-type.put"),
        (3, "rate-plan.put"),
        (4, "ari.update"),
        (5, "hold.place"),
        (6, "hold.confirm"),
        (7, "hold.release"),
        (8, "booking.take"),
        (9, "booking.amend"),
        (10, "booking.cancel"),
        (11, "booking.check-in"),
        (12, "booking.check-out"),
        (13, "booking.no-show"),
        (14, "business-date.close"),
        (15, "guest.erase"),
        (16, "grant.put"),
        (17, "booking.revert-check-in"),
        (18, "booking.reinstate"),
        (32, "booking.read"),
        (33, "booking.list"),
        (34, "receipt.read"),
        (35, "answer.replay"),
        (36, "guest.link"),
        (37, "guest.sign-in"),
        (38, "inventory.read"),
        (39, "events.read"),
        (40, "hold.read"),
        (48, "topology.read"),
        (49, "log.read"),
        (50, "audit.read"),
        (51, "principal.read"),
        (52, "principal.put"),
        (53, "principal.revoke"),
        (54, "key.create"),
        (55, "key.revoke"),
        (56, "node.fence"),
        (57, "node.admit"),
        (58, "node.lead"),
        (59, "property.remove"),
        (63, "other"),
    ];
    for number in 0..=u8::MAX {
        let name = names.iter().find(|(known, _)| *known == number).map_or("unknown", |(_, name)| name);
        assert_eq!(Action(number).name(), name, "{number}");
        assert_eq!(Action::ALL.contains(&Action(number)), name != "unknown", "{number}");
    }
}

/// The numbers of refusals are stored for retries and in the audit trail.
#[test]
fn refusals_have_numbers() {
    use Reject::*;
    let business_date = first_date();
    let refusals = [
        UnknownProperty,
        UnknownRoomType(code("DLX")),
        UnknownRatePlan(code("FLEX")),
        NotFound,
        ArrivalInPast { business_date },
        NoRooms,
        TooManyRooms,
        OccupancyExceeded { room_type: code("DLX"), occupancy: 2 },
        CurrencyMismatch,
        CapacityTooLarge,
        RateWithoutPlan,
        Restricted(Vec::new()),
        SoldOut(Vec::new()),
        WrongState(BookingState::NoShow),
        WrongBusinessDate { business_date },
        NotDue { business_date },
        HoldExpired,
        HoldClosed,
        RevisionMismatch { current: 0 },
        KeyReused,
        AmountTooLarge,
        InvalidStay,
        StayTooLong,
        Forbidden,
        HoldQuota { room_minutes: 0 },
        StayOver { business_date },
        DepartureInPast { business_date },
        TooLateToRevert { business_date },
        PriceChanged { total: None, currency: currency("EUR") },
        DuplicateReference(booking_id(1)),
        Retired(code("DLX")),
        SellerPrices { nights: 2 },
        GuestsMissing { lines: 1 },
        GuestChanged,
    ];
    for (number, reject) in (1..).zip(refusals) {
        assert_eq!(reject.number(), number, "{reject:?}");
        assert_eq!(reject.leaves_key_unused(), matches!(reject, Forbidden | HoldQuota { .. } | GuestChanged), "{reject:?}");
    }
}
