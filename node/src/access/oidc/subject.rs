//! The subject of a verified token.

use std::time::SystemTime;

/// The subject of a verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The `iss`: one of the configured issuers.
    pub issuer: String,
    /// The `sub`: 1 to 255 characters, no control characters. Unique only together with the issuer.
    pub subject: String,
    /// The `exp`, without the configured clock skew.
    pub expires: SystemTime,
}
