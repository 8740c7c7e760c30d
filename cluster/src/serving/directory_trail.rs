//! The audit record of a directory change that another node forwards.
//!
//! Such a change has no caller: only the other node could check the operator. So the trail says which node the change came from, before
//! the change is proposed. If no record of an operator belongs to it, that node made the change itself.

use bytes::Bytes;
use keyrack_inventory::{Action, Actor, Command, Observation, Op, PropertyNumber, Role, Verdict, Who};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::time::Instant;

use crate::error::ClusterError;
use crate::node::Node;

/// The shard that has the records without a property.
const SHARD: u32 = 1;

/// Records what the node `from` forwards. Returns once the record is durable.
///
/// # Errors
/// It cannot be recorded, so it must not be proposed.
pub async fn record(node: &Node, from: u64, changes: &[Bytes], deadline: Instant) -> Result<(), ClusterError> {
    let actor = Actor { who: Who::Trusted(Role::Operator, format!("node/{from}")), from: [0; 16] };
    let at_ms = node.group(SHARD)?.now_ms();
    let about = changes.iter().filter_map(|change| action_of(node, change));
    let seen: Vec<Observation> = about.map(|(action, record)| observed(&actor, action, record, at_ms)).collect();
    if seen.is_empty() {
        return Ok(());
    }
    // A retry records it again: the command has no idempotency key.
    let command = Command { property: PropertyNumber(0), request: None, by: None, op: Op::Observe(seen) };
    node.decide(SHARD, commands::encode(&command), deadline).await.map(drop)
}

fn observed(actor: &Actor, action: Action, record: Option<[u8; 16]>, at_ms: u64) -> Observation {
    let (property, verdict) = (PropertyNumber(0), Verdict::ALLOWED);
    Observation { at_ms, actor: actor.clone(), action, property, record, verdict, times: 1 }
}

/// The operator's action that a change is, and the number of the node, principal or property that it is about, if this node knows it.
/// `None` for the registration of a property: the command that registers it has a caller, and so a record.
fn action_of(node: &Node, change: &Bytes) -> Option<(Action, Option<[u8; 16]>)> {
    use pb::directory_command::Op;
    let number = |number: u64| Some(u128::from(number).to_be_bytes());
    let principal = |id: &str| node.directory.principals().find(id).map(|one| one.number.into()).and_then(number);
    Some(match pb::DirectoryCommand::decode(change.clone()).ok()?.op? {
        Op::RegisterProperty(_) => return None,
        Op::RemoveProperty(remove) => {
            let place = node.directory.find(&remove.id);
            (Action::REMOVE_PROPERTY, place.and_then(|place| number(place.number.0.into())))
        }
        Op::PutPrincipal(put) => (Action::PUT_PRINCIPAL, put.principal.and_then(|one| principal(&one.id))),
        Op::RevokePrincipal(revoke) => (Action::REVOKE_PRINCIPAL, principal(&revoke.id)),
        Op::AddKey(add) => (Action::CREATE_KEY, principal(&add.principal)),
        Op::RevokeKey(revoke) => (Action::REVOKE_KEY, principal(&revoke.principal)),
        Op::FenceNode(fence) if fence.admit => (Action::ADMIT_NODE, number(fence.node)),
        Op::FenceNode(fence) => (Action::FENCE_NODE, number(fence.node)),
    })
}
