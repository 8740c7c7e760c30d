//! `keyrackd keyring`: what an operator does to the keyring's file. Every node has the same file, and a running node takes up
//! a change by itself.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use super::keyring::{KEY_BYTES, Keyring};
use crate::tls::check_private;

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
    let digits = Zeroizing::new(base16ct::lower::encode_string(random.as_slice()));
    line.push_str(&digits);
    Ok(line)
}

/// Writes the file as a whole or not at all; nobody but its owner can read it at any time.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_through_a_rotation() {
        let folder = std::env::temp_dir().join(format!("keyrack-keyring-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("keyring");
        let _ = std::fs::remove_file(&path);
        init(&path, "one").expect("made");
        assert!(init(&path, "one").is_err(), "never overwritten");
        add(&path, "two").expect("added");
        assert_eq!(Keyring::open(&path).expect("open").active_name(), "one");
        assert!(remove(&path, "one").is_err(), "the active key stays");
        activate(&path, "two").expect("activated");
        assert_eq!(Keyring::open(&path).expect("open").active_name(), "two");
        remove(&path, "one").expect("removed");
        assert_eq!(Keyring::open(&path).expect("open").all().count(), 1);
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(format!("{:#}", Keyring::open(&path).err().expect("refused")).contains("chmod 600"));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
