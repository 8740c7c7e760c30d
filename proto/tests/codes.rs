//! The codes of errors: promises to callers, written out a second time.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use keyrack_inventory::*;
use keyrack_proto::Code;

/// Text, HTTP status, and whether the same request may succeed later.
const CODES: &[(&str, u16, bool)] = &[
    ("invalid_json", 400, false),
    ("unknown_field", 400, false),
    ("invalid_field", 400, false),
    ("invalid_utf8", 400, false),
    ("invalid_date", 400, false),
    ("invalid_stay", 400, false),
    ("stay_too_long", 400, false),
    ("no_rooms", 400, false),
    ("too_many_rooms", 400, false),
    ("card_number", 400, false),
    ("idempotency_key_required", 400, false),
    ("invalid_idempotency_key", 400, false),
    ("invalid_cursor", 400, false),
    ("cursor_ahead", 400, false),
    ("unauthenticated", 401, false),
    ("forbidden", 403, false),
    ("not_found", 404, false),
    ("unknown_property", 404, false),
    ("method_not_allowed", 405, false),
    ("request_timeout", 408, true),
    ("sold_out", 409, false),
    ("restricted", 409, false),
    ("not_cosigned", 202, true),
    ("request_in_flight", 409, true),
    ("wrong_state", 409, false),
    ("stay_over", 409, false),
    ("too_late_to_revert", 409, false),
    ("price_changed", 409, false),
    ("duplicate_reference", 409, false),
    ("retired", 409, false),
    ("departure_in_past", 422, false),
    ("hold_expired", 410, false),
    ("precondition_failed", 412, false),
    ("payload_too_large", 413, false),
    ("uri_too_long", 414, false),
    ("unsupported_media_type", 415, false),
    ("idempotency_key_reused", 422, false),
    ("unknown_room_type", 422, false),
    ("unknown_rate_plan", 422, false),
    ("arrival_in_past", 422, false),
    ("occupancy_exceeded", 422, false),
    ("currency_mismatch", 422, false),
    ("capacity_too_large", 422, false),
    ("amount_too_large", 422, false),
    ("quota_exceeded", 429, true),
    ("overloaded", 503, true),
    ("unavailable", 503, true),
    ("outcome_unknown", 504, true),
    ("internal", 500, true),
];

#[test]
fn codes_keep_their_text_status_and_retryability() {
    let is: Vec<(&str, u16, bool)> = Code::ALL.iter().map(|code| (code.as_str(), code.status(), code.retryable())).collect();
    assert_eq!(is, CODES);
    for code in Code::ALL {
        assert_eq!((Code::from_text(code.as_str()), code.to_string()), (Some(*code), code.as_str().to_owned()));
        for other in [code.as_str().to_ascii_uppercase(), format!("{code} "), format!("{code}s"), code.as_str()[1..].to_owned()] {
            assert_eq!(Code::from_text(&other), None, "{other}");
        }
    }
}

#[test]
fn every_refusal_has_its_code() {
    use Reject::*;
    let (room, plan) = (ShortCode::new("DLX").unwrap(), ShortCode::new("FLEX").unwrap());
    let business_date = Night(20_000);
    for (reject, code) in [
        (UnknownProperty, "unknown_property"),
        (UnknownRoomType(room), "unknown_room_type"),
        (UnknownRatePlan(plan), "unknown_rate_plan"),
        (NotFound, "not_found"),
        (ArrivalInPast { business_date }, "arrival_in_past"),
        (InvalidStay, "invalid_stay"),
        (StayTooLong, "stay_too_long"),
        (NoRooms, "no_rooms"),
        (TooManyRooms, "too_many_rooms"),
        (OccupancyExceeded { room_type: room, occupancy: 2 }, "occupancy_exceeded"),
        (CurrencyMismatch, "currency_mismatch"),
        (CapacityTooLarge, "capacity_too_large"),
        (AmountTooLarge, "amount_too_large"),
        (RateWithoutPlan, "invalid_field"),
        (Restricted(Vec::new()), "restricted"),
        (SoldOut(Vec::new()), "sold_out"),
        (WrongState(BookingState::Cancelled), "wrong_state"),
        (WrongBusinessDate { business_date }, "wrong_state"),
        (NotDue { business_date }, "wrong_state"),
        (HoldClosed, "wrong_state"),
        (HoldExpired, "hold_expired"),
        (RevisionMismatch { current: 0 }, "precondition_failed"),
        (KeyReused, "idempotency_key_reused"),
        (Forbidden, "forbidden"),
        (HoldQuota { room_minutes: 1 }, "quota_exceeded"),
    ] {
        assert_eq!(Code::from(&reject).as_str(), code, "{reject:?}");
    }
}
