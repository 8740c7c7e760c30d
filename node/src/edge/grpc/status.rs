//! Problems as gRPC statuses: the only place that maps our codes to gRPC's.

use std::collections::HashMap;

use keyrack_inventory::{RefusedNight, Restriction};
use keyrack_proto::{Code, v1};
use keyrack_texts::Language;
use tonic::{Code as GrpcCode, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::convert::Problem;

/// The status of a problem. Its `ErrorInfo` has the code as reason, and as metadata `retryable`, the nights, the
/// present price and the booking that exists already.
pub fn status_of(problem: Problem) -> Status {
    let mut metadata = HashMap::from([("retryable".to_owned(), problem.code.retryable().to_string())]);
    for (place, refused) in problem.nights.iter().enumerate() {
        let reason = refused.restriction.map_or("", Restriction::name);
        metadata
            .insert(format!("night.{place}"), format!("{} {} {} {reason}", refused.night, refused.room_type, refused.available));
    }
    if let Some(total) = &problem.total {
        metadata.insert("total.amount".to_owned(), total.currency.format_amount(total.amount));
        metadata.insert("total.currency".to_owned(), total.currency.as_str().to_owned());
    }
    if let Some(booking) = &problem.booking {
        metadata.insert("bookingId".to_owned(), booking.to_string());
    }
    let details = ErrorDetails::with_error_info(problem.code.as_str(), "keyrack.dev", metadata);
    Status::with_error_details(grpc_code(problem.code), problem.text(Language::English), details)
}

/// A problem as one answer of a stream.
pub fn refusal_of(problem: Problem) -> v1::Refusal {
    let night = |refused: &RefusedNight| v1::RefusedNight {
        date: refused.night.to_string(),
        room_type: refused.room_type.to_string(),
        available: refused.available,
        reason: refused.restriction.map_or("", Restriction::name).into(),
    };
    v1::Refusal {
        code: problem.code.as_str().into(),
        retryable: problem.code.retryable(),
        nights: problem.nights.iter().map(night).collect(),
        detail: problem.text(Language::English),
    }
}

fn grpc_code(code: Code) -> GrpcCode {
    match code {
        Code::InvalidJson
        | Code::UnknownField
        | Code::InvalidField
        | Code::InvalidUtf8
        | Code::InvalidDate
        | Code::InvalidStay
        | Code::StayTooLong
        | Code::NoRooms
        | Code::TooManyRooms
        | Code::CardNumber
        | Code::IdempotencyKeyRequired
        | Code::InvalidIdempotencyKey
        | Code::InvalidCursor
        | Code::CursorAhead
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::UnsupportedMediaType
        | Code::IdempotencyKeyReused
        | Code::CapacityTooLarge
        | Code::AmountTooLarge => GrpcCode::InvalidArgument,
        Code::Unauthenticated => GrpcCode::Unauthenticated,
        Code::Forbidden => GrpcCode::PermissionDenied,
        Code::NotFound | Code::UnknownProperty | Code::UnknownRoomType | Code::UnknownRatePlan => GrpcCode::NotFound,
        Code::MethodNotAllowed => GrpcCode::Unimplemented,
        Code::SoldOut | Code::Restricted | Code::WrongState | Code::HoldExpired | Code::StayOver | Code::TooLateToRevert => {
            GrpcCode::FailedPrecondition
        }
        Code::PriceChanged | Code::Retired | Code::DepartureInPast => GrpcCode::FailedPrecondition,
        Code::DuplicateReference => GrpcCode::AlreadyExists,
        Code::ArrivalInPast | Code::OccupancyExceeded | Code::CurrencyMismatch => GrpcCode::FailedPrecondition,
        Code::RequestInFlight | Code::PreconditionFailed => GrpcCode::Aborted,
        Code::QuotaExceeded | Code::Overloaded => GrpcCode::ResourceExhausted,
        Code::Unavailable | Code::NotCosigned => GrpcCode::Unavailable,
        Code::RequestTimeout | Code::OutcomeUnknown => GrpcCode::DeadlineExceeded,
        Code::Internal => GrpcCode::Internal,
    }
}
