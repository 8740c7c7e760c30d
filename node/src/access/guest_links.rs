//! Guests' tokens: a link that a hotel or channel gives to its guest, and the session that the guest gets for the link.
//!
//! Both are encrypted with keys that are derived from the keyring, not stored, so every node can read them and nobody else can: a
//! link shows neither its booking nor its issuer. They contain the booking (16 bytes), the time of expiry (8 bytes, ms since 1970),
//! the issuer (its number and its credential's, 4 bytes each) and a digest of the guest (16 bytes), in base64url.
//!
//! A link and its sessions end when they expire, when the issuer loses its rights, and when the booking gets another guest (another name or
//! e-mail address) or its guest is erased.

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use keyrack_inventory::{Booking, BookingId, ConfirmationNumber, Who};
use keyrack_texts::Detail;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::convert::Problem;
use crate::guests::{SealedTokens, Vault};

/// Begins a session, which a guest sends as a bearer token.
pub const SESSION: &str = "krg_";
/// Begins a link, which is only valid to sign in, together with the confirmation number.
const LINK: &str = "krl_";
const BODY_BYTES: usize = 48;

/// How long a session is valid.
pub const SESSION_MS: u64 = 30 * 60_000;
/// The longest time that a link is valid.
pub const MAX_LINK_MS: u64 = 366 * 86_400_000;

/// Makes and reads guests' tokens.
pub struct GuestLinks {
    vault: Arc<Vault>,
}

/// What a link or a session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestToken {
    /// The booking.
    pub booking: BookingId,
    /// When it expires, ms since 1970.
    pub expires_at_ms: u64,
    /// Who made the link: a principal with its credential, or number 0 for a caller that the nodes trust.
    pub issuer: (u32, u32),
    /// Which guest the booking had.
    guest: [u8; 16],
}

impl GuestToken {
    fn encode(&self) -> [u8; BODY_BYTES] {
        let mut bytes = [0; BODY_BYTES];
        bytes[..16].copy_from_slice(&self.booking.0);
        bytes[16..24].copy_from_slice(&self.expires_at_ms.to_be_bytes());
        bytes[24..28].copy_from_slice(&self.issuer.0.to_be_bytes());
        bytes[28..32].copy_from_slice(&self.issuer.1.to_be_bytes());
        bytes[32..].copy_from_slice(&self.guest);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<GuestToken> {
        let (booking, bytes) = bytes.split_first_chunk()?;
        let (expires_at_ms, bytes) = bytes.split_first_chunk()?;
        let (number, bytes) = bytes.split_first_chunk()?;
        let (credential, guest) = bytes.split_first_chunk()?;
        Some(GuestToken {
            booking: BookingId(*booking),
            expires_at_ms: u64::from_be_bytes(*expires_at_ms),
            issuer: (u32::from_be_bytes(*number), u32::from_be_bytes(*credential)),
            guest: guest.try_into().ok()?,
        })
    }
}

impl GuestLinks {
    /// Uses the keys of this vault's keyring.
    pub fn new(vault: Arc<Vault>) -> GuestLinks {
        GuestLinks { vault }
    }

    /// A token for the present guest of a booking. `key` is the guest's wrapped key.
    pub fn token(&self, (booking, key): (&Booking, Option<&[u8]>), issuer: &Who, expires_at_ms: u64) -> GuestToken {
        let issuer = match issuer {
            Who::Principal { number, credential } => (*number, *credential),
            Who::Trusted(..) | Who::Guest(_) | Who::Unauthenticated => (0, 0),
        };
        GuestToken { booking: booking.id, expires_at_ms, issuer, guest: self.guest_digest(booking, key) }
    }

    /// Whether the booking still has the guest that the link was made for.
    pub fn is_for(&self, token: &GuestToken, booking: &Booking, key: Option<&[u8]>) -> bool {
        let has_guest = || token.guest == self.guest_digest(booking, key) || token.guest == ciphertext_digest(booking);
        booking.id == token.booking && !booking.guest_erased && has_guest()
    }

    /// Tells one guest of a booking from another: by name and e-mail address. Notes and telephone numbers are the same guest's.
    fn guest_digest(&self, booking: &Booking, key: Option<&[u8]>) -> [u8; 16] {
        let Some(guest) = self.vault.open_guest(booking, key) else { return ciphertext_digest(booking) };
        let mut sum = Sha256::new_with_prefix(b"keyrack guest link");
        for part in [guest.name.as_bytes(), guest.email.as_bytes()] {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        first_half(sum.finalize().into())
    }

    /// A link.
    pub fn link(&self, token: &GuestToken) -> Result<String, Problem> {
        self.seal(SealedTokens::Links, LINK, token)
    }

    /// What a link says; `None` if it is not a link, or has expired.
    pub fn read_link(&self, link: &str, now_ms: u64) -> Option<GuestToken> {
        self.open(SealedTokens::Links, LINK, link, now_ms)
    }

    /// A session for the same booking, guest and issuer as a link's. It ends no later than the link.
    pub fn session(&self, link: GuestToken, now_ms: u64) -> Result<(String, u64), Problem> {
        let expires_at_ms = link.expires_at_ms.min(now_ms + SESSION_MS);
        let session = self.seal(SealedTokens::Sessions, SESSION, &GuestToken { expires_at_ms, ..link })?;
        Ok((session, expires_at_ms))
    }

    /// What a session says; `None` if it is not a session, or has expired.
    pub fn read_session(&self, session: &str, now_ms: u64) -> Option<GuestToken> {
        self.open(SealedTokens::Sessions, SESSION, session, now_ms)
    }

    fn seal(&self, kind: SealedTokens, mark: &str, token: &GuestToken) -> Result<String, Problem> {
        let sealed = self.vault.seal_token(kind, &token.encode()).map_err(|_| Problem::new(Detail::NoRandomness))?;
        Ok(format!("{mark}{}", Base64UrlUnpadded::encode_string(&sealed)))
    }

    fn open(&self, kind: SealedTokens, mark: &str, text: &str, now_ms: u64) -> Option<GuestToken> {
        let sealed = Base64UrlUnpadded::decode_vec(text.strip_prefix(mark)?).ok()?;
        let token = GuestToken::decode(&self.vault.open_token(kind, &sealed)?)?;
        (token.expires_at_ms > now_ms).then_some(token)
    }
}

/// Whether a guest gave the booking's confirmation number, in constant time.
pub fn is_number_of(booking: &Booking, given: &str) -> bool {
    let Ok(given) = ConfirmationNumber::parse(given) else { return false };
    booking.confirmation_number().to_string().as_bytes().ct_eq(given.to_string().as_bytes()).into()
}

/// How links of the first version tell one guest from another: the ciphertext is new with each change.
fn ciphertext_digest(booking: &Booking) -> [u8; 16] {
    first_half(Sha256::digest(&booking.guest.ciphertext).into())
}

fn first_half(sum: [u8; 32]) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&sum[..16]);
    digest
}
