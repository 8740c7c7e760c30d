//! Which commands a leader proposes for another node.
//!
//! The other node has signed in the caller, so a command with a caller is the caller's word on the word of that node. A command of
//! the cluster itself has no caller. A node may forward only those in the table below, and only what it may say: its own keys, what
//! it observed, and grants as the directory has them. All others come from the leader itself.

use std::io;

use bytes::Bytes;
use keyrack_inventory::{Grant, Op};
use keyrack_proto::commands;

use crate::directory;
use crate::node::Node;
use crate::receipts::are_proven;
use crate::shard::MAX_COMMAND_BYTES;
use crate::state::readable;

/// Why a forwarded command is not proposed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProposed {
    /// The caller or this node has not applied the directory's newest change yet. Nothing is proposed, and the caller tries again. An
    /// older grant is not taken either: the shard may have none yet, and would store it.
    #[error("the grant of principal {0} has another revision than in the directory")]
    Behind(u32),
    /// Larger than a command may be.
    #[error("a forwarded command has {0} bytes, and a command has at most {MAX_COMMAND_BYTES}")]
    TooLarge(usize),
    /// It cannot be read.
    #[error("a forwarded command cannot be read: {0}")]
    Unreadable(String),
    /// A command that only the leader itself proposes.
    #[error("node {0} forwards a command that only a shard's leader proposes")]
    OfTheLeader(u64),
    /// Keys of another node.
    #[error("node {from} announces the keys of node {of}")]
    OtherKeys {
        /// The caller.
        from: u64,
        /// The node whose keys they are said to be.
        of: u64,
    },
    /// Keys without the proof that the caller has them.
    #[error("node {0} announces keys without the proof that it has them")]
    Unproven(u64),
    /// A grant that is not the directory's.
    #[error("node {from} sends a grant of principal {principal} that the directory does not have")]
    OtherGrant {
        /// The caller.
        from: u64,
        /// The principal's number.
        principal: u32,
    },
}

impl From<NotProposed> for io::Error {
    fn from(cause: NotProposed) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, cause)
    }
}

/// Checks an encoded command that the node `from` forwards to the leader of a shard.
pub fn check(node: &Node, from: u64, shard: u32, command: &Bytes) -> Result<(), NotProposed> {
    if command.len() > MAX_COMMAND_BYTES {
        return Err(NotProposed::TooLarge(command.len()));
    }
    if shard == directory::SHARD {
        let read = readable::check_command(shard, command.clone());
        return read.map_err(|cause| NotProposed::Unreadable(cause.to_string()));
    }
    let command = commands::decode(command.clone()).map_err(|cause| NotProposed::Unreadable(cause.to_string()))?;
    let granted = |number: u32| node.directory.principals().find_number(number).map(|principal| principal.grant());
    check_op((from, shard), command.by.is_some(), &command.op, granted)
}

fn check_op(
    (from, shard): (u64, u32),
    has_caller: bool,
    op: &Op,
    granted: impl Fn(u32) -> Option<Grant>,
) -> Result<(), NotProposed> {
    match op {
        Op::PutGrant { number, grant } => match granted(*number) {
            Some(known) if grant == &known => Ok(()),
            Some(known) if grant.revision == known.revision => Err(NotProposed::OtherGrant { from, principal: *number }),
            Some(_) | None => Err(NotProposed::Behind(*number)),
        },
        Op::PutProvenKeys(proven) if proven.keys.node != from => Err(NotProposed::OtherKeys { from, of: proven.keys.node }),
        Op::PutProvenKeys(proven) if !are_proven(proven, shard) => Err(NotProposed::Unproven(from)),
        Op::PutProvenKeys(_) | Op::Observe(_) if !has_caller => Ok(()),
        _ if has_caller && op.kind().right().is_some() => Ok(()),
        _ => Err(NotProposed::OfTheLeader(from)),
    }
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{BookingId, ProvenKeys, Role};

    use super::*;
    use crate::receipts::NodeKeys;

    /// The keys of a node, proven for shard 1.
    fn keys(node: u64) -> ProvenKeys {
        NodeKeys::derive(&[7; 32], "hotels", node, 1).expect("keys").proven(1).expect("shard 1")
    }

    fn grant(revision: u64, role: Role) -> Grant {
        Grant {
            revision,
            role,
            revoked: false,
            properties: Vec::new(),
            regions: Vec::new(),
            own_only: false,
            hold_room_minutes: 0,
            credentials: Vec::new(),
        }
    }

    /// Node 2 forwards it. The directory has principal 7 at revision 3.
    fn checked(has_caller: bool, op: &Op) -> Result<(), NotProposed> {
        check_op((2, 1), has_caller, op, |number| (number == 7).then(|| grant(3, Role::Channel)))
    }

    #[test]
    fn a_node_may_say_what_it_observed_and_its_own_keys() {
        assert_eq!(checked(false, &Op::Observe(Vec::new())), Ok(()));
        assert_eq!(checked(false, &Op::PutProvenKeys(keys(2))), Ok(()));
        assert_eq!(checked(false, &Op::PutProvenKeys(keys(3))), Err(NotProposed::OtherKeys { from: 2, of: 3 }));
        let unproven = ProvenKeys { by_cosigner: [0; 64], ..keys(2) };
        assert_eq!(checked(false, &Op::PutProvenKeys(unproven)), Err(NotProposed::Unproven(2)));
        assert_eq!(checked(false, &Op::PutReplicaKeys(keys(2).keys)), Err(NotProposed::OfTheLeader(2)), "without any proof");
    }

    #[test]
    fn what_only_a_leader_proposes_is_not_taken_from_another_node_with_or_without_a_caller() {
        let (size, note) = (1, String::new());
        let rewrap = Op::RewrapGuest { booking: BookingId([1; 16]), from: Vec::new(), to: Vec::new() };
        for op in [Op::Tick, Op::SealAudit, Op::PutCheckpoint { size, note }, rewrap] {
            for has_caller in [false, true] {
                assert_eq!(checked(has_caller, &op), Err(NotProposed::OfTheLeader(2)), "{op:?}");
            }
        }
        assert_eq!(checked(true, &Op::Observe(Vec::new())), Err(NotProposed::OfTheLeader(2)));
        assert_eq!(checked(true, &Op::PutProvenKeys(keys(2))), Err(NotProposed::OfTheLeader(2)));
    }

    #[test]
    fn a_callers_command_needs_a_caller() {
        let erase = Op::EraseGuest { booking: BookingId([1; 16]) };
        assert_eq!(checked(true, &erase), Ok(()));
        assert_eq!(checked(false, &erase), Err(NotProposed::OfTheLeader(2)));
    }

    #[test]
    fn a_grant_is_the_directorys() {
        let put = |number, grant| Op::PutGrant { number, grant };
        for has_caller in [false, true] {
            assert_eq!(checked(has_caller, &put(7, grant(3, Role::Channel))), Ok(()));
            assert_eq!(checked(has_caller, &put(7, grant(2, Role::Operator))), Err(NotProposed::Behind(7)), "older");
            let other = Err(NotProposed::OtherGrant { from: 2, principal: 7 });
            assert_eq!(checked(has_caller, &put(7, grant(3, Role::Operator))), other);
            assert_eq!(checked(has_caller, &put(7, grant(4, Role::Channel))), Err(NotProposed::Behind(7)));
            assert_eq!(checked(has_caller, &put(8, grant(1, Role::Channel))), Err(NotProposed::Behind(8)));
        }
    }
}
