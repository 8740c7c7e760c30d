//! Encrypts and decrypts guest data with AES-256-GCM-SIV (RFC 8452), nonce first. Also encrypts cursors and computes fingerprints
//! of requests, which need the keyring too.
//!
//! Every ciphertext is bound to its purpose and its booking as associated data, so it cannot be moved to another booking. Those of
//! bookings without a drawn confirmation number may be older and unbound.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use anyhow::ensure;
use arc_swap::ArcSwap;
use base64ct::{Base64UrlUnpadded, Encoding};
use keyrack_cluster::KeyPrints;
use keyrack_inventory::{
    Booking, BookingId, Digest, Disclosure, GUEST_DIGESTS, LeafSeeds, Lookup, PropertyNumber, Salt, Sealed, TermSalts,
};
use keyrack_proto::internal::GuestData;
use prost::Message;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::keyring::{DerivedKeys, KEY_BYTES, Keyring};
use super::leaf_secrets::LeafSecrets;
use super::words::words_of;
use crate::messages::keyring::KeyringError;

/// How often the keyring's file is checked.
const CHECK_EVERY: Duration = Duration::from_secs(1);
const NONCE_BYTES: usize = 12;
const SALT_BYTES: usize = size_of::<Salt>();

/// Encrypts and decrypts guest data. Its keyring may change at any time.
pub struct Vault {
    path: PathBuf,
    keyring: ArcSwap<Keyring>,
    /// Counts the keyring's changes.
    changed: watch::Sender<u64>,
    prints: KeyPrints,
}

/// An encrypted guest for a command, with the secrets of its leaf.
pub struct SealedGuest {
    /// The encrypted guest. Empty without a guest.
    pub sealed: Sealed,
    /// Digests and salts for the leaf.
    pub seeds: LeafSeeds,
    /// The claims about the guest that the receipt's holder may disclose.
    pub claims: Vec<Disclosure>,
}

/// A kind of token. Each kind has its own key, so one cannot be used as the other.
#[derive(Clone, Copy, Debug)]
pub enum SealedTokens {
    /// Guests' links.
    Links,
    /// Guests' sessions.
    Sessions,
}

impl SealedTokens {
    fn key(self, keys: &DerivedKeys) -> &Aes256GcmSiv {
        match self {
            SealedTokens::Links => &keys.links,
            SealedTokens::Sessions => &keys.sessions,
        }
    }
}

/// What to do with a wrapped key after a rotation of the keyring.
pub enum Rewrap {
    /// Nothing: the active key wraps it.
    NotNeeded,
    /// Replace it by this: the same key, wrapped by the active key.
    To(Vec<u8>),
    /// Nothing is possible: no key of the keyring decrypts it.
    Lost,
}

impl Vault {
    /// Reads the keyring file.
    pub fn open(path: &Path) -> anyhow::Result<Vault> {
        Ok(Vault::new(path, Keyring::open(path)?))
    }

    fn new(path: &Path, keyring: Keyring) -> Vault {
        let prints = KeyPrints::default();
        prints.set(keyring.prints());
        Vault { path: path.to_owned(), keyring: ArcSwap::from_pointee(keyring), changed: watch::Sender::new(0), prints }
    }

    /// Reads the file again. If it is malformed, or lacks the key that encrypts now, the previous keyring stays. A key encrypts only
    /// when all nodes that answer have it: until then its name and the nodes without it are returned. If nothing `is_encrypted` yet,
    /// any keyring is used at once.
    pub fn reload(&self, is_encrypted: bool) -> anyhow::Result<Option<(String, Vec<u64>)>> {
        let mut keyring = Keyring::open(&self.path)?;
        let present = self.keyring();
        let lacking = self.prints.nodes_without(&keyring.active().print);
        let waits = (is_encrypted && keyring.active().print != present.active().print && !lacking.is_empty())
            .then(|| (keyring.active_name().to_owned(), lacking));
        let keeps = !is_encrypted || keyring.has_active_of(&present);
        ensure!(keeps, KeyringError::WithoutActive(present.active_name().to_owned()));
        if waits.is_some() {
            keyring.encrypt_like(&present);
        }
        if keyring.prints() != present.prints() {
            tracing::info!(
                event = "keyring_changed",
                active = keyring.active_name(),
                keys = keyring.all().count(),
                "using a changed keyring"
            );
            self.prints.set(keyring.prints());
            self.keyring.store(Arc::new(keyring));
            self.changed.send_modify(|changes| *changes += 1);
        }
        Ok(waits)
    }

