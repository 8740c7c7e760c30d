//! Why a token was refused.

use thiserror::Error;

/// Why a token was refused. For this node's own debug log: callers get 401 and no reason. No text of the token is ever in
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Over the size that is looked at.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, or a part is no JSON object with unique names.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// A `typ` of something else than an ID or access token.
    #[error("the token is of another type")]
    Type,
    /// It demands an extension.
    #[error("the token has critical extensions")]
    Critical,
    /// No algorithm that is allowed at all, or not the algorithm of the key.
    #[error("the token's algorithm is not its key's")]
    Algorithm,
    /// Its `iss` is not configured.
    #[error("the token's issuer is not known here")]
    UnknownIssuer,
    /// No keys could be had from the issuer, now or within the last day.
    #[error("there are no keys of the token's issuer")]
    NoKeys,
    /// No `kid`, and the issuer has not exactly one key.
    #[error("the token does not name its key")]
    UnnamedKey,
    /// The issuer has no such key, also after asking again.
    #[error("the token's issuer has no such key")]
    UnknownKey,
    /// Not signed by the key.
    #[error("the token's signature is not by its key")]
    Signature,
    /// A required claim is missing, or a claim is not of its form.
    #[error("the token's claim {0} is missing or ill-formed")]
    Claim(&'static str),
    /// For another audience.
    #[error("the token is for another audience")]
    Audience,
    /// Too old.
    #[error("the token has expired")]
    Expired,
    /// A time in the future.
    #[error("the token's claim {0} is in the future")]
    NotYet(&'static str),
}
