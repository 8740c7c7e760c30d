//! Accepts connections.

use std::sync::Arc;
use std::time::Duration;

use keyrack_cluster::{Refusals, Tasks};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::apis::Apis;
use super::connection::{ConnectionSettings, Security};
use super::limits::Limits;
use crate::access::counted_address;
use crate::budget::{ConnectionAccounts, NodeBudget};
use crate::edge::addresses::Addresses;

/// A bound socket and what it requires of clients.
pub struct BoundListener {
    /// The socket.
    pub socket: TcpListener,
    /// What it requires.
    pub security: Security,
}

/// What all listeners share.
#[derive(Clone)]
pub struct Shared {
    /// Counts the bytes that wait.
    pub budget: Arc<NodeBudget>,
    /// The tasks of the listeners. Each connection is one of them.
    pub tasks: Tasks,
}

/// Accepts connections until dropped.
pub async fn serve(listener: BoundListener, apis: Apis, addresses: Addresses, limits: Limits, shared: Shared) {
    let BoundListener { socket, security } = listener;
    let Shared { budget, tasks } = shared;
    let refusals = Arc::new(Refusals::default());
    let is_for_operators = matches!(security, Security::Operators(_));
    let settings = ConnectionSettings { security, apis, limits, refusals: refusals.clone(), tasks: tasks.clone() };
    let permits = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    // The semaphore is never closed.
    while let Ok(permit) = permits.clone().acquire_owned().await {
        let (stream, address) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                // Most likely there is no free file descriptor. Wait for connections to end.
                tracing::warn!(event = "accept_failed", %cause, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(slot) = addresses.take_slot(address.ip()) else {
            tracing::debug!(%address, "too many connections of one address: closed");
            continue;
        };
        let accounts = match ConnectionAccounts::open(&budget, counted_address(address.ip()), is_for_operators) {
            Ok(accounts) => Arc::new(accounts),
            Err(owner) => {
                if refusals.is_new(&format!("memory of {owner:?} {}", counted_address(address.ip()))) {
                    let waiting_bytes = budget.waiting_bytes();
                    tracing::warn!(
                        event = "waiting_bytes_full",
                        %address,
                        account = owner.name(),
                        waiting_bytes,
                        "what waits for clients takes all its memory: refusing connections"
                    );
                }
                tracing::debug!(%address, ?owner, "no room for another connection: closed");
                continue;
            }
        };
        let settings = settings.clone();
        tasks.spawn_contained("connection", async move {
            settings.serve(stream, address, accounts).await;
            drop((permit, slot));
        });
    }
}
