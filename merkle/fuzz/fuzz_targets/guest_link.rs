//! A guest's link or session, as it is after its decryption. An accepted one is written again as the same text, and a link is no
//! session.
#![no_main]

use std::sync::Arc;

use keyrack_fuzz::node::guest_links::GuestLinks;
use keyrack_fuzz::{guests::Vault, text};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(given) = text(bytes) else { return Corpus::Reject };
    let tokens = GuestLinks::new(Arc::new(Vault));
    let (link, session) = (tokens.read_link(given, 0), tokens.read_session(given, 0));
    assert!(link.is_none() || session.is_none());
    for token in link.iter().chain(&session) {
        assert!(token.expires_at_ms > 0);
        let written = tokens.link(token).expect("a vault without encryption");
        assert_eq!(tokens.read_link(&written, 0).as_ref(), Some(token));
        assert_eq!(tokens.read_link(&written, token.expires_at_ms), None);
    }
    if let Some(token) = &link {
        assert_eq!(tokens.link(token).expect("a vault without encryption"), given);
    }
    Corpus::Keep
});
