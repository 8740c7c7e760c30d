//! Who calls.

use tonic::codegen::http;
use tonic::{Request, Status};

use crate::peers::tls::PeerNode;

/// The node that made a call, in the call's extensions. The checks of `checked.rs` found it.
#[derive(Clone, Copy)]
pub struct Caller(pub u64);

/// The node that made a call.
///
/// # Errors
/// Nothing checked the call. Then it must not be answered.
pub fn caller<T>(request: &Request<T>) -> Result<u64, Status> {
    let checked = request.extensions().get::<Caller>();
    checked.map(|Caller(node)| *node).ok_or_else(|| Status::permission_denied("the call was not checked"))
}

/// The node that the certificate names. It may be fenced or not a member of `cluster`'s groups.
///
/// # Errors
/// There is no certificate of a node, or the call names another cluster or another node.
pub fn identified(cluster: &str, extensions: &http::Extensions, head: &http::HeaderMap) -> Result<u64, Status> {
    let Some(PeerNode(caller)) = extensions.get::<PeerNode>().copied() else {
        return Err(Status::permission_denied("the caller shows no certificate of a node"));
    };
    if field(head, "keyrack-cluster") != cluster {
        return Err(Status::permission_denied(format!(
            "this node belongs to the cluster {cluster}, and node {caller} called another"
        )));
    }
    if field(head, "keyrack-from").split('/').next().and_then(|id| id.parse().ok()) != Some(caller) {
        return Err(Status::permission_denied(format!("the certificate is for node {caller}, the call is from another")));
    }
    Ok(caller)
}

/// A field of a call's head; empty if it is missing.
pub fn field<'a>(head: &'a http::HeaderMap, name: &str) -> &'a str {
    head.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
