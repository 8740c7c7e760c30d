//! A configuration: an accepted configuration can be printed and parses again to the same.
#![no_main]

use keyrack_fuzz::node::config::Config;
use keyrack_fuzz::text;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(written) = text(bytes) else { return Corpus::Reject };
    if let Ok(config) = Config::parse(written, |_| None) {
        assert!(config.own_peer().is_some());
        let printed = toml::to_string(&config).expect("a parsed configuration prints");
        let again = Config::parse(&printed, |_| None).expect("a printed configuration parses");
        assert_eq!(toml::to_string(&again).expect("a parsed configuration prints"), printed);
    }
    Corpus::Keep
});
