//! The source of a log: the nodes of a cluster, or a log made by a test.

use std::time::Duration;

use anyhow::Context as _;
use keyrack_client::{Client, v1};
use keyrack_merkle::{Hash, Note, Resource, TILE_WIDTH, decode_bundle, decode_hash};

use crate::web::Web;

/// How often a missing page is asked for again, and the pause before.
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
                    let text = std::str::from_utf8(&body).context("the checkpoint is not text")?;
                    Note::parse(text).context("the checkpoint is not a signed note")
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
                200 => return bundle(&page.body, width).with_context(|| format!("the bundle {path}")),
                // A node may lag behind the checkpoint of another. A log may drop a partial bundle once it is full.
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
                401 | 403 => anyhow::bail!("{}; leaves tell occupancy, so they need an auditor's key: --key", page.problem()),
                _ => anyhow::bail!("{path}: {}", page.problem()),
            }
        }
        anyhow::bail!("no node has the bundle")
    }

    async fn consistency(&self, shard: u32, old: u64, new: u64) -> anyhow::Result<Vec<Hash>> {
        let reply = self.client.prove_consistency(v1::ProveConsistencyRequest { shard, old_size: old, new_size: new }).await?;
        let hashes = reply.hashes.iter().map(|text| decode_hash(text)).collect::<Option<Vec<Hash>>>();
        hashes.context("the proof has something that is not a hash")
    }
}

/// The first leaves of a bundle.
fn bundle(bytes: &[u8], width: u16) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut entries = decode_bundle(bytes)?;
    anyhow::ensure!(entries.len() >= usize::from(width), "it has {} leaves, not {width}", entries.len());
    entries.truncate(width.into());
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}
