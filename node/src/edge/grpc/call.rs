//! Reads the caller, the deadline and the idempotency key of a gRPC request.

use std::time::Duration;

use keyrack_texts::Detail;
use tokio::time::Instant;
use tonic::{Request, Status};

use super::status::status_of;
use crate::access::Caller;
use crate::convert::Problem;
use crate::service::{Mutation, Service};

/// The caller that the guard authenticated.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| status_of(Problem::new(Detail::CredentialsRefused)))
}

/// The request's deadline: from its `grpc-timeout`, or the node's default.
pub fn deadline<T>(service: &Service, request: &Request<T>) -> Instant {
    let text = request.metadata().get("grpc-timeout").and_then(|value| value.to_str().ok());
    text.and_then(timeout).map_or_else(|| service.default_deadline(), |timeout| Instant::now() + timeout)
}

/// `grpc-timeout`: up to eight digits and a unit, see the gRPC over HTTP/2 protocol.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// The mutation of a gRPC request. Its idempotency key is a field of the message.
pub fn mutation<T>(service: &Service, request: &Request<T>, key: &str) -> Result<Mutation, Status> {
    Mutation::keyed(caller(request)?, key, deadline(service, request)).map_err(status_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("2S"), Some(Duration::from_secs(2)));
        for wrong in ["", "m", "1x", "123456789m", "-1S", "é"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }
}
