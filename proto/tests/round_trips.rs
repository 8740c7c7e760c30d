//! What is stored and what the log keeps: it decodes to what was encoded, whatever cannot be decoded is an
//! error and never a panic, and the bytes themselves are pinned, because old ones must stay readable.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod drawn;
mod pinned;

use bytes::Bytes;
use keyrack_inventory::*;
use keyrack_proto::{Malformed, commands, rows};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

fn row_bytes(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::new();
    rows::encode(row, &mut bytes);
    bytes
}

fn key_bytes(key: &Key) -> Vec<u8> {
    let mut bytes = Vec::new();
    key.encode(&mut bytes);
    bytes
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What came of bytes is a value like any other. Amending with a guest of no bytes, which the edge does not
/// ask for, is the one thing that can be read and not be said again.
fn assert_comes_back(read: &Command) {
    let unsaid = matches!(&read.op, Op::Amend { guest: Some(guest), .. } if *guest == Sealed::default());
    if !unsaid {
        assert_eq!(commands::decode(commands::encode(read)).as_ref(), Ok(read));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_row_comes_back((key, row) in drawn::row()) {
        prop_assert_eq!(rows::decode(&key, &row_bytes(&row)), Ok(row));
    }

    #[test]
    fn encoding_a_row_appends((_, row) in drawn::row()) {
        let mut bytes = vec![1, 2, 3];
        rows::encode(&row, &mut bytes);
        prop_assert_eq!(&bytes[..3], &[1, 2, 3]);
        prop_assert_eq!(&bytes[3..], row_bytes(&row));
    }

    #[test]
    fn a_key_comes_back(key in drawn::key()) {
        prop_assert_eq!(Key::decode(&key_bytes(&key)), Ok(key));
    }

    #[test]
    fn a_command_comes_back(command in drawn::command()) {
        prop_assert_eq!(commands::decode(commands::encode(&command)), Ok(command));
    }

    #[test]
    fn a_torn_row_is_an_error_or_a_value((key, row) in drawn::row()) {
        let bytes = row_bytes(&row);
        for end in 0..bytes.len() {
            if let Ok(read) = rows::decode(&key, &bytes[..end]) {
                prop_assert_eq!(rows::decode(&key, &row_bytes(&read)), Ok(read));
            }
        }
    }

    #[test]
    fn a_torn_key_is_an_error(key in drawn::key()) {
        let bytes = key_bytes(&key);
        for end in 0..bytes.len() {
            prop_assert_eq!(Key::decode(&bytes[..end]), Err(KeyError));
        }
    }

    #[test]
    fn a_torn_command_is_an_error_or_a_value(command in drawn::command()) {
        let bytes = commands::encode(&command);
        for end in 0..bytes.len() {
            if let Ok(read) = commands::decode(bytes.slice(..end)) {
                assert_comes_back(&read);
            }
        }
    }

    /// Bytes with a few of them changed get further into a decoder than random ones.
    #[test]
    fn a_damaged_row_is_an_error_or_a_value(
        (key, row) in drawn::row(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = row_bytes(&row);
        spoil(&mut bytes, &damage);
        if let Ok(read) = rows::decode(&key, &bytes) {
            prop_assert_eq!(rows::decode(&key, &row_bytes(&read)), Ok(read));
        }
    }

    #[test]
    fn a_damaged_command_is_an_error_or_a_value(
        command in drawn::command(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = commands::encode(&command).to_vec();
        spoil(&mut bytes, &damage);
        if let Ok(read) = commands::decode(bytes.into()) {
            assert_comes_back(&read);
        }
    }

    #[test]
    fn random_bytes_are_an_error_or_a_value(key in drawn::key(), bytes in vec(any::<u8>(), 0..60)) {
        if let Ok(read) = Key::decode(&bytes) {
            prop_assert_eq!(key_bytes(&read), &bytes[..]);
        }
        if let Ok(read) = rows::decode(&key, &bytes) {
            prop_assert_eq!(rows::decode(&key, &row_bytes(&read)), Ok(read));
        }
        if let Ok(read) = commands::decode(bytes.into()) {
            assert_comes_back(&read);
        }
    }
}

fn spoil(bytes: &mut [u8], damage: &[(Index, u8)]) {
    if bytes.is_empty() {
        return;
    }
    for (place, byte) in damage {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
}

#[test]
fn an_index_row_has_no_bytes_and_a_command_has_some() {
    for (name, key, row) in pinned::rows().into_iter().filter(|(_, _, row)| *row == Row::Present) {
        assert!(row_bytes(&row).is_empty(), "{name}");
        assert_eq!(rows::decode(&key, &[0]), Err(Malformed("index row")), "{name}");
    }
    assert!(commands::decode(Bytes::new()).is_err());
}

/// `name: key = value` and `name: command`, in hexadecimal. A line that is no longer true means that a running
/// cluster cannot read its own files: give the field a new tag instead. New lines come at the end of a table.
#[test]
fn the_stored_bytes_are_these() {
    let mut stored = String::new();
    for (name, key, row) in pinned::rows() {
        stored.push_str(&format!("{name}: {} = {}\n", hex(&key_bytes(&key)), hex(&row_bytes(&row))));
        assert_eq!(rows::decode(&key, &row_bytes(&row)), Ok(row), "{name}");
    }
    for (name, op) in pinned::ops() {
        let command = pinned::command(op);
        stored.push_str(&format!("{name}: {}\n", hex(&commands::encode(&command))));
        assert_eq!(commands::decode(commands::encode(&command)), Ok(command), "{name}");
    }
    let expected = include_str!("pinned/bytes.txt");
    for (is, was) in stored.lines().zip(expected.lines()) {
        assert_eq!(is, was, "the stored format has changed");
    }
    assert_eq!(stored.lines().count(), expected.lines().count(), "a kind was added or left out:\n{stored}");
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