    /// Checks the file once a second and reads it again when it has changed. Runs until dropped. `is_encrypted` says whether guests'
    /// data may have been encrypted: at the first start of a cluster there are none.
    pub async fn watch(&self, is_encrypted: impl Fn() -> bool) {
        let stamp = || std::fs::metadata(&self.path).ok().map(|file| (file.modified().ok(), file.len()));
        let mut last = stamp();
        let mut waits = None;
        let mut every = tokio::time::interval(CHECK_EVERY);
        loop {
            every.tick().await;
            let now = stamp();
            if now == last && waits.is_none() {
                continue;
            }
            last = now;
            match self.reload(is_encrypted()) {
                Ok(waiting) => {
                    if let Some((key, nodes)) = &waiting
                        && waiting != waits
                    {
                        let what = "the active key is not used yet: nodes do not have it. Add its line to their keyrings";
                        tracing::warn!(event = "keyring_waits", key, ?nodes, "{what}");
                    }
                    waits = waiting;
                }
                Err(cause) => {
                    waits = None;
                    let cause = format!("{cause:#}");
                    tracing::warn!(event = "keyring_unusable", cause, "cannot use the changed keyring; keeping the previous one");
                }
            }
        }
    }

    /// Counts the keyring's changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The keys of the present keyring, for the comparison with other nodes.
    pub fn prints(&self) -> KeyPrints {
        self.prints.clone()
    }

    /// The present keyring.
    pub fn keyring(&self) -> Arc<Keyring> {
        self.keyring.load_full()
    }

    /// Wraps the key of a booking's guest with the active key, if another key wraps it.
    pub fn rewrap(&self, booking: BookingId, wrapped_key: &[u8]) -> Rewrap {
        let keyring = self.keyring.load();
        let bound = Purpose::GuestKey.of(booking);
        for bound in [bound.as_slice(), UNBOUND] {
            if decrypt(&keyring.active().wrapping, wrapped_key, bound).is_some() {
                return Rewrap::NotNeeded;
            }
            let key = keyring.others().find_map(|old| decrypt(&old.wrapping, wrapped_key, bound)).map(Zeroizing::new);
            match (key, random()) {
                // An unbound key stays unbound: binding it here would make a moved one look right.
                (Some(key), Ok(nonce)) => return Rewrap::To(encrypt(&keyring.active().wrapping, &nonce, &key, bound)),
                // Without random numbers the next pass tries again.
                (Some(_), Err(_)) => return Rewrap::NotNeeded,
                (None, _) => {}
            }
        }
        Rewrap::Lost
    }

    /// Encrypts the guest of a booking under a new key, and draws the secrets of the booking's leaves.
    pub fn seal(&self, booking: BookingId, guest: Option<&GuestData>) -> Result<SealedGuest, getrandom::Error> {
        let key: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(random()?);
        let salts: [[u8; SALT_BYTES]; 3] = [random()?, random()?, random()?];
        let secrets = LeafSecrets::of(&key);
        let claims = guest.map(|guest| secrets.claims(guest)).unwrap_or_default();
        let mut digests: Vec<Digest> = claims.iter().map(Disclosure::digest).collect();
        if guest.is_some() {
            digests.extend((digests.len()..GUEST_DIGESTS).map(|place| secrets.decoy(place)));
        }
        let lookups = guest.map(|guest| self.lookups(booking, guest)).unwrap_or_default();
        let salts = TermSalts { price: salts[0], channel_ref: salts[1], unit: salts[2] };
        let seeds = LeafSeeds { guest: digests, salts, lookups };
        let (data, wrapping) = (Purpose::GuestData.of(booking), Purpose::GuestKey.of(booking));
        let sealed = match guest {
            None => Sealed::default(),
            Some(guest) => Sealed {
                ciphertext: encrypt(&Aes256GcmSiv::new((&*key).into()), &random()?, &guest.encode_to_vec(), &data),
                wrapped_key: encrypt(&self.keyring.load().active().wrapping, &random()?, key.as_slice(), &wrapping),
            },
        };
        Ok(SealedGuest { sealed, seeds, claims })
    }

