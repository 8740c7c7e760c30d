//! State files, valid and damaged.

use keyrack_inventory::{Leaf, LeafBody, LeafKind, ReplicaKeys};
use keyrack_merkle::{Note, Signature, leaf_hash};

use super::super::finding::Kind;
use super::super::ledger::Seal;
use super::super::state::State;
use super::{leaf, log, rooms};
use crate::messages::audit::StateError;

fn state() -> State {
    let mut state = State::new("test/shard-1");
    let mut leaves =
        log([leaf(LeafKind::Book, 1, None), rooms(leaf(LeafKind::Cancel, 1, Some(0)), 1, 9, 9), leaf(LeafKind::Cancel, 2, None)]);
    leaves
        .push(Leaf { body: LeafBody::KeyChange(ReplicaKeys { node: 3, log: [4; 32], cosigner: [5; 32] }), ..leaves[2].clone() });
    leaves.push(Leaf { body: LeafBody::AuditSeal { count: 300, link: [6; 32] }, ..leaves[2].clone() });
    for (index, leaf) in (0..).zip(&leaves) {
        state.frontier.append(leaf_hash(&leaf.encode()), |_, _, _| {});
        state.ledger.apply_leaf(index, Ok(leaf), &mut state.findings);
    }
    state.findings.add(Kind::Oversell, None, "added by a test");
    let signature = Signature { name: "test".into(), key_id: 7, bytes: vec![1] };
    state.checkpoint = Some(Note { text: "test/shard-1\n4\n\n".replace("\n\n", "\nx\n"), signatures: vec![signature] });
    state
}

#[test]
fn a_state_survives_the_round_trip() {
    for state in [State::new("test/shard-1"), state()] {
        assert_eq!(State::decode(&state.encode()), Ok(state));
    }
}

/// Files that older versions wrote are read for ever: `state-1.bin` of the first version, and `state-2.bin` of the second one, which has seals.
#[test]
fn states_of_older_versions_are_read() {
    let expected = state();
    let seal = Seal { leaf: 4, records: 300, link: [6; 32] };
    assert_eq!(expected.ledger.seal, Some(seal));
    let second = include_bytes!("state-2.bin");
    assert_eq!(State::decode(second), Ok(expected.clone()));
    let mut unsealed = expected;
    unsealed.ledger.seal = None;
    unsealed.ledger.counts.kinds[9] = 0;
    let first = include_bytes!("state-1.bin");
    assert_eq!(State::decode(first), Ok(unsealed));
    // A file of one version is refused under the header of another.
    for (file, own) in [(&first[..], 1), (&second[..], 2), (&state().encode(), 3)] {
        for other in (1..=3).filter(|other| *other != own) {
            let header = format!("keyrack audit state, version {other}\n");
            assert!(State::decode(&[header.as_bytes(), &file[31..]].concat()).is_err(), "{own} as {other}");
        }
    }
}

#[test]
fn damaged_states_are_refused() {
    let whole = state().encode();
    for cut in 0..whole.len() {
        assert!(State::decode(&whole[..cut]).is_err(), "cut at {cut}");
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x40;
        assert!(State::decode(&changed).is_err(), "changed at {place}");
    }
    assert_eq!(State::decode(b""), Err(StateError::Format));
    assert_eq!(State::decode(&[&whole[..], b"x"].concat()), Err(StateError::Checksum));
    let newer = String::from_utf8_lossy(&whole[..31]).replace("version 3", "version 4");
    assert_eq!(State::decode(&[newer.as_bytes(), &whole[31..]].concat()), Err(StateError::Format));
}

/// Bytes with a correct checksum that this program does not write.
#[test]
fn no_bytes_make_the_reader_panic() {
    let whole = state().encode();
    let (format, payload) = (&whole[..31], &whole[63..]);
    for place in 0..payload.len() {
        for value in [0x00, 0x01, 0x7f, 0xff] {
            let mut changed = payload.to_vec();
            changed[place] = value;
            let _ = State::decode(&[format, &leaf_hash(&changed), &changed].concat());
        }
        let cut = &payload[..place];
        assert!(matches!(State::decode(&[format, &leaf_hash(cut), cut].concat()), Err(StateError::Damaged(_))), "cut at {place}");
    }
}
