//! A request that changes something, and its answer.

use keyrack_cluster::AsOf;
use keyrack_texts::Detail;
use tokio::time::Instant;

use crate::access::Caller;
use crate::convert::{Preconditions, Problem};

/// The answer to a mutation.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// The changed record.
    pub value: T,
    /// Whether the request created the record.
    pub created: bool,
    /// Whether this is the stored answer of an earlier request.
    pub replayed: bool,
    /// The log position of the decision.
    pub as_of: AsOf,
    /// The wrapped key of the answer's guest, for an answer whose guest is not in the request.
    pub(super) guest_key: Option<Vec<u8>>,
}

/// A mutation's caller, key and deadline.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// The caller.
    pub caller: Caller,
    /// The idempotency key. For `None` the node draws a random digest.
    pub key: Option<String>,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Whether the answer should wait for the receipt.
    pub wants_receipt: bool,
    /// The preconditions in HTTP headers.
    pub preconditions: Preconditions,
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
        Ok(Mutation {
            caller,
            key: Some(check_key(key)?),
            deadline,
            wants_receipt: true,
            preconditions: Preconditions::default(),
        })
    }
}

/// The most characters of an idempotency key.
pub const MAX_KEY: usize = 200;

/// A key of 1 to [`MAX_KEY`] visible ASCII characters, quoted or bare.
pub fn check_key(key: &str) -> Result<String, Problem> {
    let bare = key.strip_prefix('"').and_then(|k| k.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() {
        return Err(Problem::new(Detail::IdempotencyKeyMissing));
    }
    if !(1..=MAX_KEY).contains(&bare.len()) || !bare.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::new(Detail::IdempotencyKeyInvalid { limit: MAX_KEY as u64 }));
    }
    Ok(bare.to_owned())
}
