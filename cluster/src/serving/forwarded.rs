//! Which commands a leader proposes for another node.
//!
//! The other node has signed in the caller, so a command with a caller is the caller's word on the word of that node. A command of
//! the cluster itself has no caller. A node may forward only those in the table below, and only what it may say: its own keys, what
//! it observed, and grants as the directory has them. All others come from the leader itself.

use std::io;

use bytes::Bytes;
use keyrack_inventory::{Grant, MAX_ARI_UPDATES, MAX_ROOMS, Op, PropertyNumber};
use keyrack_proto::internal as pb;

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
    /// This node has not applied the property's registration yet, and the caller tries again.
    #[error("property {0} is not in the directory")]
    UnknownProperty(u32),
    /// A command for a property of another shard.
    #[error("property {property} is in shard {of}, and node {from} sends a command for it to shard {to}")]
    OtherShard {
        /// The caller.
        from: u64,
        /// The property's number.
        property: u32,
        /// Its shard.
        of: u32,
        /// The shard that was called.
        to: u32,
    },
    /// A property is registered or removed by a node with another number of shards.
    #[error("node {from} registers or removes a property for {of} data shards, and the cluster has {own}")]
    OtherShards {
        /// The caller.
        from: u64,
        /// The number that it names.
        of: u32,
        /// The cluster's number.
        own: u32,
    },
    /// More than the services of any node take from a caller.
    #[error("node {from} forwards a command with {elements} elements, and a caller's command has at most {most}")]
    TooMany {
        /// The caller.
        from: u64,
        /// The rooms or lines.
        elements: usize,
        /// The most.
        most: usize,
    },
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
    let unreadable = |cause: io::Error| NotProposed::Unreadable(cause.to_string());
    if shard == directory::SHARD {
        let op = readable::directory_command(command.clone()).map_err(unreadable)?;
        return check_registration(from, node.config.data_shards, &op);
    }
    let command = readable::command(command.clone()).map_err(unreadable)?;
    check_property((from, shard), command.property, |number| node.directory.find_number(number).map(|place| place.shard))?;
    check_elements(from, &command.op)?;
    let granted = |number: u32| node.directory.principals().find_number(number).map(|principal| principal.grant());
    check_op((from, shard), command.by.is_some(), &command.op, granted)
}

/// A node with other settings would put a property into a shard that does not exist.
fn check_registration(from: u64, data_shards: u32, op: &pb::directory_command::Op) -> Result<(), NotProposed> {
    use pb::directory_command::Op;
    match op {
        Op::RegisterProperty(register) if register.data_shards != data_shards => {
            Err(NotProposed::OtherShards { from, of: register.data_shards, own: data_shards })
        }
        // It removes only properties in shards after these.
        Op::RemoveProperty(remove) if remove.data_shards != data_shards => {
            Err(NotProposed::OtherShards { from, of: remove.data_shards, own: data_shards })
        }
        _ => Ok(()),
    }
}

/// A command without a property is for its shard.
fn check_property(
    (from, to): (u64, u32),
    property: PropertyNumber,
    shard_of: impl Fn(PropertyNumber) -> Option<u32>,
) -> Result<(), NotProposed> {
    match shard_of(property) {
        _ if property == PropertyNumber(0) => Ok(()),
        Some(of) if of == to => Ok(()),
        Some(of) => Err(NotProposed::OtherShard { from, property: property.0, of, to }),
        None => Err(NotProposed::UnknownProperty(property.0)),
    }
}

