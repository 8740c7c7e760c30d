//! A member of a shard's Raft group.

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
