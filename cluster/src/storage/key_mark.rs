//! `KEYRING` in a data folder: the key that encrypts guests' data here, by name and fingerprint. A start with a keyring that does not
//! have it is refused, even if all nodes have the same wrong keyring.

use std::fs;
use std::io;
use std::path::Path;

use keyrack_proto::internal as pb;

use super::durable::write_durably;
use super::error::damaged;

const KEYRING: &str = "KEYRING";
const DAMAGED: &str = "the file KEYRING is damaged. Check the disk. If this node's keyring is the right one, remove that file";

/// The name of the recorded key if none of `keys` is that key; `None` if one is, or nothing was recorded.
pub fn missing_key(folder: &Path, keys: &[pb::KeyPrint]) -> io::Result<Option<String>> {
    let bytes = match fs::read(folder.join(KEYRING)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let text = String::from_utf8(bytes).map_err(|_| damaged(DAMAGED))?;
    let (print, name) = text.trim().split_once(' ').filter(|(print, _)| is_print(print)).ok_or_else(|| damaged(DAMAGED))?;
    let is_known = keys.is_empty() || keys.iter().any(|key| hex(&key.print) == print);
    Ok((!is_known).then(|| name.to_owned()))
}

/// Records the key that encrypts, if it is not recorded yet.
pub fn record_key(folder: &Path, keys: &[pb::KeyPrint]) -> io::Result<()> {
    let Some(active) = keys.iter().find(|key| key.active) else { return Ok(()) };
    let text = format!("{} {}\n", hex(&active.print), active.name);
    match fs::read_to_string(folder.join(KEYRING)) {
        Ok(recorded) if recorded == text => Ok(()),
        _ => write_durably(folder, KEYRING, text.as_bytes()),
    }
}

fn is_print(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_without_the_recorded_key_is_noticed() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path();
        let key = |name: &str, byte: u8, active| pb::KeyPrint { name: name.into(), print: vec![byte; 16].into(), active };
        assert_eq!(missing_key(folder, &[key("a", 1, true)]).expect("read"), None, "nothing was recorded");
        record_key(folder, &[key("a", 1, true), key("b", 2, false)]).expect("written");
        for keys in [&[key("a", 1, true)][..], &[key("b", 2, true), key("renamed", 1, false)], &[]] {
            assert_eq!(missing_key(folder, keys).expect("read"), None);
        }
        for keys in [&[key("b", 2, true)][..], &[key("a", 9, true)]] {
            assert_eq!(missing_key(folder, keys).expect("read").as_deref(), Some("a"));
        }
        record_key(folder, &[key("a", 1, false), key("b", 2, true)]).expect("written");
        assert_eq!(missing_key(folder, &[key("a", 1, true)]).expect("read").as_deref(), Some("b"));
        for bad in [&b"\xff\xfe"[..], b"", b"0202", b"zz b", &b"02".repeat(16)] {
            fs::write(folder.join(KEYRING), bad).expect("written");
            let refused = missing_key(folder, &[key("b", 2, true)]).expect_err("damaged");
            assert!(refused.to_string().contains("KEYRING is damaged"), "{refused}");
        }
    }
}