    /// Decrypts the guest of a booking. `None` if no key decrypts it or its key was erased. `wrapped_key` is in its own row. Without
    /// it, the key inside the booking is used, where older rows have it.
    pub fn open_guest(&self, booking: &Booking, wrapped_key: Option<&[u8]>) -> Option<GuestData> {
        let sealed = &booking.guest;
        let key = self.unwrap(booking, wrapped_key.unwrap_or(&sealed.wrapped_key))?;
        let cipher = Aes256GcmSiv::new((&*key).into());
        let bytes = bounds(booking, Purpose::GuestData).find_map(|bound| decrypt(&cipher, &sealed.ciphertext, &bound))?;
        GuestData::decode(bytes.as_slice()).ok()
    }

    /// The digests by which a guest is found. A search tries those of all keys, see [`Vault::lookups_of`].
    pub fn lookups(&self, booking: BookingId, guest: &GuestData) -> Vec<Lookup> {
        let keyring = self.keyring.load();
        words_of(guest).iter().map(|word| keyring.active().lookup(booking.property().0, word)).collect()
    }

    /// The digests that a guest of a property with this word may have: one for each key.
    pub fn lookups_of(&self, property: PropertyNumber, word: &str) -> Vec<Lookup> {
        self.keyring.load().all().map(|key| key.lookup(property.0, word)).collect()
    }

    /// The claims about the guest that a receipt's holder may disclose. Empty once the key is erased.
    pub fn claims(&self, booking: &Booking, wrapped_key: &[u8]) -> Vec<Disclosure> {
        let guest = self.open_guest(booking, Some(wrapped_key));
        let claims = guest.and_then(|guest| Some(LeafSecrets::of(&*self.unwrap(booking, wrapped_key)?).claims(&guest)));
        claims.unwrap_or_default()
    }

    /// Encrypts a text for this cluster only, because a cursor may name data that its holder must not see. The same text has
    /// the same result.
    pub fn hide(&self, text: &str) -> String {
        let sealed = encrypt(&self.keyring.load().active().cursors(), &[0; NONCE_BYTES], text.as_bytes(), UNBOUND);
        Base64UrlUnpadded::encode_string(&sealed[NONCE_BYTES..])
    }

    /// Decrypts the result of [`Vault::hide`]. `None` for any other text.
    pub fn reveal(&self, hidden: &str) -> Option<String> {
        let sealed = [vec![0; NONCE_BYTES], Base64UrlUnpadded::decode_vec(hidden).ok()?].concat();
        let keyring = self.keyring.load();
        let text = keyring.all().find_map(|key| decrypt(&key.cursors(), &sealed, UNBOUND))?;
        String::from_utf8(text).ok()
    }

    /// Encrypts a token for this cluster only.
    pub fn seal_token(&self, kind: SealedTokens, body: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        Ok(encrypt(kind.key(self.keyring.load().active()), &random()?, body, UNBOUND))
    }

    /// Decrypts the result of [`Vault::seal_token`] of the same kind. `None` for any other bytes.
    pub fn open_token(&self, kind: SealedTokens, sealed: &[u8]) -> Option<Vec<u8>> {
        self.keyring.load().all().find_map(|key| decrypt(kind.key(key), sealed, UNBOUND))
    }

    /// Digests of a request that reveal nothing about it without the keyring: one for each key, the active one's first. A retry after
    /// a rotation has the digest of the first request among them, as long as the keyring has the key of that time.
    pub fn fingerprints(&self, action: &str, request: &[u8]) -> Vec<[u8; 16]> {
        self.keyring.load().all().map(|key| key.fingerprint(action, request)).collect()
    }

    fn unwrap(&self, booking: &Booking, wrapped_key: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        let keyring = self.keyring.load();
        let with = |bound: &[u8]| keyring.all().find_map(|one| decrypt(&one.wrapping, wrapped_key, bound)).map(Zeroizing::new);
        let key = bounds(booking, Purpose::GuestKey).find_map(|bound| with(&bound))?;
        key.as_slice().try_into().map(Zeroizing::new).ok()
    }
}

/// The associated data of cursors, and of guest data before ciphertexts were bound to their bookings.
const UNBOUND: &[u8] = b"";

