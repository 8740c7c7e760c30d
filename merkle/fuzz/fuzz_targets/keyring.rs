//! A keyring: an accepted keyring has 1 to 16 keys with different names, and one of them is active.
#![no_main]

use keyrack_fuzz::node::keyring::Keyring;
use keyrack_fuzz::text;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(written) = text(bytes) else { return Corpus::Reject };
    match Keyring::parse(written) {
        Ok(keyring) => {
            let count = keyring.all().count();
            assert!((1..=16).contains(&count) && keyring.others().count() == count - 1);
            assert!(written.contains(keyring.active_name()) || count == 1);
        }
        // The message goes to the log, so it must not have a part of a key.
        Err(why) => {
            let why = format!("{why:#}");
            let is_long = |word: &&str| word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(!why.split_whitespace().any(|word| is_long(&word)), "{why}");
        }
    }
    Corpus::Keep
});
