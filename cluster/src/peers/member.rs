//! A member of a shard's Raft group.

use keyrack_proto::internal as pb;

/// A member as the Raft log records it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Drawn with its data folder: a wiped node is another member.
    pub incarnation: u64,
    /// `host:port` of its peer listener.
    pub peer: String,
    /// The URL of its HTTP edge.
    pub http: String,
    /// The URL of its gRPC listener.
    pub grpc: String,
    /// Its region.
    pub region: String,
}

impl Member {
    /// The member as it is sent and stored, with the node's id.
    pub fn encoded(&self, id: u64) -> pb::MemberInfo {
        pb::MemberInfo {
            id,
            incarnation: self.incarnation,
            peer: self.peer.clone(),
            http: self.http.clone(),
            grpc: self.grpc.clone(),
            region: self.region.clone(),
        }
    }

    /// The node's id and the member, from what was sent or stored.
    pub fn decoded(info: pb::MemberInfo) -> (u64, Member) {
        let pb::MemberInfo { id, incarnation, peer, http, grpc, region } = info;
        (id, Member { incarnation, peer, http, grpc, region })
    }
}
