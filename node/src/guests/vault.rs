//! Encrypts and decrypts guest data with AES-256-GCM-SIV (RFC 8452), nonce first. Also encrypts cursors and computes fingerprints
//! of requests, which need the keyring too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aes_gcm_siv::aead::{Aead, KeyInit};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use anyhow::ensure;
use arc_swap::ArcSwap;
use base64ct::{Base64UrlUnpadded, Encoding};
use keyrack_cluster::KeyPrints;
use keyrack_inventory::{Digest, Disclosure, GUEST_DIGESTS, LeafSeeds, Salt, Sealed, TermSalts};
use keyrack_proto::v1::Guest;
use prost::Message;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::keyring::{KEY_BYTES, Keyring};
use super::leaf_secrets::LeafSecrets;
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

    /// Wraps a guest's key with the active key, if another key wraps it.
    pub fn rewrap(&self, wrapped_key: &[u8]) -> Rewrap {
        let keyring = self.keyring.load();
        if decrypt(&keyring.active().wrapping, wrapped_key).is_some() {
            return Rewrap::NotNeeded;
        }
        let key = keyring.others().find_map(|old| decrypt(&old.wrapping, wrapped_key)).map(Zeroizing::new);
        match (key, random()) {
            (Some(key), Ok(nonce)) => Rewrap::To(encrypt(&keyring.active().wrapping, &nonce, &key)),
            // Without random numbers the next pass tries again.
            (Some(_), Err(_)) => Rewrap::NotNeeded,
            (None, _) => Rewrap::Lost,
        }
    }

    /// Encrypts a guest under a new key, and draws the secrets of the booking's leaves.
    pub fn seal(&self, guest: Option<&Guest>) -> Result<SealedGuest, getrandom::Error> {
        let key: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(random()?);
        let salts: [[u8; SALT_BYTES]; 3] = [random()?, random()?, random()?];
        let secrets = LeafSecrets::of(&key);
        let claims = guest.map(|guest| secrets.claims(guest)).unwrap_or_default();
        let mut digests: Vec<Digest> = claims.iter().map(Disclosure::digest).collect();
        if guest.is_some() {
            digests.extend((digests.len()..GUEST_DIGESTS).map(|place| secrets.decoy(place)));
        }
        let seeds = LeafSeeds { guest: digests, salts: TermSalts { price: salts[0], channel_ref: salts[1], unit: salts[2] } };
        let sealed = match guest {
            None => Sealed::default(),
            Some(guest) => Sealed {
                ciphertext: encrypt(&Aes256GcmSiv::new((&*key).into()), &random()?, &guest.encode_to_vec()),
                wrapped_key: encrypt(&self.keyring.load().active().wrapping, &random()?, key.as_slice()),
            },
        };
        Ok(SealedGuest { sealed, seeds, claims })
    }

    /// Decrypts a guest. `None` if no key decrypts it or its key was erased. `wrapped_key` is in its own row. Without it,
    /// the key inside `sealed` is used, where older rows have it.
    pub fn open_guest(&self, sealed: &Sealed, wrapped_key: Option<&[u8]>) -> Option<Guest> {
        let key = self.unwrap(wrapped_key.unwrap_or(&sealed.wrapped_key))?;
        let bytes = decrypt(&Aes256GcmSiv::new((&*key).into()), &sealed.ciphertext)?;
        Guest::decode(bytes.as_slice()).ok()
    }

    /// The claims about the guest that a receipt's holder may disclose. Empty once the key is erased.
    pub fn claims(&self, sealed: &Sealed, wrapped_key: &[u8]) -> Vec<Disclosure> {
        let guest = self.open_guest(sealed, Some(wrapped_key));
        let claims = guest.and_then(|guest| Some(LeafSecrets::of(&*self.unwrap(wrapped_key)?).claims(&guest)));
        claims.unwrap_or_default()
    }

    /// Encrypts a text for this cluster only, because a cursor may name data that its holder must not see. The same text has
    /// the same result.
    pub fn hide(&self, text: &str) -> String {
        let sealed = encrypt(&self.keyring.load().active().cursors(), &[0; NONCE_BYTES], text.as_bytes());
        Base64UrlUnpadded::encode_string(&sealed[NONCE_BYTES..])
    }

    /// Decrypts the result of [`Vault::hide`]. `None` for any other text.
    pub fn reveal(&self, hidden: &str) -> Option<String> {
        let sealed = [vec![0; NONCE_BYTES], Base64UrlUnpadded::decode_vec(hidden).ok()?].concat();
        let keyring = self.keyring.load();
        let text = keyring.all().find_map(|key| decrypt(&key.cursors(), &sealed))?;
        String::from_utf8(text).ok()
    }

    /// Digests of a request that reveal nothing about it without the keyring: one for each key, the active one's first. A retry after
    /// a rotation has the digest of the first request among them, as long as the keyring has the key of that time.
    pub fn fingerprints(&self, action: &str, request: &[u8]) -> Vec<[u8; 16]> {
        self.keyring.load().all().map(|key| key.fingerprint(action, request)).collect()
    }

    fn unwrap(&self, wrapped_key: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        let keyring = self.keyring.load();
        let key = keyring.all().find_map(|one| decrypt(&one.wrapping, wrapped_key)).map(Zeroizing::new)?;
        key.as_slice().try_into().map(Zeroizing::new).ok()
    }
}

fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map(|()| bytes)
}

fn encrypt(cipher: &Aes256GcmSiv, nonce: &[u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
    let mut sealed = nonce.to_vec();
    // Fails only above 2^36 bytes. The limit of a request body is far below.
    sealed.extend(cipher.encrypt(&Nonce::from(*nonce), plain).unwrap_or_default());
    sealed
}

fn decrypt(cipher: &Aes256GcmSiv, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    cipher.decrypt(&Nonce::from(*nonce), ciphertext).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(byte: u8) -> Vault {
        let text = format!("{byte:02x}").repeat(KEY_BYTES);
        Vault::new(Path::new("keyring"), Keyring::parse(&text).expect("a keyring"))
    }

    fn ada() -> Guest {
        Guest { name: "Ada".into(), email: "ada@example.org".into(), phone: String::new() }
    }

    #[test]
    fn only_the_same_keyring_decrypts_a_guest() {
        let vault = keyed(7);
        let SealedGuest { sealed, .. } = vault.seal(Some(&ada())).expect("random bytes");
        assert_eq!(vault.open_guest(&sealed, None), Some(ada()));
        assert_eq!(keyed(8).open_guest(&sealed, None), None);
        assert!(!sealed.ciphertext.windows(3).any(|w| w == b"Ada"));
        assert_ne!(vault.seal(Some(&ada())).expect("random bytes").sealed.ciphertext, sealed.ciphertext);
        let apart = Sealed { ciphertext: sealed.ciphertext.clone(), wrapped_key: Vec::new() };
        assert_eq!(vault.open_guest(&apart, Some(&sealed.wrapped_key)), Some(ada()));
        assert_eq!(vault.open_guest(&apart, None), None, "without the key the ciphertext cannot be decrypted");
    }

    #[test]
    fn a_new_active_key_wraps_again_and_older_data_are_still_decrypted() {
        let (one, two) = ("01".repeat(KEY_BYTES), "02".repeat(KEY_BYTES));
        let ring = |text: &str| Vault::new(Path::new("keyring"), Keyring::parse(text).expect("a keyring"));
        let before = ring(&format!("one {one} active"));
        let sealed = before.seal(Some(&ada())).expect("random bytes").sealed;
        let after = ring(&format!("one {one}\ntwo {two} active"));
        assert_eq!(after.open_guest(&sealed, None), Some(ada()));
        let [first] = before.fingerprints("book", b"x")[..] else { panic!("one key") };
        let [second, third] = after.fingerprints("book", b"x")[..] else { panic!("two keys") };
        assert_eq!(third, first, "the older key's");
        assert_eq!(after.reveal(&before.hide("x")).as_deref(), Some("x"));
        let Rewrap::To(wrapped) = after.rewrap(&sealed.wrapped_key) else { panic!("the old key wraps it") };
        let only = ring(&format!("two {two} active"));
        assert_eq!(only.fingerprints("book", b"x"), [second], "what was made with the active key needs no other key");
        assert_eq!(only.reveal(&after.hide("x")).as_deref(), Some("x"));
        let turned = ring(&format!("two {two} active\none {one}"));
        assert_eq!(turned.fingerprints("book", b"x"), after.fingerprints("book", b"x"), "the order of the lines does not count");
        assert_eq!(only.open_guest(&sealed, Some(&wrapped)), Some(ada()));
        assert_eq!(only.open_guest(&sealed, None), None);
        assert!(matches!(after.rewrap(&wrapped), Rewrap::NotNeeded));
        assert!(matches!(only.rewrap(&sealed.wrapped_key), Rewrap::Lost));
    }

    #[test]
    fn a_damaged_guest_is_not_decrypted() {
        let vault = keyed(7);
        let mut sealed = vault.seal(Some(&Guest::default())).expect("random bytes").sealed;
        sealed.ciphertext[NONCE_BYTES] ^= 1;
        assert_eq!(vault.open_guest(&sealed, None), None);
    }

    #[test]
    fn the_claims_of_a_receipt_are_derived_from_the_wrapped_key() {
        let vault = keyed(7);
        let SealedGuest { sealed, seeds, claims } = vault.seal(Some(&ada())).expect("random bytes");
        assert_eq!(vault.claims(&sealed, &sealed.wrapped_key), claims);
        assert_eq!(claims.iter().map(|claim| claim.value.as_str()).collect::<Vec<_>>(), ["Ada", "ada@example.org", ""]);
        assert_eq!(seeds.guest.len(), GUEST_DIGESTS);
        assert!(claims.iter().all(|claim| seeds.guest.contains(&claim.digest())));
        let none = vault.seal(None).expect("random bytes");
        assert_eq!((none.sealed, none.claims, none.seeds.guest), (Sealed::default(), vec![], vec![]));
    }
}
