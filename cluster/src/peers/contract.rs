//! The contract between nodes: each call, who may make it, and its bounds. The checks read this table, and
//! `docs/peer-protocol.md` shows it.

use super::links::PEER_MESSAGE_BYTES;

/// A call of one node to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    Hello,
    Append,
    AppendOne,
    AppendInParts,
    Vote,
    PreVote,
    TransferLeader,
    Snapshot,
    Propose,
    ReadIndex,
    HeldVote,
    Cosign,
    Applied,
    HandOver,
    Replace,
    Usage,
}

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A member that is not fenced.
    Member,
    /// A first member that is not fenced. It may have lost its data, and then it is no member now.
    FirstMember,
}

/// Whose name a message bears. It must be the caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bears {
    /// None.
    NoName,
    /// The member that it is about.
    Itself,
    /// The candidate of its vote: a vote that was not elected.
    Candidate,
    /// The leader of its vote: a vote that was elected.
    Leader,
}

/// What a call may be.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The name in the proto file.
    pub name: &'static str,
    /// Who may make it.
    pub sender: Sender,
    /// Whose name its messages bear.
    pub bears: Bears,
    /// Whether it is for one incarnation of this node only.
    pub for_incarnation: bool,
    /// The most bytes of a message.
    pub message_bytes: usize,
    /// How many calls of one node are answered at once, for each shard. Further calls wait unread.
    pub at_once: usize,
}

impl Call {
    /// Every call of the service.
    pub const ALL: [Call; 16] = [
        Call::Hello,
        Call::Append,
        Call::AppendOne,
        Call::AppendInParts,
        Call::Vote,
        Call::PreVote,
        Call::TransferLeader,
        Call::Snapshot,
        Call::Propose,
        Call::ReadIndex,
        Call::HeldVote,
        Call::Cosign,
        Call::Applied,
        Call::HandOver,
        Call::Replace,
        Call::Usage,
    ];

    /// The contract.
    pub const fn rule(self) -> Rule {
        use Bears::{Candidate, Itself, Leader, NoName};
        use Sender::{FirstMember, Member};
        const SMALL: usize = 4 << 10;
        let (name, sender, bears, for_incarnation, message_bytes, at_once) = match self {
            // Before a node knows the other's incarnation.
            Call::Hello => ("Hello", Member, NoName, false, SMALL, 4),
            Call::Append => ("Append", Member, Leader, true, PEER_MESSAGE_BYTES, 2),
            Call::AppendOne => ("AppendOne", Member, Leader, true, PEER_MESSAGE_BYTES, 2),
            // `serving/service.rs` takes one at a time.
            Call::AppendInParts => ("AppendInParts", Member, Leader, true, 2 << 20, 1),
            Call::Vote => ("Vote", Member, Candidate, true, SMALL, 4),
            Call::PreVote => ("PreVote", Member, Candidate, true, SMALL, 4),
            Call::TransferLeader => ("TransferLeader", Member, Leader, true, SMALL, 4),
            // A header has about 250 bytes for each file.
            Call::Snapshot => ("Snapshot", Member, Leader, true, 4 << 20, 1),
            // A batch has at most 2 MiB, and checkpoints join it.
            Call::Propose => ("Propose", Member, NoName, true, 4 << 20, 8),
            Call::ReadIndex => ("ReadIndex", Member, NoName, true, SMALL, 64),
            Call::HeldVote => ("HeldVote", Member, NoName, true, SMALL, 4),
            Call::Cosign => ("Cosign", Member, NoName, true, 64 << 10, 2),
            Call::Applied => ("Applied", Member, NoName, true, SMALL, 64),
            Call::HandOver => ("HandOver", Member, NoName, true, SMALL, 4),
            Call::Replace => ("Replace", FirstMember, Itself, false, SMALL, 4),
            Call::Usage => ("Usage", Member, NoName, true, 1 << 20, 4),
        };
        Rule { name, sender, bears, for_incarnation, message_bytes, at_once }
    }

    /// The call of a request's path; `None` if the service has no such call.
    pub fn of_path(path: &str) -> Option<Call> {
        let name = path.strip_prefix("/keyrack.internal.Peer/")?;
        Call::ALL.into_iter().find(|call| call.rule().name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_service_has_a_rule() {
        let proto = read("../proto/proto/keyrack/internal/cluster.proto");
        let service = proto.split_once("service Peer {").and_then(|(_, rest)| rest.split_once('}')).expect("the service").0;
        let rpc = |line: &str| Some(line.trim().strip_prefix("rpc ")?.split_once('(')?.0.to_owned());
        let methods: Vec<String> = service.lines().filter_map(rpc).collect();
        assert_eq!(methods.len(), Call::ALL.len());
        for method in methods {
            assert!(Call::of_path(&format!("/keyrack.internal.Peer/{method}")).is_some(), "{method}");
        }
        for other in ["/keyrack.internal.Peer/", "/keyrack.internal.Peer/Steal", "/keyrack.v1.Peer/Vote", ""] {
            assert_eq!(Call::of_path(other), None);
        }
    }

    #[test]
    fn the_document_has_the_same_table() {
        let document = read("../docs/peer-protocol.md");
        let missing: Vec<String> = Call::ALL.map(row).into_iter().filter(|row| !document.contains(row)).collect();
        assert!(missing.is_empty(), "docs/peer-protocol.md lacks:\n{}", missing.join("\n"));
    }

    fn read(path: &str) -> String {
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
    }

    fn row(call: Call) -> String {
        let rule = call.rule();
        let sender = match (rule.sender, rule.bears) {
            (Sender::FirstMember, _) => "a first member, for itself",
            (Sender::Member, Bears::Leader) => "the leader that the vote names",
            (Sender::Member, Bears::Candidate) => "the candidate that the vote names",
            (Sender::Member, Bears::Itself | Bears::NoName) => "any member",
        };
        let to = if rule.for_incarnation { "this incarnation" } else { "this node" };
        let size = match rule.message_bytes {
            bytes if bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
            bytes => format!("{} KiB", bytes >> 10),
        };
        format!("| `{}` | {sender} | {to} | {size} | {} |", rule.name, rule.at_once)
    }
}
