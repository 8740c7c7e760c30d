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
    let seen: Vec<Observation> = changes.iter().filter_map(action_of).map(|action| observed(&actor, action, at_ms)).collect();
    if seen.is_empty() {
        return Ok(());
    }
    // A retry records it again: the command has no idempotency key.
    let command = Command { property: PropertyNumber(0), request: None, by: None, op: Op::Observe(seen) };
    node.decide(SHARD, commands::encode(&command), deadline).await.map(drop)
}

fn observed(actor: &Actor, action: Action, at_ms: u64) -> Observation {
    let (property, verdict) = (PropertyNumber(0), Verdict::ALLOWED);
    Observation { at_ms, actor: actor.clone(), action, property, record: None, verdict, times: 1 }
}

/// The operator's action that a change is. `None` for the registration of a property: the command that registers it has a caller, and
/// so a record.
fn action_of(change: &Bytes) -> Option<Action> {
    use pb::directory_command::Op;
    Some(match pb::DirectoryCommand::decode(change.clone()).ok()?.op? {
        Op::RegisterProperty(_) => return None,
        Op::RemoveProperty(_) => Action::REMOVE_PROPERTY,
        Op::PutPrincipal(_) => Action::PUT_PRINCIPAL,
        Op::RevokePrincipal(_) => Action::REVOKE_PRINCIPAL,
        Op::AddKey(_) => Action::CREATE_KEY,
        Op::RevokeKey(_) => Action::REVOKE_KEY,
        Op::FenceNode(fence) if fence.admit => Action::ADMIT_NODE,
        Op::FenceNode(_) => Action::FENCE_NODE,
    })
}