/// What a ciphertext of a booking is.
#[derive(Clone, Copy)]
enum Purpose {
    GuestData,
    GuestKey,
}

impl Purpose {
    /// The associated data of a ciphertext of this booking.
    fn of(self, booking: BookingId) -> Vec<u8> {
        let label = match self {
            Purpose::GuestData => b"keyrack guest data".as_slice(),
            Purpose::GuestKey => b"keyrack guest key",
        };
        [label, &booking.0].concat()
    }
}

/// The associated data that a ciphertext of this booking may have.
fn bounds(booking: &Booking, purpose: Purpose) -> impl Iterator<Item = Vec<u8>> {
    let is_older = booking.number.is_none();
    std::iter::once(purpose.of(booking.id)).chain(is_older.then(|| UNBOUND.to_vec()))
}

fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map(|()| bytes)
}

fn encrypt(cipher: &Aes256GcmSiv, nonce: &[u8; NONCE_BYTES], plain: &[u8], bound: &[u8]) -> Vec<u8> {
    let mut sealed = nonce.to_vec();
    // Fails only above 2^36 bytes. The limit of a request body is far below.
    sealed.extend(cipher.encrypt(&Nonce::from(*nonce), Payload { msg: plain, aad: bound }).unwrap_or_default());
    sealed
}

