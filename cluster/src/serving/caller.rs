//! Who calls.

use tonic::{Request, Status};

use crate::peers::tls::PeerNode;

/// The node that the certificate names. It may be fenced or not a member of `cluster`'s groups.
pub fn identified<T>(cluster: &str, request: &Request<T>) -> Result<u64, Status> {
    if field(request, "keyrack-cluster") != cluster {
        return Err(Status::permission_denied(format!("this node belongs to the cluster {cluster}")));
    }
    let Some(PeerNode(caller)) = request.extensions().get::<PeerNode>().copied() else {
        return Err(Status::permission_denied("the caller shows no certificate of a node"));
    };
    let from = field(request, "keyrack-from");
    if from.split('/').next().and_then(|id| id.parse().ok()) != Some(caller) {
        tracing::warn!(event = "peer_impersonates", caller, claimed = from, "a node sent a call in the name of another node");
        return Err(Status::permission_denied(format!("the certificate is for node {caller}, the call is from another")));
    }
    Ok(caller)
}

/// A field of the request's metadata; empty if it is missing.
pub fn field<'a, T>(request: &'a Request<T>, name: &str) -> &'a str {
    request.metadata().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
