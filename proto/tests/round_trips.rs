//! Stored rows and logged commands: they decode to the encoded value, bytes that cannot be decoded give an error and
//! never a panic, and the bytes themselves are pinned, because old ones must stay readable.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod drawn;
mod pinned;

use bytes::Bytes;
use keyrack_inventory::*;
use keyrack_proto::{Malformed, commands, internal as pb, rows};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use prost::Message;

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

/// A decoded command must round-trip. The one exception is an amendment with a guest of no bytes: it can be decoded but
/// not encoded, and the edge never sends it.
fn assert_comes_back(read: &Command) {
    let unsaid = matches!(&read.op, Op::Amend { guest: Some(guest), .. } if *guest == Sealed::default());
    if !unsaid {
        assert_eq!(commands::decode(commands::encode(read)).as_ref(), Ok(read));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_row_round_trips((key, row) in drawn::row()) {
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
    fn a_key_round_trips(key in drawn::key()) {
        prop_assert_eq!(Key::decode(&key_bytes(&key)), Ok(key));
    }

    #[test]
    fn a_command_round_trips(command in drawn::command()) {
        prop_assert_eq!(commands::decode(commands::encode(&command)), Ok(command));
    }

    #[test]
    fn a_truncated_row_is_an_error_or_a_value((key, row) in drawn::row()) {
        let bytes = row_bytes(&row);
        for end in 0..bytes.len() {
            if let Ok(read) = rows::decode(&key, &bytes[..end]) {
                prop_assert_eq!(rows::decode(&key, &row_bytes(&read)), Ok(read));
            }
        }
    }

    #[test]
    fn a_truncated_key_is_an_error(key in drawn::key()) {
        let bytes = key_bytes(&key);
        for end in 0..bytes.len() {
            prop_assert_eq!(Key::decode(&bytes[..end]), Err(KeyError));
        }
    }

    #[test]
    fn a_truncated_command_is_an_error_or_a_value(command in drawn::command()) {
        let bytes = commands::encode(&command);
        for end in 0..bytes.len() {
            if let Ok(read) = commands::decode(bytes.slice(..end)) {
                assert_comes_back(&read);
            }
        }
    }

    /// A few changed bytes in a valid encoding get further into a decoder than random bytes do.
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

/// Lines are `name: key = value` and `name: command`, in hexadecimal. If a line changes, a running cluster can no
/// longer read its own files: give the field a new tag instead. New lines go to the end of a table.
#[test]
fn the_stored_bytes_never_change() {
    let mut stored = String::new();
    for (name, key, row) in pinned::rows() {
        stored.push_str(&format!("{name}: {} = {}\n", hex(&key_bytes(&key)), hex(&row_bytes(&row))));
        assert_eq!(rows::decode(&key, &row_bytes(&row)), Ok(row), "{name}");
    }
    for (name, command) in commands() {
        stored.push_str(&format!("{name}: {}\n", hex(&commands::encode(&command))));
        assert_eq!(commands::decode(commands::encode(&command)), Ok(command), "{name}");
    }
    let expected = include_str!("pinned/bytes.txt");
    for (is, was) in stored.lines().zip(expected.lines()) {
        assert_eq!(is, was, "the stored format has changed");
    }
    assert_eq!(stored.lines().count(), expected.lines().count(), "a kind was added or removed:\n{stored}");
}

/// First the commands without a caller, from the version before commands had callers.
fn commands() -> Vec<(&'static str, Command)> {
    pinned::ops().into_iter().map(|(name, op)| (name, pinned::command(op))).chain(pinned::asked()).collect()
}

/// Decodes the pinned lines themselves, not only the bytes that this version writes.
#[test]
fn pinned_bytes_are_readable() {
    let (rows, commands_asked) = (pinned::rows(), commands());
    let (of_rows, of_ops): (Vec<_>, Vec<_>) = include_str!("pinned/bytes.txt").lines().partition(|line| line.contains(" = "));
    assert_eq!((of_rows.len(), of_ops.len()), (rows.len(), commands_asked.len()));
    for (line, (name, key, row)) in of_rows.into_iter().zip(rows) {
        let (stored_key, stored_row) = line.strip_prefix(name).unwrap()[2..].split_once(" = ").unwrap();
        assert_eq!(Key::decode(&unhex(stored_key)), Ok(key), "{name}");
        assert_eq!(rows::decode(&key, &unhex(stored_row)), Ok(row), "{name}");
    }
    for (line, (name, command)) in of_ops.into_iter().zip(commands_asked) {
        let stored = &line.strip_prefix(name).unwrap()[2..];
        assert_eq!(commands::decode(unhex(stored).into()), Ok(command), "{name}");
    }
}

/// This row was written before there were leaves: the guest's key is in the booking, and there is no erasure flag.
#[test]
fn a_booking_of_the_first_version_keeps_its_guest() {
    let stored = "0a10000000070000000000010000000000021001180120a09c0128a29c013a0345555242070a02aabb1201cc58e80760d00f";
    let key = Key::Booking(BookingId::new(PropertyNumber(7), 1, 2));
    let Ok(Row::Booking(booking)) = rows::decode(&key, &unhex(stored)) else { panic!("the booking is not readable") };
    assert_eq!(booking.guest, Sealed { ciphertext: vec![0xaa, 0xbb], wrapped_key: vec![0xcc] });
    assert_eq!((booking.leaf, booking.guest_erased, booking.cancellation_fee), (None, false, None));
    let meta = Meta { last_at_ms: 1, next_sequence: 2, ..Meta::default() };
    assert_eq!(rows::decode(&Key::Meta, &unhex("08011002")), Ok(Row::Meta(meta)));
    assert_eq!(row_bytes(&Row::Booking(booking)), unhex(stored));
}

/// Absent or empty seeds and salts decode to zeros.
#[test]
fn absent_salts_decode_to_zeros() {
    let key = Key::Guest(BookingId([7; 16]));
    assert_eq!(rows::decode(&key, &[]), Ok(Row::Guest(GuestSecrets::default().into())));
    let secrets = GuestSecrets { digests: vec![[0x33; 32]], ..GuestSecrets::default() };
    let row = pb::GuestRow { digests: vec![0x33; 32].into(), ..pb::GuestRow::default() };
    assert_eq!(rows::decode(&key, &row.encode_to_vec()), Ok(Row::Guest(secrets.into())));
    let amend = pb::Amend { booking: vec![7; 16].into(), seeds: Some(pb::LeafSeeds::default()), ..pb::Amend::default() };
    let read = commands::decode(said(pb::command::Op::Amend(amend))).map(|command| command.op);
    assert!(matches!(read, Ok(Op::Amend { seeds, .. }) if seeds == LeafSeeds::default()));
}

/// Digests have 32 bytes each, salts three times 16, keys 32, ids 16.
#[test]
fn bytes_of_a_wrong_length_are_malformed() {
    let row = |digests: usize, salts: usize| {
        let (digests, salts) = (vec![1; digests].into(), vec![2; salts].into());
        let row = pb::GuestRow { digests, salts, ..pb::GuestRow::default() };
        rows::decode(&Key::Guest(BookingId([7; 16])), &row.encode_to_vec())
    };
    let keys = |log: usize, cosigner: usize| pb::ReplicaKeysRow {
        node: 1,
        log: vec![1; log].into(),
        cosigner: vec![2; cosigner].into(),
    };
    let op = |kind| commands::decode(said(kind)).map(|_| ());
    let book = |digests: usize, salts: usize| {
        let seeds =
            Some(pb::LeafSeeds { guest: vec![1; digests].into(), salts: vec![2; salts].into(), ..pb::LeafSeeds::default() });
        op(pb::command::Op::Book(pb::Book { id: vec![7; 16].into(), departure: 1, seeds, ..pb::Book::default() }))
    };
    assert!(row(64, 48).is_ok() && book(64, 48).is_ok() && op(pb::command::Op::PutReplicaKeys(keys(32, 32))).is_ok());
    for length in [1, 31, 33, 63] {
        assert_eq!(row(length, 48), Err(Malformed("digests")), "{length}");
        assert_eq!(book(length, 48), Err(Malformed("digests")), "{length}");
    }
    for length in [1, 16, 32, 47, 49, 64, 96] {
        assert_eq!(row(32, length), Err(Malformed("salts")), "{length}");
        assert_eq!(book(32, length), Err(Malformed("salts")), "{length}");
    }
    for length in [0, 31, 33] {
        for keys in [keys(length, 32), keys(32, length)] {
            assert_eq!(rows::decode(&Key::ReplicaKeys(1), &keys.encode_to_vec()), Err(Malformed("replica key")), "{length}");
            assert_eq!(op(pb::command::Op::PutReplicaKeys(keys)), Err(Malformed("replica key")), "{length}");
        }
    }
    for length in [0, 15, 17] {
        let erase = pb::command::Op::EraseGuest(vec![7; length].into());
        assert_eq!(op(erase), Err(Malformed("booking id")), "{length}");
    }
}

/// Roles are 1 to 6, addresses and ids have 16 bytes, links have 32; actions and verdicts fit their types.
#[test]
fn invalid_grants_actors_and_audit_records_are_malformed() {
    let grant =
        |role| rows::decode(&Key::Grant(1), &pb::GrantRow { role, ..pb::GrantRow::default() }.encode_to_vec()).map(|_| ());
    assert!((1..=6).all(|role| grant(role).is_ok()));
    assert!([0, 7, u32::MAX].map(grant).iter().all(|read| *read == Err(Malformed("role"))));

    let actor = |role, guest: usize, from: usize| pb::Actor {
        role,
        guest: vec![7; guest].into(),
        from: vec![1; from].into(),
        ..pb::Actor::default()
    };
    let seen = |actor, action, verdict, record: usize| {
        let seen = vec![pb::Observation { actor, action, verdict, record: vec![2; record].into(), ..pb::Observation::default() }];
        commands::decode(said(pb::command::Op::Observe(pb::Observe { seen }))).map(|_| ())
    };
    let nobody = || Some(actor(0, 0, 16));
    assert!(
        seen(nobody(), 255, 65_535, 16).is_ok()
            && seen(nobody(), 0, 0, 0).is_ok()
            && seen(Some(actor(0, 16, 16)), 0, 0, 0).is_ok()
    );
    assert_eq!(seen(None, 0, 0, 0), Err(Malformed("actor")));
    assert_eq!(seen(Some(actor(7, 0, 16)), 0, 0, 0), Err(Malformed("role")));
    assert_eq!(seen(nobody(), 256, 0, 0), Err(Malformed("action")));
    assert_eq!(seen(nobody(), 0, 65_536, 0), Err(Malformed("verdict")));
    for length in [1, 15, 17] {
        assert_eq!(seen(nobody(), 0, 0, length), Err(Malformed("record")), "{length}");
        assert_eq!(seen(Some(actor(0, length, 16)), 0, 0, 0), Err(Malformed("guest")), "{length}");
        assert_eq!(seen(Some(actor(0, 0, length)), 0, 0, 0), Err(Malformed("address")), "{length}");
    }
    let reply = Some(pb::Reply { reply: Some(pb::reply::Reply::Done(pb::Nothing {})) });
    for length in [0, 31, 33] {
        let mark = Some(pb::Mark { actor: nobody(), link: vec![3; length].into(), ..pb::Mark::default() });
        let line = pb::JournalRow { reply: reply.clone(), mark, ..pb::JournalRow::default() };
        assert_eq!(rows::decode(&Key::Journal(1), &line.encode_to_vec()), Err(Malformed("link")), "{length}");
        let meta = pb::MetaRow { audit_link: vec![3; length].into(), ..pb::MetaRow::default() };
        let read = rows::decode(&Key::Meta, &meta.encode_to_vec());
        // A shard's clock from before the audit trail has no link.
        assert_eq!(read.is_ok(), length == 0, "{length}");
    }
}

/// A row without the new fields has the same bytes as in the version before grants.
#[test]
fn rows_without_new_fields_keep_their_bytes() {
    let (_, key, row) = pinned::rows().remove(4);
    let Row::Booking(booking) = &row else { panic!("row 4 is not the booking") };
    assert_eq!(booking.seller, 0);
    let mut named = Booking::clone(booking);
    named.seller = 300;
    let (before, after) = (row_bytes(&row), row_bytes(&Row::Booking(named.into())));
    assert_eq!(after[..before.len()], before[..], "the new field comes last");
    assert_eq!(rows::decode(&key, &before), Ok(row));
}

/// A leaf's bytes are hashed, so this crate stores them unchanged.
#[test]
fn a_leaf_is_stored_unchanged() {
    for bytes in [&b""[..], &[0], &[0xff; 70_000]] {
        let row = Row::Leaf(bytes.to_vec());
        assert_eq!(row_bytes(&row), bytes);
        assert_eq!(rows::decode(&Key::Leaf(0), bytes), Ok(row));
    }
}

fn said(op: pb::command::Op) -> Bytes {
    pb::Command { property: 7, op: Some(op), ..pb::Command::default() }.encode_to_vec().into()
}

fn unhex(text: &str) -> Vec<u8> {
    if text == "nothing" {
        return Vec::new();
    }
    base16ct::lower::decode_vec(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    base16ct::lower::encode_string(bytes)
}
