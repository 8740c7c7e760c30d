//! The current time, and times as text.

use std::time::{SystemTime, UNIX_EPOCH};

use keyrack_inventory::Night;

/// Milliseconds in a day. Log time has no leap seconds.
pub const DAY_MS: u64 = 86_400_000;

/// This machine's clock in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-12-24T18:00:00.123Z`; a number if the time is after the last date of the calendar.
pub fn utc(at_ms: u64) -> String {
    match u32::try_from(at_ms / DAY_MS).map(Night) {
        Ok(day) if day <= Night::LAST => {
            let (seconds, ms) = (at_ms % DAY_MS / 1_000, at_ms % 1_000);
            format!("{day}T{:02}:{:02}:{:02}.{ms:03}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
        _ => format!("{at_ms} ms after 1970"),
    }
}

/// The same for seconds, the unit of cosignatures: `2026-12-24T18:00:00Z`.
pub fn utc_seconds(at_s: u64) -> String {
    match at_s.checked_mul(1_000) {
        Some(at_ms) => utc(at_ms).replace(".000Z", "Z").replace("000 ms", " s"),
        None => format!("{at_s} s after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_dates_and_clock_times() {
        assert_eq!(utc(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc(1_793_116_217_870), "2026-10-27T15:50:17.870Z");
        assert_eq!(utc_seconds(1_793_116_217), "2026-10-27T15:50:17Z");
        assert_eq!(utc(u64::MAX), "18446744073709551615 ms after 1970");
        assert_eq!(utc_seconds(u64::MAX), "18446744073709551615 s after 1970");
    }
}
