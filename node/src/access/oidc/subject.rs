//! Whom a verified token stands for.

use std::time::SystemTime;

/// The subject of a verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The `iss`: one of the configured issuers.
    pub issuer: String,
    /// The `sub`: 1 to 255 characters, no control characters; unique only together with the issuer.
    pub subject: String,
    /// The `exp`. The configured clock skew is granted beyond it.
    pub expires: SystemTime,
}
