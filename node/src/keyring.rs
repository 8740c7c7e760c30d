//! The keyring: the keys from which everything is derived that protects guest data. A file with a key a line, a name and 64
//! hexadecimal digits, the one that wraps marked `active`:
//!
//! ```text
//! 2026-01 6f1d...  
//! 2026-11 93ab...  active
//! ```
//!
//! All keys open, the active one wraps, the first one keys the fingerprints of requests (so that a retry after a rotation is
//! still known as one). A file with 64 digits and nothing else is a keyring of one key.

use std::path::Path;

use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::KeyInit;
use anyhow::{Context, bail, ensure};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::tls::check_private;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// The most keys of a keyring: each is tried on what the active one does not open.
const MOST_KEYS: usize = 16;

type Secret = Zeroizing<[u8; KEY_BYTES]>;

/// A keyring as it was read.
pub struct Keyring {
    keys: Vec<Derived>,
    active: usize,
}

/// What one key is good for.
pub struct Derived {
    name: String,
    /// Wraps the keys of guests.
    pub wrapping: Aes256GcmSiv,
    fingerprints: Secret,
    /// Signs guests' links
    pub links: Secret,
    /// and sessions.
    pub sessions: Secret,
}

impl Keyring {
    /// Reads the file, which nobody but its owner may read.
    pub fn open(path: &Path) -> anyhow::Result<Keyring> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).with_context(|| {
            format!("cannot read the keyring {}; make one with: keyrackd keyring init {}", path.display(), path.display())
        })?;
        check_private(path)?;
        Keyring::parse(&text).with_context(|| format!("in the keyring {}", path.display()))
    }

    /// Reads a keyring's text.
    pub fn parse(text: &str) -> anyhow::Result<Keyring> {
        let mut keys: Vec<Derived> = Vec::new();
        let mut active = None;
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        for (number, line) in lines {
            // The line itself is a secret: only its number is told.
            let wrong = || format!("line {}: needed are a name, 64 hexadecimal digits and perhaps the word active", number + 1);
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, digits, mark) = match words.as_slice() {
                [digits] => ("only", *digits, None),
                [name, digits] => (*name, *digits, None),
                [name, digits, mark] => (*name, *digits, Some(*mark)),
                _ => bail!(wrong()),
            };
            let key = decode_hex(digits).with_context(wrong)?;
            ensure!(!keys.iter().any(|known| known.name == name), "line {}: two keys have one name", number + 1);
            match mark {
                None => {}
                Some("active") if active.is_none() => active = Some(keys.len()),
                Some("active") => bail!("line {}: a second active key", number + 1),
                Some(_) => bail!(wrong()),
            }
            keys.push(Derived::new(name, &key));
        }
        ensure!(!keys.is_empty(), "there is no key");
        ensure!(keys.len() <= MOST_KEYS, "at most {MOST_KEYS} keys");
        if active.is_none() && keys.len() > 1 {
            bail!("one of the keys must be marked active");
        }
        Ok(Keyring { keys, active: active.unwrap_or(0) })
    }

    /// The one that wraps and signs.
    pub fn active(&self) -> &Derived {
        &self.keys[self.active]
    }

    /// The others, newest first.
    pub fn others(&self) -> impl Iterator<Item = &Derived> {
        self.keys.iter().enumerate().rev().filter(|(place, _)| *place != self.active).map(|(_, key)| key)
    }

    /// All, the active one first.
    pub fn all(&self) -> impl Iterator<Item = &Derived> {
        std::iter::once(self.active()).chain(self.others())
    }

    /// Keys the fingerprints of requests.
    pub fn fingerprints(&self) -> &[u8; KEY_BYTES] {
        &self.keys[0].fingerprints
    }

    /// The active key's name, for the log.
    pub fn active_name(&self) -> &str {
        &self.active().name
    }
}

impl Derived {
    fn new(name: &str, key: &[u8; KEY_BYTES]) -> Derived {
        let derive = |label: &[u8]| Zeroizing::new(mac(key, &[label]));
        Derived {
            name: name.to_owned(),
            wrapping: Aes256GcmSiv::new((&*derive(b"keyrack guest keys")).into()),
            fingerprints: derive(b"keyrack request fingerprints"),
            links: derive(b"keyrack guest links"),
            sessions: derive(b"keyrack guest sessions"),
        }
    }
}

/// HMAC-SHA-256 over the parts, one after another.
pub fn mac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn decode_hex(text: &str) -> Option<Secret> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

/// `keyrackd keyring`: what an operator does to the file. Each node has the same file and takes up a change by itself.
pub mod file {
    use std::fs::File;
    use std::io::Write;
    use std::path::Path;

    use super::{Context, KEY_BYTES, Keyring, Zeroizing, bail, check_private};

    /// Makes a keyring with one key.
    pub fn init(path: &Path, name: &str) -> anyhow::Result<()> {
        if path.exists() {
            bail!("{} exists; nothing was changed. `keyrackd keyring add` gives it another key", path.display());
        }
        write(path, &format!("{} active\n", line(name)?.as_str()))
    }