fn decrypt(cipher: &Aes256GcmSiv, sealed: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    cipher.decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad: bound }).ok()
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{BookingState, ConfirmationNumber, Currency, FeeLedger, Night, Stay};

    use super::*;

    fn keyed(byte: u8) -> Vault {
        let text = format!("{byte:02x}").repeat(KEY_BYTES);
        Vault::new(Path::new("keyring"), Keyring::parse(&text).expect("a keyring"))
    }

    fn booking(number: u8, sealed: Sealed) -> Booking {
        Booking {
            id: BookingId([number; 16]),
            number: Some(ConfirmationNumber(1)),
            state: BookingState::Confirmed,
            revision: 1,
            stay: Stay::new(Night(20_000), Night(20_001)).expect("a stay"),
            rooms: Vec::new(),
            currency: Currency::new("EUR").expect("a currency"),
            guest: sealed,
            guest_erased: false,
            seller: 0,
            channel_ref: String::new(),
            payment_token: String::new(),
            created_at_ms: 1,
            updated_at_ms: 1,
            cancellation_fee: None,
            fees: FeeLedger::default(),
            checked_in_on: None,
            moved_at_ms: 0,
            leaf: None,
            line: None,
        }
    }

    fn seal(vault: &Vault, guest: Option<&GuestData>) -> SealedGuest {
        vault.seal(BookingId([7; 16]), guest).expect("random bytes")
    }

    /// The guest of booking 7.
    fn open(vault: &Vault, sealed: &Sealed, wrapped_key: Option<&[u8]>) -> Option<GuestData> {
        vault.open_guest(&booking(7, sealed.clone()), wrapped_key)
    }

    fn ada() -> GuestData {
        GuestData { name: "Ada".into(), email: "ada@example.org".into(), ..GuestData::default() }
    }

    #[test]
    fn only_the_same_keyring_decrypts_a_guest() {
        let vault = keyed(7);
        let SealedGuest { sealed, .. } = seal(&vault, Some(&ada()));
        assert_eq!(open(&vault, &sealed, None), Some(ada()));
        assert_eq!(open(&keyed(8), &sealed, None), None);
        assert!(!sealed.ciphertext.windows(3).any(|w| w == b"Ada"));
        assert_ne!(seal(&vault, Some(&ada())).sealed.ciphertext, sealed.ciphertext);
        let apart = Sealed { ciphertext: sealed.ciphertext.clone(), wrapped_key: Vec::new() };
        assert_eq!(open(&vault, &apart, Some(&sealed.wrapped_key)), Some(ada()));
        assert_eq!(open(&vault, &apart, None), None, "without the key the ciphertext cannot be decrypted");
    }

    #[test]
    fn a_new_active_key_wraps_again_and_older_data_are_still_decrypted() {
        let (one, two) = ("01".repeat(KEY_BYTES), "02".repeat(KEY_BYTES));
        let ring = |text: &str| Vault::new(Path::new("keyring"), Keyring::parse(text).expect("a keyring"));
        let before = ring(&format!("one {one} active"));
        let sealed = seal(&before, Some(&ada())).sealed;
        let after = ring(&format!("one {one}\ntwo {two} active"));
        assert_eq!(open(&after, &sealed, None), Some(ada()));
        let [first] = before.fingerprints("book", b"x")[..] else { panic!("one key") };
        let [second, third] = after.fingerprints("book", b"x")[..] else { panic!("two keys") };
        assert_eq!(third, first, "the older key's");
        assert_eq!(after.reveal(&before.hide("x")).as_deref(), Some("x"));
        let Rewrap::To(wrapped) = after.rewrap(BookingId([7; 16]), &sealed.wrapped_key) else { panic!("the old key wraps it") };
        let only = ring(&format!("two {two} active"));
        assert_eq!(only.fingerprints("book", b"x"), [second], "what was made with the active key needs no other key");
        assert_eq!(only.reveal(&after.hide("x")).as_deref(), Some("x"));
        let turned = ring(&format!("two {two} active\none {one}"));
        assert_eq!(turned.fingerprints("book", b"x"), after.fingerprints("book", b"x"), "the order of the lines does not count");
        assert_eq!(open(&only, &sealed, Some(&wrapped)), Some(ada()));
        assert_eq!(open(&only, &sealed, None), None);
        assert!(matches!(after.rewrap(BookingId([7; 16]), &wrapped), Rewrap::NotNeeded));
        assert!(matches!(only.rewrap(BookingId([7; 16]), &sealed.wrapped_key), Rewrap::Lost));
    }

    #[test]
    fn a_damaged_guest_is_not_decrypted() {
        let vault = keyed(7);
        let mut sealed = seal(&vault, Some(&GuestData::default())).sealed;
        sealed.ciphertext[NONCE_BYTES] ^= 1;
        assert_eq!(open(&vault, &sealed, None), None);
    }

    #[test]
    fn the_claims_of_a_receipt_are_derived_from_the_wrapped_key() {
        let vault = keyed(7);
        let SealedGuest { sealed, seeds, claims } = seal(&vault, Some(&ada()));
        assert_eq!(vault.claims(&booking(7, sealed.clone()), &sealed.wrapped_key), claims);
        assert_eq!(claims.iter().map(|claim| claim.value.as_str()).collect::<Vec<_>>(), ["Ada", "ada@example.org", ""]);
        assert_eq!(seeds.guest.len(), GUEST_DIGESTS);
        assert!(claims.iter().all(|claim| seeds.guest.contains(&claim.digest())));
        let none = seal(&vault, None);
        assert_eq!((none.sealed, none.claims, none.seeds.guest), (Sealed::default(), vec![], vec![]));
    }

    #[test]
    fn a_guest_cannot_be_moved_to_another_booking() {
        let vault = keyed(7);
        let sealed = seal(&vault, Some(&ada())).sealed;
        assert_eq!(vault.open_guest(&booking(7, sealed.clone()), None), Some(ada()));
        assert_eq!(vault.open_guest(&booking(8, sealed.clone()), None), None);
        let other = vault.seal(BookingId([8; 16]), Some(&ada())).expect("random bytes").sealed;
        let mixed = Sealed { ciphertext: sealed.ciphertext.clone(), wrapped_key: other.wrapped_key };
        assert_eq!(vault.open_guest(&booking(8, mixed), None), None);
        assert!(matches!(vault.rewrap(BookingId([8; 16]), &sealed.wrapped_key), Rewrap::Lost));
    }

    #[test]
    fn older_guests_are_decrypted_in_older_bookings_only() {
        let vault = keyed(7);
        let key = [9; KEY_BYTES];
        let sealed = Sealed {
            ciphertext: encrypt(&Aes256GcmSiv::new((&key).into()), &[1; NONCE_BYTES], &ada().encode_to_vec(), UNBOUND),
            wrapped_key: encrypt(&vault.keyring.load().active().wrapping, &[2; NONCE_BYTES], &key, UNBOUND),
        };
        let older = Booking { number: None, ..booking(7, sealed.clone()) };
        assert_eq!(vault.open_guest(&older, None), Some(ada()));
        assert_eq!(vault.open_guest(&booking(7, sealed), None), None);
    }
}
