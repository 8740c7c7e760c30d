//! One node: starts it from a configuration, and stops it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyrack_cluster::{Awaited, ClusterConfig, ClusterNode, FolderSeeds, PeerConfig, PeerTls, StartProgress, Tasks};
use tokio::net::TcpListener;

use crate::access::{Oidc, quotas, trail};
use crate::budget::NodeBudget;
use crate::config::{Config, Listen, Renamed};
use crate::edge::addresses::Addresses;
use crate::edge::listeners::{Apis, BoundListener, Limits, Routers, Security, Shared, serve};
use crate::edge::{grpc, http};
use crate::guests::{Vault, rewrap};
use crate::messages::failure;
use crate::messages::start::RunError;
use crate::outbound::Outbound;
use crate::process::{init_log, stop_signal};
use crate::service::Service;
use crate::tls::{Files, ListenerTls, Rotation};
use crate::{insecure, witness};

/// How long open connections may take to end when the node stops.
const LISTENERS_STOP: Duration = Duration::from_secs(6);

/// A running node.
pub struct Running {
    cluster: ClusterNode,
    /// The listeners and their connections.
    listeners: Tasks,
    /// All other tasks of this crate.
    background: Tasks,
}

/// The faults of the files that a configuration names: certificates, authorities and the keyring. Empty if a node can use
/// them. Ports and data are not looked at.
pub fn file_faults(config: &Config) -> Vec<String> {
    let tls = || {
        let loaded = Files::new(&config.tls, &config.cluster, config.node).load()?;
        PeerTls::new(&config.cluster, config.node, loaded.credentials.clone())?;
        ListenerTls::new(&config.cluster, config.tls.min_version == "1.2", &loaded.credentials).map(drop)
    };
    let is_set = !config.tls.certificate.as_os_str().is_empty();
    // An empty path is reported with the other settings.
    let has_keyring = !config.guests.keyring.as_os_str().is_empty();
    let checks = [
        if is_set { tls() } else { Ok(()) },
        Outbound::new(&config.outbound.trust).map(drop),
        if has_keyring { Vault::open(&config.guests.keyring).map(drop) } else { Ok(()) },
    ];
    checks.into_iter().filter_map(|check| check.err().map(|cause| failure::text(&cause))).collect()
}

/// Starts a node. Certificates are read and ports are bound first, so that their faults are found before data are opened.
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
    let cluster_config = ClusterConfig { keyring: vault.prints(), ..config.cluster_config() };
    let progress = StartProgress::default();
    let apis = Apis::starting(Routers {
        http: http::starting_router(progress.clone()),
        operator: http::starting_router(progress.clone()),
        grpc: grpc::starting_router().await,
    });
    let url = |of: fn(&PeerConfig) -> &String| config.own_peer().map(of);
    let bound = [
        ("HTTP listener", http_socket, for_clients(url(|me| &me.http), &tls)),
        ("gRPC listener", grpc_socket, for_clients(url(|me| &me.grpc), &tls)),
        ("operators' listener", operator_socket, Security::Operators(tls)),
    ];
    // Before the cluster starts: a probe gets its answer at once, however long the start takes.
    let addresses = Addresses::new(config.limits.connections_per_address as usize);
    let budget = Arc::new(budget(config));
    let shared = Shared { budget: budget.clone(), tasks: listeners.clone() };
    for (name, socket, security) in bound {
        let listener = BoundListener { socket, security };
        listeners.spawn(name, serve(listener, apis.clone(), addresses.clone(), limits(config), shared.clone()));
    }
    // Before the cluster starts too: a first start may wait for a corrected keyring.
    let (watched, is_started) = (vault.clone(), Arc::new(AtomicBool::new(false)));
    let has_begun = begun(is_started.clone(), progress.clone());
    background.spawn("keyring", async move { watched.watch(has_begun).await });
    let cluster = ClusterNode::start(cluster_config, peer_socket, peer_tls, fresh()?, progress).await?;
    is_started.store(true, Ordering::Relaxed);
    witness::start(&config.receipts, &cluster, &outbound, &background)?;
    let service = Service::new(config, cluster.clone(), vault.clone(), budget, oidc);
    apis.start(Routers {
        http: http::router(service.clone()),
        operator: http::operator_router(service.clone()),
        grpc: grpc::router(service.clone(), config.limits.body_bytes as usize).await?,
    });
    start_background(&service, &vault, &background);
    background.spawn("certificates", rotation.run(service.metrics().clone()));
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(event = "started", node = config.node, version, http = http_address, grpc = grpc_address, operator, "serving");
    Ok(Running { cluster, listeners, background })
}

