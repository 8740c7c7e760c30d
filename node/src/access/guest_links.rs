//! Guests' tokens: a link that a hotel or channel gives to its guest, and the session that the guest gets for the link.
//!
//! Both are signed, not stored: the booking (16 bytes), the time of expiry (8 bytes, ms since 1970), eight random bytes and an
//! HMAC-SHA-256 over these, in base64url. Link and session are signed with different keys, so one cannot be used as the other.
//! The keys are derived from the keyring, so every node has them.

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use keyrack_inventory::BookingId;
use keyrack_texts::Detail;
use subtle::ConstantTimeEq;

use crate::convert::Problem;
use crate::guests::{DerivedKeys, KEY_BYTES, Vault, mac};

/// Begins a session, which a guest sends as a bearer token.
pub const SESSION: &str = "krg_";
/// Begins a link, which is only valid to sign in, together with the confirmation number.
const LINK: &str = "krl_";
const BODY_BYTES: usize = 32;
const TOKEN_BYTES: usize = BODY_BYTES + 32;

/// How long a session is valid.
pub const SESSION_MS: u64 = 30 * 60_000;
/// The longest time that a link is valid.
pub const MAX_LINK_MS: u64 = 366 * 86_400_000;

/// Signs and checks guests' tokens. The active key signs, and signatures of all keys of the keyring are accepted.
pub struct GuestLinks {
    vault: Arc<Vault>,
}

/// Chooses one of the keys that are derived from a key of the keyring.
type KeyChoice = fn(&DerivedKeys) -> &[u8; KEY_BYTES];

impl GuestLinks {
    /// Signs with the keys of this vault's keyring.
    pub fn new(vault: Arc<Vault>) -> GuestLinks {
        GuestLinks { vault }
    }

    /// A link to a booking.
    pub fn link(&self, booking: BookingId, expires_at_ms: u64) -> Result<String, Problem> {
        self.sign(LINK, booking, expires_at_ms, |key| &key.links)
    }

    /// Signs in a guest who has a link and knows the booking's confirmation number. The refusal does not depend on the fault.
    pub fn sign_in(&self, link: &str, confirmation_number: &str, now_ms: u64) -> Result<(BookingId, String, u64), Problem> {
        let refused = || Problem::new(Detail::GuestLinkRefused);
        let (booking, _) = self.check(LINK, link, now_ms, |key| &key.links).ok_or_else(refused)?;
        let (known, given) = (booking.confirmation_number(), confirmation_number.trim().to_ascii_uppercase());
        if !bool::from(known.as_bytes().ct_eq(given.as_bytes())) {
            return Err(refused());
        }
        let expires_at_ms = now_ms + SESSION_MS;
        Ok((booking, self.sign(SESSION, booking, expires_at_ms, |key| &key.sessions)?, expires_at_ms))
    }

    /// The booking of a session, and when the session expires.
    pub fn session(&self, token: &str, now_ms: u64) -> Option<(BookingId, u64)> {
        self.check(SESSION, token, now_ms, |key| &key.sessions)
    }

    fn sign(&self, mark: &str, booking: BookingId, expires_at_ms: u64, choose: KeyChoice) -> Result<String, Problem> {
        let mut token = Vec::with_capacity(TOKEN_BYTES);
        token.extend_from_slice(&booking.0);
        token.extend_from_slice(&expires_at_ms.to_be_bytes());
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| Problem::new(Detail::NoRandomness))?;
        token.extend_from_slice(&random);
        let signature = mac(choose(self.vault.keyring().active()), &[mark.as_bytes(), &token]);
        token.extend_from_slice(&signature);
        Ok(format!("{mark}{}", Base64UrlUnpadded::encode_string(&token)))
    }

    fn check(&self, mark: &str, text: &str, now_ms: u64, choose: KeyChoice) -> Option<(BookingId, u64)> {
        let mut bytes = [0; TOKEN_BYTES];
        let token = Base64UrlUnpadded::decode(text.strip_prefix(mark)?, &mut bytes).ok()?;
        let (body, signature) = token.split_at_checked(BODY_BYTES).filter(|_| token.len() == TOKEN_BYTES)?;
        let good = |key: &&DerivedKeys| bool::from(mac(choose(key), &[mark.as_bytes(), body]).ct_eq(signature));
        // Every key is tried, also after a match, so that the time reveals nothing.
        if self.vault.keyring().all().filter(good).count() == 0 {
            return None;
        }
        let booking = BookingId(*body.first_chunk::<16>()?);
        let expires_at_ms = u64::from_be_bytes(body[16..24].try_into().ok()?);
        (expires_at_ms > now_ms).then_some((booking, expires_at_ms))
    }
}
