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

/// Version 1 has no seals: nine counts and no seal after them.
#[test]
fn a_state_of_the_first_version_is_read() {
    let mut expected = state();
    let seal = Seal { leaf: 4, records: 300, link: [6; 32] };
    assert_eq!(expected.ledger.seal, Some(seal));
    let whole = expected.encode();
    // The seal and the number of seals are before the findings, the tenth count is 24 bytes before that.
    let sealed = [&1u64.to_le_bytes()[..], &seal.leaf.to_le_bytes(), &seal.records.to_le_bytes(), &seal.link].concat();
    let at = whole.windows(sealed.len()).position(|part| part == sealed).expect("the seal");
    let payload = [&whole[63..at - 32], &whole[at - 24..at], &whole[at + sealed.len()..]].concat();
    expected.ledger.seal = None;
    expected.ledger.counts.kinds[9] = 0;
    let first = [b"keyrack audit state, version 1\n", &leaf_hash(&payload)[..], &payload].concat();
    assert_eq!(State::decode(&first), Ok(expected));
    // A file of one version is refused under the header of the other.
    assert!(State::decode(&[b"keyrack audit state, version 2\n", &first[31..]].concat()).is_err());
    assert!(State::decode(&[b"keyrack audit state, version 1\n", &whole[31..]].concat()).is_err());
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
    let newer = String::from_utf8_lossy(&whole[..31]).replace("version 2", "version 3");
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
