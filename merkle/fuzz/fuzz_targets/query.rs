//! A word of a path, a query or a body: ids, codes, dates, amounts, cursors. An accepted word round-trips.
#![no_main]

use keyrack_fuzz::node::cards::has_card_number;
use keyrack_fuzz::node::cursor::{list_cursor, positions_cursor, read_list_cursor, read_positions};
use keyrack_fuzz::node::requests;
use keyrack_fuzz::text;
use keyrack_inventory::{BookingId, Currency, HoldId, Night, ShortCode};
use libfuzzer_sys::{Corpus, fuzz_target};

const SHARDS: [u32; 3] = [1, 2, 3];

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(word) = text(bytes) else { return Corpus::Reject };
    if let Ok(id) = BookingId::parse(word) {
        assert_eq!(BookingId::parse(&id.to_string()), Ok(id));
        assert!(id.to_string().eq_ignore_ascii_case(word));
    }
    if let Ok(id) = HoldId::parse(word) {
        assert_eq!(HoldId::parse(&id.to_string()), Ok(id));
    }
    if let Ok(night) = Night::parse(word) {
        assert_eq!(night.to_string(), word);
    }
    if let Ok(code) = ShortCode::new(word) {
        assert_eq!(code.as_str(), word);
    }
    if let Ok(id) = requests::property_id(word) {
        assert!(id.len() <= 64 && id == word);
    }
    for currency in ["EUR", "JPY", "BHD"] {
        let currency = Currency::new(currency).expect("a currency");
        if let Ok(minor) = currency.parse_amount(word) {
            assert_eq!(currency.parse_amount(&currency.format_amount(minor)), Ok(minor));
        }
    }
    if let Ok(place) = read_list_cursor(word) {
        assert_eq!(read_list_cursor(&list_cursor(&place)).ok(), Some(place));
    }
    if let Ok(positions) = read_positions(word, &SHARDS) {
        assert_eq!(read_positions(&positions_cursor(&positions), &SHARDS).ok(), Some(positions));
    }
    // A word before a card number does not hide it.
    if has_card_number(word) {
        assert!(has_card_number(&format!("card: {word}")));
    }
    Corpus::Keep
});