fn start_background(service: &Service, vault: &Arc<Vault>, tasks: &Tasks) {
    let (cluster, guard) = (service.cluster(), service.guard());
    tasks.spawn_draining("audit trail", trail::write(guard.trail().clone(), cluster.clone(), tasks.clone()));
    tasks.spawn("quotas", quotas::share(guard.quotas().clone(), cluster.clone(), tasks.clone()));
    tasks.spawn("rewrapping", rewrap(vault.clone(), cluster.clone(), service.metrics().clone(), vault.changes()));
}

/// Says whether the cluster has begun, so that there may be guests' data.
fn begun(is_started: Arc<AtomicBool>, progress: StartProgress) -> impl Fn() -> bool {
    move || {
        let is_new = matches!(progress.awaited(), Awaited::FirstMembers(_) | Awaited::EqualSettings(_));
        is_started.load(Ordering::Relaxed) || !is_new
    }
}

/// A listener speaks plain HTTP if its URL is `http://`, which is allowed in development only.
fn for_clients(url: Option<&String>, tls: &Arc<ListenerTls>) -> Security {
    let is_plain = url.is_some_and(|url| url.starts_with("http://"));
    if is_plain { Security::Plain } else { Security::Clients(tls.clone()) }
}

fn budget(config: &Config) -> NodeBudget {
    let limits = &config.limits;
    NodeBudget::new(
        limits.waiting_bytes as usize,
        limits.waiting_bytes_per_connection as usize,
        limits.connections_per_address > 0,
    )
}

fn limits(config: &Config) -> Limits {
    Limits {
        connections: config.limits.connections as usize,
        header_bytes: config.limits.header_bytes as usize,
        body_bytes: config.limits.body_bytes as usize,
        read_timeout: Duration::from_millis(config.limits.read_timeout_ms),
        write_timeout: Duration::from_millis(config.limits.write_timeout_ms),
        idle_timeout: Duration::from_millis(config.limits.idle_timeout_ms),
        connection_age: Duration::from_millis(config.limits.connection_age_ms),
    }
}

impl Running {
    /// Waits until the node must stop because its cluster failed or a task panicked. Returns the reason.
    pub async fn failed(&self) -> String {
        tokio::select! {
            why = self.cluster.failed() => why,
            why = self.listeners.failed() => why,
            why = self.background.failed() => why,
        }
    }

    /// Lets open requests finish, then stops. The order matters: requests need the background tasks, which record them, and
    /// both need the cluster.
    pub async fn stop(self) {
        // Each connection ends within 5 s. If one does not, the audit trail must still be written.
        let _ = tokio::time::timeout(LISTENERS_STOP, self.listeners.stop()).await;
        self.background.stop().await;
        self.cluster.shutdown().await;
    }
}

/// `keyrackd run`: runs a node until it receives a stop signal or fails.
pub async fn run(path: &Path, until_stdin_closes: bool) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    init_log(&config.log)?;
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(event = "starting", node = config.node, version, cluster = config.cluster, data = %config.data.display(), "starting");
    for Renamed { old, new } in &config.renamed {
        tracing::warn!(event = "setting_renamed", old, new, "a setting has a new name; the old one still works");
    }
    for variable in &config.unknown_variables {
        tracing::warn!(
            event = "variable_unknown",
            variable,
            "this variable of the environment sets nothing: there is no such setting"
        );
    }
    let running = tokio::select! {
        running = start(&config) => running?,
        () = stop_signal(until_stdin_closes) => return Ok(()),
    };
    let failure = tokio::select! {
        failure = running.failed() => Some(failure),
        () = stop_signal(until_stdin_closes) => None,
    };
    match failure {
        // Nothing is drained, because a node with broken storage must not answer.
        Some(failure) => {
            running.listeners.cancel();
            running.background.cancel();
            Err(RunError::Stopped(failure).into())
        }
        None => {
            tracing::info!(event = "stopping", node = config.node, "stopping: open requests finish first");
            running.stop().await;
            tracing::info!(event = "stopped", node = config.node, version, "stopped");
            Ok(())
        }
    }
}

async fn bind(setting: &'static str, address: &str) -> Result<TcpListener, RunError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|cause| RunError::Listen { setting, address: address.into(), cause })
}

fn fresh() -> Result<FolderSeeds, RunError> {
    let (mut incarnation, mut signing_seed) = ([0; 8], [0; 32]);
    getrandom::fill(&mut incarnation).map_err(RunError::Randomness)?;
    getrandom::fill(&mut signing_seed).map_err(RunError::Randomness)?;
    Ok(FolderSeeds { incarnation: u64::from_be_bytes(incarnation), signing_seed })
}
