//! Notes of `keyrack principal`, `key` and `node`.

/// The note after `node lead`.
pub fn handing_over(shard: u32, node: u64) -> String {
    format!(
        "asked the leader of shard {shard} to hand over to node {node}. The event leader_gained in the log of each node shows the \
         result, usually within a second."
    )
}

/// The note after a key was created that replaces another one.
pub fn replaced(prefix: &str, overlap_seconds: u64) -> String {
    format!("the key kr_{prefix} stays valid for at most {overlap_seconds} s more")
}

/// An answer that this version cannot read, after a key was created.
pub const KEY_ANSWER_UNREAD: &str =
    "the key was created, but this version cannot read the answer. The answer follows unread; the key is shown only this once.";
