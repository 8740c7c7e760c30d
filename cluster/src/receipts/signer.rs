//! Signs heads for one replica. The signed head is on disk before the signature is returned.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{BufMut, Bytes, BytesMut};
use keyrack_merkle::{Checkpoint, Hash, root_at};
use tokio::sync::{Mutex, oneshot};

use super::error::SignRefusal;
use super::head::{Head, origin};
use super::heads::Heads;
use super::keys::NodeKeys;
use super::nodes::StoredNodes;
use crate::storage::{LogDb, LogWrite, RowsDb, Slot};

/// How long a lagging replica may take to reach the size it is asked to sign.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Signs the heads of one shard on this node. Cheap to clone.
#[derive(Clone)]
pub struct Signer {
    inner: Arc<Inner>,
}

struct Inner {
    shard: u32,
    origin: String,
    keys: Arc<NodeKeys>,
    heads: Arc<Heads>,
    rows: Arc<RowsDb>,
    log: LogDb,
    last: Mutex<Last>,
}

struct Last {
    head: Option<Head>,
    /// The load in which this node's tree was found to contain that head; see [`Heads::loads`].
    contained_in: u64,
}

impl Signer {
    /// Opens the signer with the last head that this node signed.
    pub fn open(
        shard: u32,
        cluster: &str,
        keys: Arc<NodeKeys>,
        heads: Arc<Heads>,
        rows: Arc<RowsDb>,
        log: LogDb,
    ) -> io::Result<Signer> {
        let head = log.slot(shard, Slot::Signed)?.map(head_in).transpose()?;
        let last = Mutex::new(Last { head, contained_in: 0 });
        let origin = origin(cluster, shard);
        Ok(Signer { inner: Arc::new(Inner { shard, origin, keys, heads, rows, log, last }) })
    }

    /// Signs `head` as the log and as a cosigner, if this replica computed the same head. Returns the signature lines of a
    /// note.
    ///
    /// # Errors
    /// See [`SignRefusal`]. Then nothing was signed.
    pub async fn sign(&self, head: Head) -> Result<String, SignRefusal> {
        let inner = &self.inner;
        let mut size = inner.heads.size();
        let behind = SignRefusal::Behind { size: head.size };
        match tokio::time::timeout(CATCH_UP, size.wait_for(|size| *size >= head.size)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return Err(behind),
        }
        let own = inner.root(head.size)?;
        if own != head.root {
            return Err(SignRefusal::Diverged { size: head.size, own });
        }
        let mut last = inner.last.lock().await;
        inner.permit(&mut last, head)?;
        if last.head != Some(head) {
            inner.write_down(head).await.map_err(|cause| SignRefusal::Storage(cause.to_string()))?;
            last.head = Some(head);
        }
        drop(last);
        Ok(inner.signatures(head))
    }
}

impl Inner {
    fn permit(&self, last: &mut Last, head: Head) -> Result<(), SignRefusal> {
        let loads = self.heads.loads();
        let Some(signed) = last.head else {
            last.contained_in = loads;
            return Ok(());
        };
        if head.size < signed.size {
            return Err(SignRefusal::SmallerTree { signed: signed.size, asked: head.size });
        }
        // A tree that only grows still contains the signed head. After a load from a snapshot, check again.
        if last.contained_in != loads && self.root(signed.size)? == signed.root {
            last.contained_in = loads;
        }
        if last.contained_in != loads || (head.size == signed.size && head.root != signed.root) {
            return Err(SignRefusal::OtherRootSigned { size: signed.size });
        }
        Ok(())
    }

    fn root(&self, size: u64) -> Result<Hash, SignRefusal> {
        if let Some(root) = self.heads.root_at(size) {
            return Ok(root);
        }
        let storage = |cause: io::Error| SignRefusal::Storage(cause.to_string());
        let root = self.rows.view(self.shard, |view| root_at(&mut StoredNodes::new(view, None), size)).map_err(storage)?;
        root.map_err(|fault| SignRefusal::Storage(fault.to_string()))
    }

    async fn write_down(&self, head: Head) -> io::Result<()> {
        let (done, written) = oneshot::channel();
        let keep = vec![LogWrite::PutSlot(Slot::Signed, head_out(head))];
        let answer = move |result| {
            // The caller may have stopped waiting. The stored head is still valid, so this is no error.
            let _ = done.send(result);
        };
        self.log.write(self.shard, keep, true, Box::new(answer)).await?;
        written.await.map_err(|_| io::Error::other("the log writer has stopped"))?
    }

    fn signatures(&self, head: Head) -> String {
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: head.size, root: head.root };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let log = self.keys.log(self.shard).map(|key| checkpoint.sign(key).to_string());
        log.unwrap_or_default() + &checkpoint.cosign(self.keys.cosigner(), now).to_string()
    }
}

/// Encodes a head: size, big-endian, then the root.
fn head_out(head: Head) -> Bytes {
    let mut bytes = BytesMut::with_capacity(40);
    bytes.put_u64(head.size);
    bytes.put_slice(&head.root);
    bytes.freeze()
}

fn head_in(bytes: Bytes) -> io::Result<Head> {
    let (size, root) = bytes.split_first_chunk::<8>().ok_or_else(|| io::Error::other("corrupt: the last signed head"))?;
    let root = root.try_into().map_err(|_| io::Error::other("corrupt: the last signed head"))?;
    Ok(Head { size: u64::from_be_bytes(*size), root })
}
