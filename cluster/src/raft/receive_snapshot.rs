//! Receives a snapshot: stores its files one by one, checks them, and installs them together.

use std::io::{self, Write};

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use openraft::Snapshot;
use tokio::sync::mpsc;
use tonic::Status;

use super::group::Group;
use super::majority::UNCONFIRMED;
use super::receive_alone::Alone;
use super::snapshot::meta_of;
use super::types::{SnapshotMeta, Vote};
use super::wire;
use crate::malformed::malformed;
use crate::storage::{SnapshotDir, check_files};

/// The most files of a snapshot. Each has 64 MiB, so this is more than a node's disk.
const MOST_FILES: usize = 1 << 16;

/// Where replies to the sender go.
pub type SnapshotReplies = mpsc::Sender<Result<pb::SnapshotReply, Status>>;

/// A snapshot that a leader announced: the leader's vote, and the folder for the files.
pub struct IncomingSnapshot {
    vote: Vote,
    snapshot: SnapshotDir,
    /// Two receivers would write into the same files.
    alone: Alone,
}

impl Group {
    /// Makes the folder for a snapshot that a leader announces.
    ///
    /// # Errors
    /// `InvalidArgument` for a header that no honest leader sends, `FailedPrecondition` if too few members confirm what it says,
    /// `Unavailable` when the disk fails.
    pub async fn announced_snapshot(
        &self,
        from: u64,
        vote: Option<pb::Vote>,
        manifest: &pb::SnapshotManifest,
    ) -> Result<IncomingSnapshot, Status> {
        let vote = vote.map(wire::vote_in).ok_or_else(|| Status::invalid_argument("the header of the snapshot has no vote"))?;
        if manifest.files.len() > MOST_FILES {
            let files = manifest.files.len();
            return Err(Status::invalid_argument(format!(
                "the snapshot has {files} files, and a snapshot has at most {MOST_FILES}"
            )));
        }
        self.check_announced(&vote, manifest)?;
        let meta = manifest.meta.clone().map(wire::meta_in).transpose().map_err(refused)?.unwrap_or_default();
        if !self.has_applied(&meta) {
            let replica = self.replica();
            replica.check_members(from, &replica.membership(), meta.last_membership.membership()).await.map_err(refused)?;
            replica.check_needs_snapshot(from).await.map_err(refused)?;
        }
        let alone = self.snapshots.receive_alone().await.map_err(|cause| Status::unavailable(cause.to_string()))?;
        let snapshot = self.snapshots.begin_incoming(manifest).map_err(|cause| Status::unavailable(cause.to_string()))?;
        Ok(IncomingSnapshot { vote, snapshot, alone })
    }

    /// openraft ends a replica that gets a snapshot of a later leader than the sender. And a snapshot without files would empty the shard:
    /// the applied position is a row of its own, so an honest one has files.
    fn check_announced(&self, vote: &Vote, manifest: &pb::SnapshotManifest) -> Result<(), Status> {
        let last = manifest.meta.as_ref().and_then(|meta| meta.last.as_ref()).map(|last| wire::log_id_in(*last));
        let last = last.ok_or_else(|| Status::invalid_argument("the snapshot has no position"))?;
        if last.leader_id > vote.leader_id {
            return Err(Status::invalid_argument("the snapshot is of a later leader than its sender"));
        }
        if manifest.files.is_empty() {
            return Err(Status::invalid_argument("the snapshot has no files"));
        }
        check_files(manifest).map_err(refused)
    }

    /// Whether this replica has applied what the snapshot has. openraft ends a replica whose snapshot is of a later term and not of a later
    /// index.
    fn has_applied(&self, meta: &SnapshotMeta) -> bool {
        meta.last_log_id.map_or(0, |last| last.index) <= *self.replica().applied.borrow()
    }

    /// Receives the missing files, checks all files, and installs the snapshot.
    pub async fn receive_snapshot(
        &self,
        incoming: IncomingSnapshot,
        chunks: impl Stream<Item = Result<pb::SnapshotChunk, Status>> + Unpin,
        replies: &SnapshotReplies,
    ) -> io::Result<pb::SnapshotReply> {
        let IncomingSnapshot { vote, snapshot, mut alone } = incoming;
        let installed =
            |vote: &Vote| pb::SnapshotReply { reply: Some(pb::snapshot_reply::Reply::Installed(wire::vote_out(vote))) };
        let meta = meta_of(&snapshot)?;
        if self.has_applied(&meta) {
            return Ok(installed(&vote));
        }
        tokio::select! {
            received = receive_files(&snapshot, chunks, replies) => received?,
            () = alone.replaced() => return Err(io::Error::other("a newer snapshot replaces this one")),
        }
        if self.has_applied(&meta) {
            return Ok(installed(&vote));
        }
        self.check_contents(&snapshot).await?;
        snapshot.seal()?;
        let complete = Snapshot { meta, snapshot };
        let response = self.replica().raft.install_full_snapshot(vote, complete).await.map_err(io::Error::other)?;
        Ok(installed(&response.vote))
    }
}

/// A snapshot that is malformed, or that too few members confirm. Another error is the disk's.
fn refused(cause: io::Error) -> Status {
    match cause.kind() {
        io::ErrorKind::InvalidData => Status::invalid_argument(cause.to_string()),
        UNCONFIRMED => Status::failed_precondition(cause.to_string()),
        _ => Status::unavailable(cause.to_string()),
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
    let lacking = lacking(snapshot).await?;
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
    if let Some(bad) = self::lacking(snapshot).await?.first().and_then(|number| files.get(*number as usize)) {
        snapshot.remove(bad);
        return Err(io::Error::other(format!("the snapshot file {} arrived incomplete or damaged", bad.name)));
    }
    Ok(())
}

/// The numbers of the files that are missing or not intact. It reads all files, so it runs in a thread that may block.
async fn lacking(snapshot: &SnapshotDir) -> io::Result<Vec<u32>> {
    let snapshot = snapshot.clone();
    let lacking = move || {
        let files = snapshot.manifest.files.iter().enumerate();
        files.filter(|(_, file)| !snapshot.has(file)).map(|(number, _)| number as u32).collect()
    };
    tokio::task::spawn_blocking(lacking).await.map_err(io::Error::other)
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
