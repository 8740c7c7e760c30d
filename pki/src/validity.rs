//! How long certificates are valid. Times are seconds since 1970.

use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many days a certificate may be valid.
pub const DAYS: RangeInclusive<u32> = 1..=3_650;

/// The CA is valid for ten years.
pub(crate) const CA_DAYS: u32 = 3_652;
/// A certificate is valid from five minutes before its creation, because clocks differ.
const SKEW_SECONDS: u64 = 5 * 60;
/// The last moment that a certificate can name: 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5).
const YEAR_9999: u64 = 253_402_300_799;

/// This machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The start of validity for a certificate that is made now.
pub(crate) fn starts() -> u64 {
    now().saturating_sub(SKEW_SECONDS)
}

/// The end of validity for a certificate that is made now for `days` days. It is no later than the CA's (`ca_ends`).
pub(crate) fn ends(days: u32, ca_ends: u64) -> u64 {
    (now() + u64::from(days) * 86_400).min(ca_ends).min(YEAR_9999)
}
