//! One node: from a configuration to a running daemon, and back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use keyrack_cluster::{Cluster, Fresh, PeerConfig, PeerTls, Tasks};
use tokio::net::TcpListener;

use crate::access::{Oidc, quotas, trail};
use crate::config::{Config, Listen};
use crate::edge::listeners::{Addresses, BoundListener, Limits, Routers, Security, serve};
use crate::edge::{grpc, http};
use crate::guests::{Vault, rewrap};
use crate::outbound::Outbound;
use crate::process::{init_log, stop_signal};
use crate::service::Service;
use crate::tls::{Files, ListenerTls, Rotation};
use crate::{insecure, witness};

/// How long open connections may take to end when the node stops.
const LISTENERS_STOP: Duration = Duration::from_secs(6);

/// A node that runs.
pub struct Running {
    cluster: Cluster,
    /// The listeners and their connections.
    listeners: Tasks,
    /// Everything else that this crate runs.
    background: Tasks,
}

/// Starts a node. Certificates are read and ports bound first, so that what is wrong with them is found before any data is
/// opened.
pub async fn start(config: &Config) -> anyhow::Result<Running> {
    insecure::check(config)?;
    let files = Files::new(&config.tls, &config.cluster, config.node);
    let stamp = files.stamp();
    let loaded = files.load()?;
    let peer_tls = PeerTls::new(&config.cluster, config.node, loaded.credentials.clone())?;
    let tls = Arc::new(ListenerTls::new(&config.cluster, config.tls.min_version == "1.2", &loaded.credentials)?);
    let rotation = Rotation::new(files, stamp, &loaded, peer_tls.clone(), tls.clone())?;
    let Listen { http: http_address, grpc: grpc_address, peer, operator } = &config.listen;
    let http_socket = bind("http", http_address).await?;
    let grpc_socket = bind("grpc", grpc_address).await?;
    let peer_socket = bind("peer", peer).await?;
    let operator_socket = bind("operator", operator).await?;
    let (listeners, background) = (Tasks::new("the listeners"), Tasks::new("the node"));
    let outbound = Outbound::new(&config.outbound.trust)?;
    let oidc = Oidc::start(&config.oidc, &outbound, &background)?;
    let vault = Arc::new(Vault::open(&config.guests.keyring)?);
    let cluster = Cluster::start(config.cluster_config(), peer_socket, peer_tls, fresh()?).await?;
    witness::start(&config.receipts, &cluster, &outbound, &background)?;
    let service = Service::new(config, cluster.clone(), vault.clone(), oidc);
    let routers = Routers {
        http: http::router(service.clone()),
        operator: http::operator_router(service.clone()),
        grpc: grpc::router(service.clone()).await?,
    };
    start_background(&service, &vault, &background);
    background.spawn("certificates", rotation.run(service.metrics().clone()));
    let url = |of: fn(&PeerConfig) -> &String| config.me().map(of);
    let bound = [
        ("HTTP listener", http_socket, for_clients(url(|me| &me.http), &tls)),
        ("gRPC listener", grpc_socket, for_clients(url(|me| &me.grpc), &tls)),
        ("operators' listener", operator_socket, Security::Operators(tls)),
    ];
    let addresses = Addresses::new(config.limits.connections_per_address as usize);
    for (name, socket, security) in bound {
        let listener = BoundListener { socket, security };
        listeners.spawn(name, serve(listener, routers.clone(), addresses.clone(), limits(config), listeners.clone()));
    }
    tracing::info!(node = config.node, http = http_address, grpc = grpc_address, operator, "serving");
    Ok(Running { cluster, listeners, background })
}

fn start_background(service: &Service, vault: &Arc<Vault>, tasks: &Tasks) {
    let (cluster, guard) = (service.cluster(), service.guard());
    tasks.spawn_draining("audit trail", trail::write(guard.trail().clone(), cluster.clone(), tasks.clone()));
    tasks.spawn("quotas", quotas::share(guard.quotas().clone(), cluster.clone(), tasks.clone()));
    tasks.spawn("rewrapping", rewrap(vault.clone(), cluster.clone(), service.metrics().clone(), vault.changes()));
    let vault = vault.clone();
    tasks.spawn("keyring", async move { vault.watch().await });
}

/// A listener speaks what its URL says; outside development it must be `https://`.
fn for_clients(url: Option<&String>, tls: &Arc<ListenerTls>) -> Security {
    let is_plain = url.is_some_and(|url| url.starts_with("http://"));
    if is_plain { Security::Plain } else { Security::Clients(tls.clone()) }
}

fn limits(config: &Config) -> Limits {
    Limits {
        connections: config.limits.connections as usize,
        header_bytes: config.limits.header_bytes as usize,
        body_bytes: config.limits.body_bytes as usize,
        read_timeout: Duration::from_millis(config.limits.read_timeout_ms),
        idle_timeout: Duration::from_millis(config.limits.idle_timeout_ms),
    }
}

impl Running {
    /// Waits until the node must not go on: its cluster cannot, or a task has panicked. Returns why.
    pub async fn failed(&self) -> String {
        tokio::select! {
            why = self.cluster.failed() => why,
            why = self.listeners.failed() => why,
            why = self.background.failed() => why,
        }
    }

    /// Lets open requests finish, then stops. The order matters: a request needs the background tasks, which record it, and
    /// both need the cluster.
    pub async fn stop(self) {
        // Each connection ends by itself within 5 s. One that does not must not keep the rest from being written.
        let _ = tokio::time::timeout(LISTENERS_STOP, self.listeners.stop()).await;
        self.background.stop().await;
        self.cluster.shutdown().await;
    }
}

/// `keyrackd run`: a node until it is asked to stop, or fails.
pub async fn run(path: &Path, until_stdin_closes: bool) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    init_log(&config.log)?;
    let running = tokio::select! {
        running = start(&config) => running?,
        () = stop_signal(until_stdin_closes) => return Ok(()),
    };
    let failure = tokio::select! {
        failure = running.failed() => Some(failure),
        () = stop_signal(until_stdin_closes) => None,
    };
    match failure {
        // Nothing is drained: a node with broken storage must not answer anything more.
        Some(failure) => {
            running.listeners.cancel();
            running.background.cancel();
            anyhow::bail!("this node cannot go on: {failure}")
        }
        None => {
            tracing::info!("stopping");
            running.stop().await;
            Ok(())
        }
    }
}

async fn bind(what: &str, address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address} ({what}); is another program using the port? Set listen.{what}"))
}

fn fresh() -> anyhow::Result<Fresh> {
    let (mut incarnation, mut signing_seed) = ([0; 8], [0; 32]);
    getrandom::fill(&mut incarnation).context("no randomness from the operating system")?;
    getrandom::fill(&mut signing_seed).context("no randomness from the operating system")?;
    Ok(Fresh { incarnation: u64::from_be_bytes(incarnation), signing_seed })
}
