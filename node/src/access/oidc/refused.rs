//! Why a token was refused.

use thiserror::Error;

/// Why a token was refused. For this node's debug log only: callers get 401 and no reason. It never has text of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Longer than the limit.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, or a part is not a JSON object with unique names.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// A `typ` other than that of an ID or access token.
    #[error("the token's typ is not JWT or at+jwt")]
    Type,
    /// It requires an extension (`crit`).
    #[error("the token has critical extensions")]
    Critical,
    /// Not an allowed algorithm, or not the algorithm of the key.
    #[error("the token's algorithm is not allowed, or not that of its key")]
    Algorithm,
    /// Its `iss` is not configured.
    #[error("the token's issuer is not configured in [[oidc]]")]
    UnknownIssuer,
    /// The issuer's keys could not be fetched within the last day.
    #[error("this node has no keys of the token's issuer")]
    NoKeys,
    /// No `kid`, and the issuer has not exactly one key.
    #[error("the token does not name its key")]
    UnnamedKey,
    /// The issuer has no key with this name, also after a new fetch.
    #[error("the token's issuer has no key with the name in the token")]
    UnknownKey,
    /// Not signed by the key.
    #[error("the token's signature does not match its key")]
    Signature,
    /// A required claim is missing, or a claim is malformed.
    #[error("the token's claim {0} is missing or malformed")]
    Claim(&'static str),
    /// It is for another audience.
    #[error("the token is for another audience")]
    Audience,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// Its `nbf` or `iat` is in the future.
    #[error("the token's claim {0} is in the future")]
    NotYet(&'static str),
}
