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
