//! `keyrackd keyring`: changes the keyring's file. Every node has the same file, and a running node reads a changed file
//! automatically.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use zeroize::Zeroizing;

use super::keyring::{KEY_BYTES, Keyring};
use crate::messages::files::{AccessError, hints};
use crate::messages::keyring::KeyringError;
use crate::messages::start::RunError;
use crate::tls::check_private;

/// Makes a keyring with one key.
pub fn init(path: &Path, name: &str) -> anyhow::Result<()> {
    if path.exists() {
        return Err(KeyringError::Exists(path.into()).into());
    }
    write(path, &format!("{} active\n", line(name)?.as_str()))
}

/// Adds a key that decrypts and does not encrypt yet.
pub fn add(path: &Path, name: &str) -> anyhow::Result<()> {
    let mut text = read(path)?;
    if text.lines().any(|line| line.split_whitespace().next() == Some(name)) {
        return Err(KeyringError::Taken { path: path.into(), name: name.into() }.into());
    }
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

/// Makes a key the one that encrypts.
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
        return Err(KeyringError::Unknown { path: path.into(), name: name.into() }.into());
    }
    write(path, &changed)
}

/// Removes a key: appends its line to the file with the removed keys, so that no program deletes the only copy of a key, and
/// then writes the keyring without it. Returns that file. Data that only this key decrypts cannot be read until the line is put
/// back.
pub fn remove(path: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let text = read(path)?;
    let is_it = |line: &&str| line.split_whitespace().next() == Some(name);
    match text.lines().find(is_it) {
        None => return Err(KeyringError::Unknown { path: path.into(), name: name.into() }.into()),
        Some(line) if is_active(line) => return Err(KeyringError::IsActive(name.into()).into()),
        Some(line) => append(&removed_keys(path), line)?,
    }
    // Only now: a line that could not be kept stays in the keyring.
    let kept: Zeroizing<String> =
        Zeroizing::new(text.lines().filter(|line| !is_it(line)).map(|line| format!("{line}\n")).collect());
    write(path, &kept)?;
    Ok(removed_keys(path))
}

fn is_active(line: &str) -> bool {
    line.split_whitespace().nth(2) == Some("active")
}

/// The file with the lines of removed keys: the keyring's path and `.removed`.
fn removed_keys(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".removed");
    name.into()
}

fn read(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|cause| AccessError::Read { path: path.into(), cause, hint: hints::KEYRING_FILE })?;
    check_private(path)?;
    Keyring::parse(&text).with_context(|| KeyringError::In(path.into()))?;
    Ok(text)
}

fn line(name: &str) -> anyhow::Result<Zeroizing<String>> {
    let good = !name.is_empty() && name != "active" && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !good {
        return Err(KeyringError::Name(name.into()).into());
    }
    let mut random = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(random.as_mut_slice()).map_err(RunError::Randomness)?;
    let mut line = Zeroizing::new(format!("{name} "));
    let digits = Zeroizing::new(base16ct::lower::encode_string(random.as_slice()));
    line.push_str(&digits);
    Ok(line)
}

/// Writes the whole file or nothing. Only its owner can read it at any time.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    Keyring::parse(text).with_context(|| KeyringError::NotChanged(path.into()))?;
    let beside = path.with_extension("new");
    let write = || {
        let _ = std::fs::remove_file(&beside);
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    Ok(write().map_err(|cause| AccessError::Write { path: path.into(), cause })?)
}

/// Appends a line and makes it durable. Only the file's owner can read it.
fn append(path: &Path, line: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let append = || {
        let mut file = File::options().append(true).create(true).mode(0o600).open(path)?;
        file.write_all(Zeroizing::new(format!("{line}\n")).as_bytes())?;
        file.sync_all()
    };
    append().map_err(|cause| AccessError::Write { path: path.into(), cause })?;
    check_private(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_file_are_rotated() {
        let folder = std::env::temp_dir().join(format!("keyrack-keyring-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("keyring");
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_file(removed_keys(&path));
        init(&path, "one").expect("made");
        assert!(init(&path, "one").is_err(), "never overwritten");
        add(&path, "two").expect("added");
        assert_eq!(Keyring::open(&path).expect("open").active_name(), "one");
        assert!(format!("{:#}", add(&path, "two").expect_err("a second key two")).contains("\"two\" already"));
        assert!(remove(&path, "one").is_err(), "the active key stays");
        activate(&path, "two").expect("activated");
        assert_eq!(Keyring::open(&path).expect("open").active_name(), "two");
        let line_of = |name: &str| {
            let text = std::fs::read_to_string(&path).expect("read");
            text.lines().find(|line| line.starts_with(name)).map(|line| format!("{line}\n")).expect("a key")
        };
        // Blanks at the end change nothing.
        let text = std::fs::read_to_string(&path).expect("read");
        std::fs::write(&path, text.replace("active\n", "active \t\n")).expect("written");
        assert!(remove(&path, "two").is_err(), "the active key stays");
        let one = line_of("one");
        remove(&path, "one").expect("removed");
        assert_eq!(Keyring::open(&path).expect("open").all().count(), 1);
        add(&path, "three").expect("added");
        let three = line_of("three");
        remove(&path, "three").expect("removed");
        assert_eq!(std::fs::read_to_string(removed_keys(&path)).expect("kept"), format!("{one}{three}"));
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(format!("{:#}", Keyring::open(&path).err().expect("refused")).contains("chmod 600"));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
