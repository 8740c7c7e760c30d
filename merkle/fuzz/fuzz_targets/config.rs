//! A configuration: one that can be read can be printed, and is read again with the same settings and faults.
#![no_main]

use keyrack_fuzz::node::config::Config;
use keyrack_fuzz::text;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(written) = text(bytes) else { return Corpus::Reject };
    if let Ok((config, faults)) = Config::read(written, |_| None) {
        assert!(config.own_peer().is_some() || !faults.is_empty());
        let printed = toml::to_string(&config).expect("a parsed configuration prints");
        let (again, again_faults) = Config::read(&printed, |_| None).expect("a printed configuration parses");
        assert_eq!(again_faults, faults);
        assert_eq!(toml::to_string(&again).expect("a parsed configuration prints"), printed);
    }
    Corpus::Keep
});
