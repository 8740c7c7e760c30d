//! Sends a snapshot to a replica that needs entries that the log no longer has.

use std::io::{self, Read};

use bytes::Bytes;
use keyrack_proto::internal as pb;
use tonic::Streaming;

use super::types::Vote;
use super::{heard, wire};
use crate::malformed::malformed;
use crate::peers::Client;
use crate::storage::SnapshotDir;

const SNAPSHOT_CHUNK_BYTES: usize = 1 << 20;

/// Sends the files of a snapshot that the receiver lacks. Returns the receiver's vote.
pub async fn send_snapshot(mut client: Client, vote: Vote, snapshot: SnapshotDir) -> io::Result<Vote> {
    let (chunks, outgoing) = tokio::sync::mpsc::channel(4);
    let header = pb::SnapshotHeader { vote: Some(wire::vote_out(&vote)), manifest: Some(snapshot.manifest.clone()) };
    let gone = |_| io::Error::other("the receiver of the snapshot closed the stream");
    chunks.send(chunk(pb::snapshot_chunk::Chunk::Header(header))).await.map_err(gone)?;
    let outgoing = tokio_stream::wrappers::ReceiverStream::new(outgoing);
    let mut replies = client.snapshot(outgoing).await.map_err(io::Error::other)?.into_inner();
    let lacking = match next_reply(&mut replies).await? {
        pb::snapshot_reply::Reply::Lacking(lacking) => lacking.files,
        pb::snapshot_reply::Reply::Installed(theirs) => return heard::installed(theirs, &vote),
    };
    for number in lacking {
        let described = snapshot.manifest.files.get(number as usize).ok_or_else(|| malformed("snapshot reply"))?;
        let mut file = snapshot.file(described, false)?;
        chunks.send(chunk(pb::snapshot_chunk::Chunk::File(number))).await.map_err(gone)?;
        loop {
            let mut buffer = vec![0; SNAPSHOT_CHUNK_BYTES];
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            buffer.truncate(read);
            chunks.send(chunk(pb::snapshot_chunk::Chunk::Data(Bytes::from(buffer)))).await.map_err(gone)?;
        }
    }
    drop(chunks);
    match next_reply(&mut replies).await? {
        pb::snapshot_reply::Reply::Installed(theirs) => heard::installed(theirs, &vote),
        pb::snapshot_reply::Reply::Lacking(_) => Err(malformed("snapshot reply")),
    }
}

fn chunk(chunk: pb::snapshot_chunk::Chunk) -> pb::SnapshotChunk {
    pb::SnapshotChunk { chunk: Some(chunk) }
}

async fn next_reply(replies: &mut Streaming<pb::SnapshotReply>) -> io::Result<pb::snapshot_reply::Reply> {
    let reply = replies.message().await.map_err(io::Error::other)?;
    reply.and_then(|reply| reply.reply).ok_or_else(|| malformed("snapshot reply"))
}
