//! Changes principals. A change is in force everywhere before it is answered; see `mod.rs`.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::Actor;
use keyrack_proto::internal as pb;
use parking_lot::RwLockReadGuard;
use prost::Message;
use tokio::time::Instant;

use super::spread::grant;
use crate::cluster::ClusterNode;
use crate::directory::{self, ApiKey, Principal, Principals};
use crate::error::ClusterError;
use crate::node::Node;
use crate::peers::Member;
use crate::shard::Decided;

/// How long the other nodes have to apply a change before the answer goes out without them.
const APPLY_TIMEOUT: Duration = Duration::from_secs(1);

/// A change of a principal.
#[derive(Clone, Debug)]
pub enum Change {
    /// Creates or replaces a principal. Its number, revision and keys are ignored.
    Put {
        /// The new state.
        principal: Principal,
        /// Refuse unless the principal has this revision; 0 for a principal that must not exist.
        expected_revision: Option<u64>,
    },
    /// Revokes a principal and all its credentials permanently.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Gives a principal another key. The key's number is ignored.
    AddKey {
        /// The principal's id.
        principal: String,
        /// The key.
        key: ApiKey,
        /// The prefix of the key that it replaces, and how long that key stays valid, in ms.
        replaces: Option<(String, u64)>,
    },
    /// Revokes one key.
    RevokeKey {
        /// The principal's id.
        principal: String,
        /// The key's prefix.
        prefix: String,
    },
}

/// Why the directory refused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefused {
    /// There is no such principal.
    UnknownPrincipal,
    /// The principal is revoked, permanently.
    Revoked,
    /// The principal has another revision than the expected one.
    Revision,
    /// Another principal has this staff sign-in.
    SubjectTaken,
    /// The principal has the maximum number of valid keys, or another key has the prefix.
    TooManyKeys,
    /// The principal has no such key.
    UnknownKey,
    /// The directory has the maximum number of principals.
    TooManyPrincipals,
}

impl ClusterNode {
    /// The principals, as this node has applied them.
    pub fn principals(&self) -> RwLockReadGuard<'_, Principals> {
        self.node.directory.principals()
    }

    /// Makes a change. Returns when every shard and every reachable node has applied it.
    ///
    /// # Errors
    /// After an unknown outcome the caller may repeat the change: the same change twice is one change.
    pub async fn change(
        &self,
        change: Change,
        by: &Actor,
        deadline: Instant,
    ) -> Result<Result<Arc<Principal>, ChangeRefused>, ClusterError> {
        use pb::directory_reply::Reply;
        let (index, reply) = propose_to_directory(&self.node, change.into(), deadline).await?;
        let row = match reply {
            Some(Reply::Principal(row)) => row,
            Some(Reply::Refused(number)) => return Ok(Err(refused(number))),
            _ => return Err(ClusterError::OtherReply { shard: directory::SHARD }),
        };
        let principal = Principal::try_from(&row)?;
        let shards = self.node.data_shards();
        let told = shards.map(|shard| grant(&self.node, shard, &principal, Some(by.clone()), deadline));
        let (told, ()) = tokio::join!(futures::future::join_all(told), wait_until_applied(&self.node, index));
        told.into_iter().collect::<Result<Vec<()>, _>>().map_err(after_the_directory)?;
        Ok(Ok(Arc::new(principal)))
    }

    /// Fences a node, or admits it again with `admit`.
    ///
    /// Returns `false` if it cannot be fenced: it is no member, or too few nodes would be left for a majority.
    ///
    /// # Errors
    /// See [`ClusterNode::change`].
    pub async fn fence(&self, node: u64, admit: bool, deadline: Instant) -> Result<bool, ClusterError> {
        let op = pb::directory_command::Op::FenceNode(pb::FenceNode { node, admit });
        let (index, reply) = propose_to_directory(&self.node, op, deadline).await?;
        wait_until_applied(&self.node, index).await;
        Ok(!matches!(reply, Some(pb::directory_reply::Reply::Refused(_))))
    }

    /// Removes a property whose shard does not exist from the directory; does nothing for another property. Such a property was
    /// registered by a node with a larger `data_shards`, and nobody can serve it. Its number is never given again.
    pub async fn remove_property(&self, id: &str, deadline: Instant) -> Result<(), ClusterError> {
        let remove = pb::RemoveProperty { id: id.into(), data_shards: self.node.config.data_shards };
        let op = pb::directory_command::Op::RemoveProperty(remove);
        let (index, _) = propose_to_directory(&self.node, op, deadline).await?;
        wait_until_applied(&self.node, index).await;
        Ok(())
    }

    /// The fenced nodes.
    pub fn fenced(&self) -> Vec<u64> {
        self.node.directory.principals().fenced().iter().copied().collect()
    }
}

/// The error of a grant. The directory has stored the change and repeats the grant, so it is never true that nothing was done.
fn after_the_directory(cause: ClusterError) -> ClusterError {
    match cause {
        ClusterError::Overloaded { shard } | ClusterError::Unavailable { shard } => ClusterError::UnknownOutcome { shard },
        cause => cause,
    }
}

/// Proposes a command to the directory. Returns its log index and the reply.
async fn propose_to_directory(
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

/// Waits until every reachable member has applied the directory's log up to `index`. It does not wait for unreachable members:
/// they cannot reach the shards' leaders either, and the shards already have the change.
async fn wait_until_applied(node: &Node, index: u64) {
    let ask = |id, member: Member| async move {
        let mut client = node.links.client(id, &member).ok()?;
        let mut request = tonic::Request::new(pb::AppliedRequest { group: directory::SHARD, index });
        request.set_timeout(APPLY_TIMEOUT);
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
        Ok(Refusal::UnknownPrincipal | Refusal::NeedsMajority | Refusal::TooManyProperties) | Err(_) => {
            ChangeRefused::UnknownPrincipal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_the_directory_stored_is_never_reported_as_nothing_done() {
        for cause in [ClusterError::Overloaded { shard: 2 }, ClusterError::Unavailable { shard: 2 }] {
            assert!(matches!(after_the_directory(cause), ClusterError::UnknownOutcome { shard: 2 }));
        }
    }
}
