//! Changing who may call, so that the change counts everywhere before it is answered.
//!
//! The directory decides and keeps the principal whole; every data shard gets what it has to know of it, a grant, as a
//! command of its own log. So a shard refuses what a revoked principal asks for, whatever the node that forwarded it
//! still believes. What a crash leaves undone, the directory's leader does later.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::{Actor, Command, Key, Op, PropertyNumber, Read, Row};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use parking_lot::RwLockReadGuard;
use prost::Message;
use tokio::time::Instant;

use crate::batcher::Decided;
use crate::cluster::{Cluster, Inner};
use crate::directory::{self, ApiKey, Principal, Principals};
use crate::error::ClusterError;

/// How long the other nodes have to take up a change before the answer goes out without them.
const EVERYWHERE: Duration = Duration::from_secs(1);
/// How often the directory's leader looks for grants that a shard lacks.
const LOOK: Duration = Duration::from_millis(500);

/// A change of who may call.
#[derive(Clone, Debug)]
pub enum Change {
    /// Make a principal or change it; number, revision and keys are ignored.
    Put {
        /// As it is to be.
        principal: Principal,
        /// Refuse unless it has this revision; 0 for one that must not exist.
        expected_revision: Option<u64>,
    },
    /// Withdraw a principal with all its credentials, for good.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Give a principal another key; its number is ignored.
    AddKey {
        /// Whose.
        principal: String,
        /// The key.
        key: ApiKey,
        /// The prefix of a key that it takes the place of, and how long that one goes on, in ms.
        replaces: Option<(String, u64)>,
    },
    /// Withdraw one key.
    RevokeKey {
        /// Whose.
        principal: String,
        /// Which.
        prefix: String,
    },
}

/// Why the directory did not make a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefused {
    /// There is no such principal.
    UnknownPrincipal,
    /// It was revoked, for good.
    Revoked,
    /// Its revision is another.
    Revision,
    /// Another principal has this staff sign-in.
    SubjectTaken,
    /// It has as many keys as a principal may have.
    TooManyKeys,
    /// It has no such key.
    UnknownKey,
    /// The directory is full.
    TooManyPrincipals,
}

impl Cluster {
    /// Who may call, as this node has applied it.
    pub fn principals(&self) -> RwLockReadGuard<'_, Principals> {
        self.inner.directory.principals()
    }

    /// Makes a change and returns once every shard knows it, and every node that can be reached.
    ///
    /// # Errors
    /// An unknown outcome may be asked for again: the same change twice is one change.
    pub async fn change(
        &self,
        change: Change,
        by: &Actor,
        deadline: Instant,
    ) -> Result<Result<Arc<Principal>, ChangeRefused>, ClusterError> {
        use pb::directory_reply::Reply;
        let (index, reply) = self.inner.direct(change.into(), deadline).await?;
        let row = match reply {
            Some(Reply::Principal(row)) => row,
            Some(Reply::Refused(number)) => return Ok(Err(refused(number))),
            _ => return Err(ClusterError::Storage("the directory answered something else".into())),
        };
        let principal = Principal::try_from(&row).map_err(|cause| ClusterError::Storage(cause.to_string()))?;
        let shards = 1..=self.inner.config.data_shards;
        let told = shards.map(|shard| self.inner.tell(shard, &principal, Some(by.clone()), deadline));
        let (told, ()) = tokio::join!(futures::future::join_all(told), self.inner.everywhere(index));
        told.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(Ok(Arc::new(principal)))
    }

    /// Makes a node nobody's peer, whatever certificate it has; or admits it again.
    ///
    /// # Errors
    /// See [`Cluster::change`].
    pub async fn fence(&self, node: u64, admit: bool, deadline: Instant) -> Result<(), ClusterError> {
        let op = pb::directory_command::Op::FenceNode(pb::FenceNode { node, admit });
        let (index, _) = self.inner.direct(op, deadline).await?;
        self.inner.everywhere(index).await;
        Ok(())
    }

    /// Nodes that are nobody's peers.
    pub fn fenced(&self) -> Vec<u64> {
        self.inner.directory.principals().fenced().iter().copied().collect()
    }
}

impl Inner {
    async fn direct(
        &self,
        op: pb::directory_command::Op,
        deadline: Instant,
    ) -> Result<(u64, Option<pb::directory_reply::Reply>), ClusterError> {
        let command = pb::DirectoryCommand { op: Some(op) };
        match self.decide(directory::SHARD, command.encode_to_vec().into(), deadline).await? {
            (index, Decided::Directory(reply)) => Ok((index, reply.reply)),
            (_, Decided::Outcome(_)) => Err(ClusterError::Storage("the directory answered as a data shard".into())),
        }
    }

