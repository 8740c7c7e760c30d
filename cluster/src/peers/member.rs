//! A member of a shard's Raft group.

use keyrack_proto::internal as pb;

/// A member as the Raft log records it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// A random number of its data folder: a node with a new folder is a different member.
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
    /// Converts the member and the node's id to the form that is sent and stored.
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

    /// Converts the form that is sent and stored back to the node's id and the member.
    pub fn decoded(info: pb::MemberInfo) -> (u64, Member) {
        let pb::MemberInfo { id, incarnation, peer, http, grpc, region } = info;
        (id, Member { incarnation, peer, http, grpc, region })
    }
}
