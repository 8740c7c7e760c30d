//! Failures and the verdict of `keyrack trail`.

/// A trail that cannot be followed, or that was changed.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// A record without bytes.
    #[error("record {0} has no bytes to hash, so the chain cannot be followed. Ask another node with --endpoint.")]
    NoBytes(u64),
    /// A record that does not follow.
    #[error("record {record} (journal line {line}) does not follow from the record before it: the trail was changed")]
    Broken {
        /// The number of the record.
        record: u64,
        /// Its line in the journal.
        line: u64,
    },
    /// A key of some properties.
    #[error("this key sees some properties only, so it cannot follow the chain. Use the key of an auditor of all properties.")]
    Incomplete,
    /// The record of the seal is another one.
    #[error("record {0} is not the one that was sealed: the trail was changed, or the seal is of another shard")]
    OtherThanSealed(u64),
    /// The link of the last page is another one.
    #[error("the newest link of the trail does not follow from its records: the trail was changed")]
    OtherNewest,
    /// Records are missing.
    #[error("{sealed} records were sealed, but the trail has {found}: records were removed, or the seal is of another shard")]
    TooShort {
        /// The number in the seal.
        sealed: u64,
        /// The number of records.
        found: u64,
    },
}

/// The verdict about a whole trail.
pub fn verdict(shard: u32, records: u64, link: &str, fits_seal: bool) -> String {
    let seal = if fits_seal { ", and fit the seal" } else { "" };
    format!("shard {shard}: {records} records, each linked to the one before{seal}; newest link {link}")
}

/// The codes of the domain's refusals, by number, from 1. The numbers are in stored records and never change.
const REFUSALS: [&str; 25] = [
    "unknown_property",
    "unknown_room_type",
    "unknown_rate_plan",
    "not_found",
    "arrival_in_past",
    "no_rooms",
    "too_many_rooms",
    "occupancy_exceeded",
    "currency_mismatch",
    "capacity_too_large",
    "invalid_field",
    "restricted",
    "sold_out",
    "wrong_state",
    "wrong_state",
    "wrong_state",
    "hold_expired",
    "wrong_state",
    "precondition_failed",
    "idempotency_key_reused",
    "amount_too_large",
    "invalid_stay",
    "stay_too_long",
    "forbidden",
    "quota_exceeded",
];

/// The verdict of a record that was not allowed: the code of the domain's refusal, or the status of the HTTP answer. After 500
/// and 504 the node did not know whether the change was made.
pub fn verdict_in_words(verdict: u16) -> String {
    match (REFUSALS.get(usize::from(verdict).wrapping_sub(1)), verdict) {
        (Some(code), _) => format!("refused: {code}"),
        (None, 500 | 504) => format!("outcome unknown: HTTP {verdict}"),
        (None, _) => format!("refused: HTTP {verdict}"),
    }
}

#[cfg(test)]
mod tests {
    use keyrack_client::Code;
    use keyrack_inventory::Reject;

    use super::*;

    #[test]
    fn refusals_have_the_codes_of_the_api() {
        for (reject, code) in [
            (Reject::UnknownProperty, "unknown_property"),
            (Reject::NotFound, "not_found"),
            (Reject::NoRooms, "no_rooms"),
            (Reject::RateWithoutPlan, "invalid_field"),
            (Reject::SoldOut(Vec::new()), "sold_out"),
            (Reject::HoldClosed, "wrong_state"),
            (Reject::KeyReused, "idempotency_key_reused"),
            (Reject::Forbidden, "forbidden"),
        ] {
            assert_eq!(verdict_in_words(reject.number() as u16), format!("refused: {code}"));
        }
        assert!(REFUSALS.iter().all(|code| Code::from_text(code).is_some()));
        for (verdict, words) in [(404, "refused: HTTP 404"), (26, "refused: HTTP 26"), (503, "refused: HTTP 503")] {
            assert_eq!(verdict_in_words(verdict), words);
        }
        for verdict in [500, 504] {
            assert_eq!(verdict_in_words(verdict), format!("outcome unknown: HTTP {verdict}"), "never called a refusal");
        }
    }
}