    /// Adds a key that opens and does not wrap yet.
    pub fn add(path: &Path, name: &str) -> anyhow::Result<()> {
        let mut text = read(path)?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if text.lines().filter(|line| !line.trim().is_empty()).count() == 1 && text.split_whitespace().count() == 1 {
            *text = format!("first {} active\n", text.trim());
        }
        text.push_str(&line(name)?);
        text.push('\n');
        write(path, &text)
    }

    /// Lets a key wrap from here on.
    pub fn activate(path: &Path, name: &str) -> anyhow::Result<()> {
        let text = read(path)?;
        let mut found = false;
        let change = |line: &str| {
            let mut words: Vec<&str> = line.split_whitespace().filter(|word| *word != "active").collect();
            if words.len() == 2 && words[0] == name {
                found = true;
                words.push("active");
            }
            words.join(" ") + "\n"
        };
        let changed: Zeroizing<String> = Zeroizing::new(text.lines().map(change).collect());
        if !found {
            bail!("the keyring has no key {name:?}");
        }
        write(path, &changed)
    }

    /// Removes a key: what only it opens is lost.
    pub fn remove(path: &Path, name: &str) -> anyhow::Result<()> {
        let text = read(path)?;
        let is_it = |line: &&str| line.split_whitespace().next() == Some(name);
        match text.lines().find(is_it) {
            None => bail!("the keyring has no key {name:?}"),
            Some(line) if line.ends_with("active") => bail!("{name:?} is the active key; activate another first"),
            Some(_) => {}
        }
        let kept: Zeroizing<String> =
            Zeroizing::new(text.lines().filter(|line| !is_it(line)).map(|line| format!("{line}\n")).collect());
        write(path, &kept)
    }

    fn read(path: &Path) -> anyhow::Result<Zeroizing<String>> {
        check_private(path)?;
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Keyring::parse(&text)?;
        Ok(Zeroizing::new(text))
    }

    fn line(name: &str) -> anyhow::Result<Zeroizing<String>> {
        let good = !name.is_empty() && name != "active" && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !good {
            bail!("a key's name has letters, digits and '-' only");
        }
        let mut random = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(random.as_mut_slice()).context("no randomness from the operating system")?;
        let mut line = Zeroizing::new(format!("{name} "));
        random.iter().for_each(|byte| line.push_str(&format!("{byte:02x}")));
        Ok(line)
    }

    /// As a whole or not at all, and its owner's alone from the first byte on.
    fn write(path: &Path, text: &str) -> anyhow::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        Keyring::parse(text)?;
        let beside = path.with_extension("new");
        let write = || {
            let _ = std::fs::remove_file(&beside);
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(byte: u8) -> String {
        format!("{byte:02x}").repeat(KEY_BYTES)
    }

    #[test]
    fn one_key_alone_and_several_with_an_active_one() {
        let alone = Keyring::parse(&format!("{}\n", digits(1))).expect("a keyring");
        let several = format!("# comment\nold {}\nnew {} active\nnext {}\n", digits(1), digits(2), digits(3));
        let several = Keyring::parse(&several).expect("a keyring");
        assert_eq!((alone.active_name(), several.active_name()), ("only", "new"));
        assert_eq!(alone.fingerprints(), several.fingerprints(), "the first key keys them");
        assert_eq!(several.others().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["next", "old"]);
    }

    #[test]
    fn what_is_no_keyring_is_refused_without_telling_keys() {
        let one = digits(7);
        for text in [
            String::new(),
            "# nothing".into(),
            one[1..].to_owned(),
            format!("a {one}\nb {one}"),
            format!("a {one} active\nb {one} active"),
            format!("a {one} active\na {one}"),
            format!("a {one} actief"),
            format!("a b {one} active"),
            format!("a {}zz", &one[2..]),
        ] {
            let refused = Keyring::parse(&text).err().map(|cause| format!("{cause:#}")).expect("refused");
            assert!(!refused.contains(&one[..16]), "{refused}");
        }
    }

    #[test]
    fn a_file_goes_through_a_rotation() {
        let folder = std::env::temp_dir().join(format!("keyrack-keyring-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("keyring");
        let _ = std::fs::remove_file(&path);
        file::init(&path, "one").expect("made");
        assert!(file::init(&path, "one").is_err(), "never overwritten");
        file::add(&path, "two").expect("added");
        assert_eq!(Keyring::open(&path).expect("open").active_name(), "one");
        assert!(file::remove(&path, "one").is_err(), "the active key stays");
        file::activate(&path, "two").expect("activated");
        assert_eq!(Keyring::open(&path).expect("open").active_name(), "two");
        file::remove(&path, "one").expect("removed");
        assert_eq!(Keyring::open(&path).expect("open").all().count(), 1);
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(format!("{:#}", Keyring::open(&path).err().expect("refused")).contains("chmod 600"));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
