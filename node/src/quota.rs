//! How often a principal may call this node.

use std::num::NonZeroU32;

use governor::clock::QuantaClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota as Rate, RateLimiter};

use crate::auth::Role;
use crate::problem::{Code, Problem};

/// A limit per role; none when it is 0.
pub struct Quota {
    limiter: Option<RateLimiter<&'static str, DefaultKeyedStateStore<&'static str>, QuantaClock>>,
    per_second: u64,
}

impl Quota {
    /// So many requests per second and role, with bursts of a second's worth.
    pub fn new(per_second: u64) -> Quota {
        let rate = u32::try_from(per_second).ok().and_then(NonZeroU32::new).map(Rate::per_second);
        Quota { limiter: rate.map(RateLimiter::keyed), per_second }
    }

    /// Takes one request off the role's quota.
    pub fn take(&self, role: Role) -> Result<(), Problem> {
        match &self.limiter {
            Some(limiter) if limiter.check_key(&role.name()).is_err() => {
                Err(Problem::new(Code::QuotaExceeded, format!("at most {} requests per second", self.per_second)))
            }
            _ => Ok(()),
        }
    }

    /// The limit; 0 when there is none.
    pub fn per_second(&self) -> u64 {
        self.per_second
    }
}
