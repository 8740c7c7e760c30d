//! Receives a snapshot: stores its files one by one, checks them, and installs them together.

use std::io::{self, Write};

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use openraft::Snapshot;
use tokio::sync::mpsc;
use tonic::Status;

use super::group::Group;
use super::snapshot::meta_of;
use super::types::Vote;
use super::wire;
use crate::malformed::malformed;
use crate::storage::SnapshotDir;

/// Where replies to the sender go.
pub type SnapshotReplies = mpsc::Sender<Result<pb::SnapshotReply, Status>>;

/// A snapshot that a leader announced: the leader's vote, and the folder for the files.
pub struct IncomingSnapshot {
    vote: Vote,
    snapshot: SnapshotDir,
}

impl Group {
    /// Makes the folder for a snapshot that a leader announces.
    ///
    /// # Errors
    /// `InvalidArgument` for a header without a vote, `Unavailable` when the disk fails.
    pub fn announced_snapshot(
        &self,
        vote: Option<pb::Vote>,
        manifest: &pb::SnapshotManifest,
    ) -> Result<IncomingSnapshot, Status> {
        let vote = vote.map(wire::vote_in).ok_or_else(|| Status::invalid_argument("the header of the snapshot has no vote"))?;
        let snapshot = self.snapshots.incoming(manifest);
        std::fs::create_dir_all(&snapshot.path).map_err(|cause| Status::unavailable(cause.to_string()))?;
        Ok(IncomingSnapshot { vote, snapshot })
    }

    /// Receives the missing files, checks all files, and installs the snapshot.
    pub async fn receive_snapshot(
        &self,
        incoming: IncomingSnapshot,
        chunks: impl Stream<Item = Result<pb::SnapshotChunk, Status>> + Unpin,
        replies: &SnapshotReplies,
    ) -> io::Result<pb::SnapshotReply> {
        let IncomingSnapshot { vote, snapshot } = incoming;
        receive_files(&snapshot, chunks, replies).await?;
        snapshot.seal()?;
        let complete = Snapshot { meta: meta_of(&snapshot)?, snapshot };
        let response = self.replica().raft.install_full_snapshot(vote, complete).await.map_err(io::Error::other)?;
        Ok(pb::SnapshotReply { reply: Some(pb::snapshot_reply::Reply::Installed(wire::vote_out(&response.vote))) })
    }
}

/// Tells the sender which files are missing, receives them, and checks all files.
async fn receive_files(
    snapshot: &SnapshotDir,
    mut chunks: impl Stream<Item = Result<pb::SnapshotChunk, Status>> + Unpin,
    replies: &SnapshotReplies,
) -> io::Result<()> {
    use pb::snapshot_chunk::Chunk;
    let files = &snapshot.manifest.files;
    let lacking: Vec<u32> = (0..files.len()).filter(|n| !snapshot.has(&files[*n])).map(|n| n as u32).collect();
    let lacks = pb::snapshot_reply::Reply::Lacking(pb::Lacking { files: lacking });
    let gone = |_| io::Error::other("the sender of the snapshot closed the stream");
    replies.send(Ok(pb::SnapshotReply { reply: Some(lacks) })).await.map_err(gone)?;
    let mut open: Option<OpenFile> = None;
    while let Some(message) = chunks.next().await {
        match message.map_err(io::Error::other)?.chunk {
            Some(Chunk::File(number)) => {
                let file = files.get(number as usize).ok_or_else(|| malformed("snapshot chunk"))?;
                let new = OpenFile { file: snapshot.file(file, true)?, missing: file.size };
                open.replace(new).map_or(Ok(()), |done| done.file.sync_all())?;
            }
            Some(Chunk::Data(bytes)) => open.as_mut().ok_or_else(|| malformed("snapshot chunk"))?.write(&bytes)?,
            Some(Chunk::Header(_)) | None => return Err(malformed("snapshot chunk")),
        }
    }
    open.map_or(Ok(()), |done| done.file.sync_all())?;
    if let Some(bad) = files.iter().find(|file| !snapshot.has(file)) {
        let _ = std::fs::remove_file(snapshot.path.join(&bad.name));
        return Err(io::Error::other(format!("the snapshot file {} arrived incomplete or damaged", bad.name)));
    }
    Ok(())
}

/// A file that is being received.
struct OpenFile {
    file: std::fs::File,
    /// How many of its bytes have not arrived.
    missing: u64,
}

impl OpenFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.missing = self.missing.checked_sub(bytes.len() as u64).ok_or_else(|| malformed("snapshot: a file is too long"))?;
        self.file.write_all(bytes)
    }
}