/// The services of a node check the same of its callers (`convert/requests.rs`). Applying more than that would hold the shard up.
fn check_elements(from: u64, op: &Op) -> Result<(), NotProposed> {
    let (elements, most) = match op {
        Op::UpdateAri(updates) => (updates.len(), MAX_ARI_UPDATES),
        Op::PlaceHold { rooms, .. } | Op::Amend { rooms: Some(rooms), .. } => (rooms.len(), MAX_ROOMS as usize),
        Op::Book(request) => (request.rooms.len(), MAX_ROOMS as usize),
        Op::ConfirmHold { guests, .. } => (guests.len(), MAX_ROOMS as usize),
        _ => return Ok(()),
    };
    if elements > most { Err(NotProposed::TooMany { from, elements, most }) } else { Ok(()) }
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
    use keyrack_inventory::{
        AriUpdate, BookRequest, BookingId, DateRange, HoldId, LeafSeeds, Night, ProvenKeys, Role, RoomRequest, Sealed, ShortCode,
        Stay, Weekdays,
    };

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
    fn a_command_is_for_a_property_of_its_shard() {
        let checked = |property| {
            check_property((2, 1), PropertyNumber(property), |number| (1..=4).contains(&number.0).then_some(number.0 % 3))
        };
        assert_eq!((checked(0), checked(1), checked(4)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(checked(2), Err(NotProposed::OtherShard { from: 2, property: 2, of: 2, to: 1 }));
        assert_eq!(checked(9), Err(NotProposed::UnknownProperty(9)));
    }

    #[test]
    fn a_node_forwards_no_more_than_a_caller_may_send() {
        let code = ShortCode::new("DBL").expect("a code");
        let (children_ages, seller_nightly) = (Vec::new(), Vec::new());
        let room = RoomRequest { room_type: code, rate_plan: code, quantity: 1, adults: 1, children_ages, seller_nightly };
        let stay = Stay::new(Night(20_000), Night(20_001)).expect("a stay");
        let hold = |count| Op::PlaceHold { id: HoldId([1; 16]), stay, rooms: vec![room.clone(); count], ttl_ms: 1 };
        assert_eq!(check_elements(2, &hold(MAX_ROOMS as usize)), Ok(()));
        let too_many = Err(NotProposed::TooMany { from: 2, elements: 51, most: 50 });
        assert_eq!(check_elements(2, &hold(51)), too_many);
        let amend = |rooms: Option<Vec<RoomRequest>>| Op::Amend {
            booking: BookingId([1; 16]),
            arrival: None,
            departure: None,
            rooms,
            guest: None,
            guest_of: None,
            seeds: LeafSeeds::default(),
            expected_revision: None,
            override_reason: None,
        };
        assert_eq!((check_elements(2, &amend(None)), check_elements(2, &amend(Some(vec![room.clone(); 50])))), (Ok(()), Ok(())));
        assert_eq!(check_elements(2, &amend(Some(vec![room.clone(); 51]))), too_many);
        let booking = |count| {
            Op::Book(BookRequest {
                id: BookingId([1; 16]),
                stay,
                rooms: vec![room.clone(); count],
                guest: Sealed::default(),
                channel_ref: String::new(),
                payment_token: String::new(),
                seeds: LeafSeeds::default(),
                number: None,
                expected_total: None,
                override_reason: None,
            })
        };
        assert_eq!((check_elements(2, &booking(50)), check_elements(2, &booking(51))), (Ok(()), too_many));
        let update = AriUpdate {
            room_type: code,
            rate_plan: None,
            dates: DateRange::new(Night(20_000), Night(20_001)).expect("dates"),
            days: Weekdays::ALL,
            capacity: Some(1),
            out_of_order: None,
            rate: None,
            clear_capacity: false,
            clear_rate: false,
            stop_sell: None,
            closed_to_arrival: None,
            closed_to_departure: None,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
        };
        assert_eq!(check_elements(2, &Op::UpdateAri(vec![update.clone(); MAX_ARI_UPDATES])), Ok(()));
        assert!(check_elements(2, &Op::UpdateAri(vec![update; MAX_ARI_UPDATES + 1])).is_err());
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
        let rewrap = Op::RewrapGuest { booking: BookingId([1; 16]), from: Vec::new(), to: Vec::new(), lookups: Vec::new() };
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
