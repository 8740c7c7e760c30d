//! A request that changes something, and its answer.

use keyrack_cluster::AsOf;
use keyrack_proto::Code;
use tokio::time::Instant;

use crate::access::Caller;
use crate::convert::Problem;

/// The answer to a mutation.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// The thing as it now is.
    pub value: T,
    /// Whether it is new.
    pub created: bool,
    /// Whether this is the stored answer of an earlier request.
    pub replayed: bool,
    /// The position in the log where it was decided.
    pub as_of: AsOf,
    /// The wrapped key of the guest in the answer, where the request did not bring the guest itself.
    pub(super) guest_key: Option<Vec<u8>>,
}

/// A mutation's caller, key and deadline.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// Who.
    pub caller: Caller,
    /// The idempotency key; a fresh one is drawn where it may be left out.
    pub key: Option<String>,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Whether the answer should wait for the receipt.
    pub wants_receipt: bool,
}

impl<T> Done<T> {
    /// The same answer with another value.
    pub(super) fn with<U>(self, created: bool, value: U) -> Done<U> {
        Done { value, created, replayed: self.replayed, as_of: self.as_of, guest_key: None }
    }
}

impl Mutation {
    /// A mutation that must have a key.
    pub fn keyed(caller: Caller, key: &str, deadline: Instant) -> Result<Mutation, Problem> {
        Ok(Mutation { caller, key: Some(check_key(key)?), deadline, wants_receipt: true })
    }
}

/// A key of 1 to 200 visible ASCII characters, quoted or bare.
pub fn check_key(key: &str) -> Result<String, Problem> {
    let bare = key.strip_prefix('"').and_then(|k| k.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() {
        return Err(Problem::new(Code::IdempotencyKeyRequired, "send a fresh Idempotency-Key with every new request"));
    }
    if !(1..=200).contains(&bare.len()) || !bare.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::new(Code::InvalidIdempotencyKey, "1 to 200 visible ASCII characters"));
    }
    Ok(bare.to_owned())
}
