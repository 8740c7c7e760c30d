//! The source of a log: the nodes of a cluster, or a log made by a test.

use std::time::Duration;

use anyhow::Context as _;
use keyrack_client::{Client, Code, v1};
use keyrack_merkle::{Hash, Note, Resource, TILE_WIDTH, decode_bundle, decode_hash};

use crate::messages::audit::AuditError;
use crate::messages::failure;
use crate::web::{Page, Web};

/// How often a missing page is requested again, and the pause before each request.
const TRIES: usize = 8;
const PAUSE: Duration = Duration::from_millis(400);

/// The pages of a log.
pub trait Source {
    /// The newest checkpoint of each node: the node's name and its answer.
    async fn checkpoints(&self, shard: u32) -> Vec<(String, anyhow::Result<Note>)>;

    /// The first `width` leaves of a bundle.
    async fn entries(&self, shard: u32, index: u64, width: u16) -> anyhow::Result<Vec<Vec<u8>>>;

    /// The proof that the tree of `new` leaves begins with the tree of `old`.
    async fn consistency(&self, shard: u32, old: u64, new: u64) -> anyhow::Result<Vec<Hash>>;
}

/// A running cluster.
pub struct Cluster<'a> {
    /// The HTTP side.
    pub web: &'a Web,
    /// The gRPC side.
    pub client: &'a Client,
}

impl Source for Cluster<'_> {
    async fn checkpoints(&self, shard: u32) -> Vec<(String, anyhow::Result<Note>)> {
        let path = format!("/log/{shard}/checkpoint");
        let asked = self.web.nodes().iter().enumerate().map(|(node, name)| {
            let path = &path;
            async move {
                let note = async {
                    let body = self.web.ask(node, path, "text/plain").await?.found()?;
                    let text = std::str::from_utf8(&body).map_err(|_| AuditError::NotANote)?;
                    Note::parse(text).context(AuditError::NotANote)
                };
                (name.clone(), note.await)
            }
        });
        futures::future::join_all(asked).await
    }

    async fn entries(&self, shard: u32, index: u64, width: u16) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut resource = Resource::Entries { index, width };
        for attempt in 0.. {
            let path = format!("/log/{shard}/{resource}");
            let page = self.web.ask_any(attempt, &path, "application/octet-stream").await?;
            match page.status {
                200 => return Ok(bundle(&path, &page.body, width)?),
                // A node may lag behind the checkpoint of another node. A log may drop a partial bundle once it is full.
                404 | 429 if attempt < TRIES => {
                    let is_refused = page.status == 429;
                    resource = match resource {
                        Resource::Entries { width, .. } if width < TILE_WIDTH && !is_refused && attempt % 2 == 1 => {
                            Resource::Entries { index, width: TILE_WIDTH }
                        }
                        _ => Resource::Entries { index, width },
                    };
                    tokio::time::sleep(page.retry_after.unwrap_or(PAUSE)).await;
                }
                401 => return Err(AuditError::NeedsAuditor(problem(&page)).into()),
                403 => return Err(AuditError::NeedsAuditor(Code::Forbidden.as_str().to_owned()).into()),
                _ => return Err(AuditError::Bundle { path, problem: problem(&page) }.into()),
            }
        }
        unreachable!("the attempts have no end")
    }

    async fn consistency(&self, shard: u32, old: u64, new: u64) -> anyhow::Result<Vec<Hash>> {
        let reply = self.client.prove_consistency(v1::ProveConsistencyRequest { shard, old_size: old, new_size: new }).await?;
        let hashes = reply.hashes.iter().map(|text| decode_hash(text)).collect::<Option<Vec<Hash>>>();
        hashes.ok_or_else(|| AuditError::NotAHash.into())
    }
}

/// A refusal in words, without the period at the end.
fn problem(page: &Page) -> String {
    failure::text(&page.problem()).trim_end_matches('.').to_owned()
}

/// The first leaves of a bundle.
fn bundle(path: &str, bytes: &[u8], width: u16) -> Result<Vec<Vec<u8>>, AuditError> {
    let path = || path.to_owned();
    let mut entries = decode_bundle(bytes).map_err(|cause| AuditError::BundleBytes { path: path(), cause })?;
    if entries.len() < usize::from(width) {
        return Err(AuditError::BundleShort { path: path(), found: entries.len(), needed: width });
    }
    entries.truncate(width.into());
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}
