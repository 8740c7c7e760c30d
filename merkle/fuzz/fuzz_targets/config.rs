//! A configuration. What is accepted can be printed and is accepted again as the same.
#![no_main]

use keyrack_fuzz::node::config::Config;
use keyrack_fuzz::text;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(written) = text(bytes) else { return Corpus::Reject };
    if let Ok(config) = Config::parse(written, |_| None) {
        assert!(config.me().is_some());
        let printed = toml::to_string(&config).expect("what was read");
        let again = Config::parse(&printed, |_| None).expect("what was printed");
        assert_eq!(toml::to_string(&again).expect("what was read"), printed);
    }
    Corpus::Keep
});
