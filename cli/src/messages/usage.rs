//! Wrong usage that clap does not see, and the texts of clap's value parsers. The exit code is 2.

use keyrack_client::ClientError;
use keyrack_client::connection::ConnectError;

/// The command cannot be run as it was written.
#[derive(Debug, thiserror::Error)]
pub enum Usage {
    /// `--endpoint` is not an address.
    #[error("{0}")]
    Address(ConnectError),
    /// `--key` has characters that no key has.
    #[error("{}", .0.detail)]
    Client(ClientError),
    /// A certificate without its key.
    #[error("--cert was given without --cert-key. Give the certificate's key too: --cert-key FILE.")]
    CertWithoutKey,
    /// A key without its certificate.
    #[error("--cert-key was given without --cert. Give the key's certificate too: --cert FILE.")]
    KeyWithoutCert,
    /// An ARI update without a value.
    #[error(
        "there is nothing to change. Give at least one thing to change: --rate, --capacity, --out-of-order, --stop-sell, \
         --closed-to-arrival, --closed-to-departure, --min-stay-arrival, --min-stay-through or --max-stay."
    )]
    NothingToChange,
    /// Not the id of a booking.
    #[error(
        "{0:?} is not the id of a booking. Such an id begins with bk_; `keyrack booking list PROPERTY` shows it beside the \
             confirmation number."
    )]
    BookingId(String),
    /// Not the id of a principal or the prefix of a key.
    #[error("{0:?} is not an id. An id has letters, digits and '-' only.")]
    Id(String),
    /// A text that is not a property's id.
    #[error("{0:?} is not the id of a property. Such an id has 1 to 64 letters, digits, '-', '_' and '.'.")]
    PropertyId(String),
    /// A scope without properties and regions.
    #[error(
        "{0} would have no property and no region left, and then its scope would be all properties. Give its properties, or --all-properties."
    )]
    ScopeEmpty(String),
    /// A new principal without a role.
    #[error("there is no principal {0}, and a new one needs a role. Give --role: operator, manager, channel, desk or auditor.")]
    RoleMissing(String),
    /// A new record without values that it needs.
    #[error("there is no {what}, and a new one needs {}. Give them, or check the id.", .options.join(", "))]
    NewNeeds {
        /// The record and its id.
        what: String,
        /// The missing options.
        options: Vec<&'static str>,
    },
    /// Not a member of staff.
    #[error("{0:?} is not a member of staff. Write --subject ISSUER=SUBJECT.")]
    Subject(String),
    /// Not a seal.
    #[error(
        "{0:?} is not a seal. Write --sealed RECORDS:LINK: a number, a colon, and the link as `keyrack audit` prints it or as 64 \
         hexadecimal digits."
    )]
    Seal(String),
    /// A `.tlog-proof` where a JSON receipt is needed.
    #[error("a .tlog-proof discloses no claims. Give the JSON receipt: `keyrack receipt get BOOKING --out FILE`.")]
    DiscloseProof,
    /// A claim that the receipt does not have.
    #[error("the receipt has no claim {name:?}. It has: {}.", .known.join(", "))]
    UnknownClaim {
        /// The name given.
        name: String,
        /// The names in the receipt.
        known: Vec<String>,
    },
}

/// The requirements of clap's value parsers.
pub mod needs {
    /// A date.
    pub const DATE: &str = "write an existing date as YYYY-MM-DD, such as 2026-12-24";
    /// A date of the calendar that is too late.
    pub const EARLIER_DATE: &str = "the latest date is 2199-12-31";
    /// A shard.
    pub const SHARD: &str = "write the number of a shard, or all";
    /// The name of a cluster.
    pub const CLUSTER: &str = "write 1 to 255 letters, digits, '-' and '.'";
    /// A host of a certificate.
    pub const HOST: &str = "write a DNS name or an IP address, without a port";
    /// The name of an operator or a desk.
    pub const NAME: &str = "write 1 to 64 small letters, digits and '-'";

    /// The name of a hotel.
    pub const HOTEL: &str = "write 1 to 150 characters, without control characters";
    /// A prefix of property ids.
    pub const PREFIX: &str = "write at most 40 letters, digits, '-', '_' and '.'";

    /// A whole number.
    pub fn whole_number(least: u64, most: u64) -> String {
        format!("write a whole number from {least} to {most}")
    }
}
