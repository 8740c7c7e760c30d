//! Sends an entry that is larger than a message between nodes may be, in parts. Entries of today are far smaller. Versions before
//! `shard/limits.rs` bounded commands and batches made larger ones, which no follower accepted.

use bytes::Bytes;
use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use openraft::raft::AppendEntriesRequest;
use tonic::{Status, Streaming};

use super::log_store::APPEND_BYTES;
use super::types::{EntryPayload, Payload, Types};
use crate::peers::Client;

/// The bytes of one part.
const PART_BYTES: usize = 1 << 20;
/// The largest entry that older versions could make: 256 commands of 4 MiB.
const LARGEST_ENTRY_BYTES: usize = 1 << 30;

/// Whether a request has a single entry that is too large for one message.
pub fn is_too_large(request: &AppendEntriesRequest<Types>) -> bool {
    matches!(request.entries.as_slice(), [one] if matches!(&one.payload, EntryPayload::Normal(Payload(batch)) if batch.len() > APPEND_BYTES))
}

/// Sends an append of one entry in parts: the request without the entry's batch, then the batch.
pub async fn append_in_parts(mut client: Client, mut request: pb::AppendRequest) -> Result<pb::AppendReply, Status> {
    use pb::append_part::Part;
    let batch = request.entries.first_mut().and_then(|entry| entry.batch.replace(Bytes::new())).unwrap_or_default();
    let slices = (0..batch.len()).step_by(PART_BYTES).map(move |from| batch.slice(from..batch.len().min(from + PART_BYTES)));
    let parts = std::iter::once(Part::Head(request)).chain(slices.map(Part::Data));
    let parts = futures::stream::iter(parts.map(|part| pb::AppendPart { part: Some(part) }));
    client.append_in_parts(parts).await.map(tonic::Response::into_inner)
}

/// Reads the first part: the request without its batch.
pub async fn head(parts: &mut Streaming<pb::AppendPart>) -> Result<pb::AppendRequest, Status> {
    match parts.message().await?.and_then(|message| message.part) {
        Some(pb::append_part::Part::Head(request)) if request.entries.len() == 1 => Ok(request),
        _ => Err(Status::invalid_argument("the first part of an append must be a request with one entry")),
    }
}

/// Reads the other parts, and returns the request with its batch.
pub async fn complete(
    mut request: pb::AppendRequest,
    mut parts: impl Stream<Item = Result<pb::AppendPart, Status>> + Unpin,
) -> Result<pb::AppendRequest, Status> {
    let mut batch = Vec::new();
    while let Some(message) = parts.next().await {
        let Some(pb::append_part::Part::Data(data)) = message?.part else {
            return Err(Status::invalid_argument("a later part of an append must be data"));
        };
        if batch.len() + data.len() > LARGEST_ENTRY_BYTES {
            return Err(Status::invalid_argument("the entry is larger than an entry can be"));
        }
        batch.extend_from_slice(&data);
    }
    if let Some(entry) = request.entries.first_mut() {
        entry.batch = Some(batch.into());
    }
    Ok(request)
}