    async fn tell(&self, shard: u32, principal: &Principal, by: Option<Actor>, deadline: Instant) -> Result<(), ClusterError> {
        let op = Op::PutGrant { number: principal.number, grant: principal.grant() };
        let command = Command { property: PropertyNumber(0), request: None, by, op };
        self.decide(shard, commands::encode(&command), deadline).await.map(drop)
    }

    /// Waits until every member has applied so much of the directory. One that cannot be reached is not waited for: it
    /// cannot reach the shards' leaders either, and these know.
    async fn everywhere(&self, index: u64) {
        let ask = |id, member: crate::Member| async move {
            let mut client = self.links.client(id, &member).ok()?;
            let mut request = tonic::Request::new(pb::AppliedRequest { group: directory::SHARD, index });
            request.set_timeout(EVERYWHERE);
            client.applied(request).await.ok()
        };
        let others = self.members().into_iter().filter(|(id, _)| *id != self.config.node);
        let asked = futures::future::join_all(others.map(|(id, member)| ask(id, member)));
        tokio::join!(asked, self.applied(directory::SHARD, index));
    }

    /// Waits until this node has applied so much of a group's log; returns how much it has.
    pub(crate) async fn applied(&self, shard: u32, index: u64) -> u64 {
        let Some(handle) = self.shards.get(shard as usize) else { return 0 };
        let mut applied = handle.group.shared().applied.subscribe();
        let _ = tokio::time::timeout(EVERYWHERE, applied.wait_for(|applied| *applied >= index)).await;
        *handle.group.shared().applied.borrow()
    }

    /// Tells the shards what they lack: after a crash between the directory's decision and theirs. Runs until dropped.
    pub(crate) async fn spread_grants(self: Arc<Self>) {
        let mut spread = 0;
        let mut every = tokio::time::interval(LOOK);
        loop {
            every.tick().await;
            let changes = self.directory.principals().changes();
            let Ok(group) = self.group(directory::SHARD) else { return };
            if changes == spread || group.leader() != Some(self.config.node) {
                continue;
            }
            let principals = self.directory.principals().list("", usize::MAX);
            let mut complete = true;
            for shard in 1..=self.config.data_shards {
                for principal in self.lacking(shard, &principals) {
                    let deadline = Instant::now() + EVERYWHERE;
                    if let Err(cause) = self.tell(shard, &principal, None, deadline).await {
                        tracing::debug!(shard, %cause, "a grant did not get through; it will");
                        complete = false;
                    }
                }
            }
            if complete {
                spread = changes;
            }
        }
    }

    /// Principals of which a shard, as this node has applied it, knows an older grant or none.
    fn lacking(&self, shard: u32, principals: &[Arc<Principal>]) -> Vec<Arc<Principal>> {
        let lacks = self.rows.view(shard, |view| {
            let mut lacks = |principal: &&Arc<Principal>| match view.get(&Key::Grant(principal.number)) {
                Ok(Some(Row::Grant(grant))) => grant.revision < principal.revision,
                _ => true,
            };
            principals.iter().filter(|principal| lacks(principal)).cloned().collect()
        });
        // A storage that cannot be read stops the node elsewhere.
        lacks.unwrap_or_default()
    }
}

impl From<Change> for pb::directory_command::Op {
    fn from(change: Change) -> Self {
        match change {
            Change::Put { principal, expected_revision } => {
                Self::PutPrincipal(pb::PutPrincipal { principal: Some((&principal).into()), expected_revision })
            }
            Change::Revoke { id } => Self::RevokePrincipal(pb::RevokePrincipal { id }),
            Change::AddKey { principal, key, replaces } => {
                let (replaces, overlap_ms) = replaces.unwrap_or_default();
                Self::AddKey(pb::AddKey { principal, key: Some((&key).into()), replaces, overlap_ms })
            }
            Change::RevokeKey { principal, prefix } => Self::RevokeKey(pb::RevokeKey { principal, prefix }),
        }
    }
}

fn refused(number: i32) -> ChangeRefused {
    use pb::DirectoryRefusal as Refusal;
    match Refusal::try_from(number) {
        Ok(Refusal::Revoked) => ChangeRefused::Revoked,
        Ok(Refusal::Revision) => ChangeRefused::Revision,
        Ok(Refusal::SubjectTaken) => ChangeRefused::SubjectTaken,
        Ok(Refusal::TooManyKeys) => ChangeRefused::TooManyKeys,
        Ok(Refusal::UnknownKey) => ChangeRefused::UnknownKey,
        Ok(Refusal::TooManyPrincipals) => ChangeRefused::TooManyPrincipals,
        Ok(Refusal::UnknownPrincipal) | Err(_) => ChangeRefused::UnknownPrincipal,
    }
}
