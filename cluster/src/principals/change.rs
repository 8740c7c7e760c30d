//! Changing who may call, so that the change counts everywhere before it is answered.
//!
//! The directory decides and keeps the principal whole; every data shard gets what it has to know of it, a grant, as a
//! command of its own log. So a shard refuses what a revoked principal asks for, whatever the node that forwarded it
//! still believes. What a crash leaves undone, the directory's leader does later.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::Actor;
use keyrack_proto::internal as pb;
use parking_lot::RwLockReadGuard;
use prost::Message;
use tokio::time::Instant;

use super::spread::grant;
use crate::cluster::Cluster;
use crate::directory::{self, ApiKey, Principal, Principals};
use crate::error::ClusterError;
use crate::node::Node;
use crate::peers::Member;
use crate::shard::Decided;

/// How long the other nodes have to take up a change before the answer goes out without them.
const EVERYWHERE: Duration = Duration::from_secs(1);

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
        self.node.directory.principals()
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
        let (index, reply) = direct(&self.node, change.into(), deadline).await?;
        let row = match reply {
            Some(Reply::Principal(row)) => row,
            Some(Reply::Refused(number)) => return Ok(Err(refused(number))),
            _ => return Err(ClusterError::OtherReply { shard: directory::SHARD }),
        };
        let principal = Principal::try_from(&row)?;
        let shards = self.node.data_shards();
        let told = shards.map(|shard| grant(&self.node, shard, &principal, Some(by.clone()), deadline));
        let (told, ()) = tokio::join!(futures::future::join_all(told), everywhere(&self.node, index));
        told.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(Ok(Arc::new(principal)))
    }

    /// Makes a node nobody's peer, whatever certificate it has; or admits it again.
    ///
    /// # Errors
    /// See [`Cluster::change`].
    pub async fn fence(&self, node: u64, admit: bool, deadline: Instant) -> Result<(), ClusterError> {
        let op = pb::directory_command::Op::FenceNode(pb::FenceNode { node, admit });
        let (index, _) = direct(&self.node, op, deadline).await?;
        everywhere(&self.node, index).await;
        Ok(())
    }

    /// Nodes that are nobody's peers.
    pub fn fenced(&self) -> Vec<u64> {
        self.node.directory.principals().fenced().iter().copied().collect()
    }
}

async fn direct(
    node: &Node,
    op: pb::directory_command::Op,
    deadline: Instant,
) -> Result<(u64, Option<pb::directory_reply::Reply>), ClusterError> {
    let command = pb::DirectoryCommand { op: Some(op) };
    match node.decide(directory::SHARD, command.encode_to_vec().into(), deadline).await? {
        (index, Decided::Directory(reply)) => Ok((index, reply.reply)),
        (_, Decided::Outcome(_)) => Err(ClusterError::OtherReply { shard: directory::SHARD }),
    }
}

/// Waits until every member has applied so much of the directory. One that cannot be reached is not waited for: it
/// cannot reach the shards' leaders either, and these know.
async fn everywhere(node: &Node, index: u64) {
    let ask = |id, member: Member| async move {
        let mut client = node.links.client(id, &member).ok()?;
        let mut request = tonic::Request::new(pb::AppliedRequest { group: directory::SHARD, index });
        request.set_timeout(EVERYWHERE);
        client.applied(request).await.ok()
    };
    let others = node.others().into_iter();
    let asked = futures::future::join_all(others.map(|(id, member)| ask(id, member)));
    tokio::join!(asked, node.applied(directory::SHARD, index));
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
