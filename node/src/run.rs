//! One node: from a configuration to a running daemon, and back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use keyrack_cluster::{Cluster, ClusterConfig, Fresh, GroupConfig, PeerConfig, PeerTls};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, Listen, Peer};
use crate::guests::Vault;
use crate::http::{Addresses, Door, Routers, Security};
use crate::oidc::Oidc;
use crate::outbound::Outbound;
use crate::service::Edge;
use crate::tls::{EdgeTls, Files, Rotation};
use crate::{grpc, http, insecure, rates, rewrap, trail, witness};

/// A node that runs.
pub struct Running {
    cluster: Cluster,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Starts a node. Certificates are read and ports taken first, so that what is wrong with them is found before any data is
/// opened.
pub async fn start(config: &Config) -> anyhow::Result<Running> {
    insecure::check(config)?;
    let files = Files::new(&config.tls, &config.cluster, config.node);
    let seen = files.stamp();
    let loaded = files.load()?;
    let peer_tls = PeerTls::new(&config.cluster, config.node, loaded.credentials.clone())?;
    let edge_tls = Arc::new(EdgeTls::new(&config.cluster, config.tls.min_version == "1.2", &loaded.credentials)?);
    let rotation = Rotation::new(files, seen, &loaded, peer_tls.clone(), edge_tls.clone())?;
    let http_listener = listen("http", &config.listen.http).await?;
    let grpc_listener = listen("grpc", &config.listen.grpc).await?;
    let peer_listener = listen("peer", &config.listen.peer).await?;
    let operator_listener = listen("operator", &config.listen.operator).await?;
    let outbound = Outbound::new(&config.outbound)?;
    let oidc = Oidc::start(&config.oidc, outbound.clone())?;
    let vault = Arc::new(Vault::open(&config.guests.keyring)?);
    let cluster = Cluster::start(cluster_config(config), peer_listener, peer_tls, fresh()?).await?;
    witness::start(&config.receipts, &cluster, &outbound)?;
    let edge = Edge::new(config, cluster.clone(), vault.clone(), oidc);
    let (http, operator) = (http::router(edge.clone()), http::operator_router(edge.clone()));
    let routers = Routers { http, operator, grpc: grpc::router(edge.clone()).await? };
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(trail::write(edge.trail().clone(), cluster.clone(), stopped.clone()));
    tokio::spawn(rates::share(edge.rates().clone(), cluster.clone()));
    let (watching, until) = (vault.clone(), stopped.clone());
    tasks.spawn(async move { watching.watch(until).await });
    tokio::spawn(rewrap::run(vault.clone(), cluster.clone(), edge.rewrapping().clone(), vault.changes()));
    tasks.spawn(rotation.run(edge, stopped.clone()));
    let addresses = Addresses::new(config.limits.connections_per_address as usize);
    let url = |of: fn(&Peer) -> &String| config.me().map(of);
    let doors = [
        Door { listener: http_listener, security: of_clients(url(|me| &me.http), &edge_tls) },
        Door { listener: grpc_listener, security: of_clients(url(|me| &me.grpc), &edge_tls) },
        Door { listener: operator_listener, security: Security::Operators(edge_tls) },
    ];
    for door in doors {
        tasks.spawn(http::serve(door, routers.clone(), addresses.clone(), limits(config), stopped.clone()));
    }
    let Listen { http, grpc, operator, .. } = &config.listen;
    tracing::info!(node = config.node, http, grpc, operator, "serving");
    Ok(Running { cluster, stop, tasks })
}

/// A listener speaks what its URL says; outside development it must be `https://`.
fn of_clients(url: Option<&String>, tls: &Arc<EdgeTls>) -> Security {
    let is_plain = url.is_some_and(|url| url.starts_with("http://"));
    if is_plain { Security::Plain } else { Security::Clients(tls.clone()) }
}

fn limits(config: &Config) -> http::Limits {
    http::Limits {
        connections: config.limits.connections as usize,
        header_bytes: config.limits.header_bytes as usize,
        body_bytes: config.limits.body_bytes as usize,
        read_timeout: Duration::from_millis(config.limits.read_timeout_ms),
        idle_timeout: Duration::from_millis(config.limits.idle_timeout_ms),
    }
}

impl Running {
    /// Waits until the node must not go on; returns why.
    pub async fn failed(&self) -> String {
        self.cluster.failed().await
    }

    /// Lets open requests finish, then stops.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.cluster.shutdown().await;
    }
}

/// `keyrackd run`: a node until it is told to stop, or fails.
pub async fn run(path: &Path, until_stdin_closes: bool) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    init_log(&config)?;
    let running = tokio::select! {
        running = start(&config) => running?,
        () = told_to_stop(until_stdin_closes) => return Ok(()),
    };
    let failure = tokio::select! {
        failure = running.failed() => Some(failure),
        () = told_to_stop(until_stdin_closes) => None,
    };
    match failure {
        // Nothing is drained: a node with broken storage must not answer anything more.
        Some(failure) => anyhow::bail!("this node cannot go on: {failure}"),
        None => {
            tracing::info!("stopping");
            running.stop().await;
            Ok(())
        }
    }
}

/// Logs to stderr.
pub fn init_log(config: &Config) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.level).context("log.level")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = if config.log.format == "json" {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(false).try_init()
    };
    // A second node in the same process uses the first one's log.
    let _ = set;
    Ok(())
}

/// SIGINT, SIGTERM, or the end of stdin when a parent holds it.
pub async fn told_to_stop(until_stdin_closes: bool) {
    use tokio::signal::unix::{SignalKind, signal};
    let stdin_closed = async {
        if !until_stdin_closes {
            std::future::pending::<()>().await;
        }
        let (closed, wait) = tokio::sync::oneshot::channel();
        // A thread of its own: the runtime's blocking threads would keep the process from ending.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            let _ = closed.send(());
        });
        let _ = wait.await;
    };
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = stdin_closed => {}
    }
}

async fn listen(what: &str, address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address} ({what}); is another program using the port? Set listen.{what}"))
}

fn fresh() -> anyhow::Result<Fresh> {
    let (mut incarnation, mut signing_seed) = ([0; 8], [0; 32]);
    getrandom::fill(&mut incarnation).context("no randomness from the operating system")?;
    getrandom::fill(&mut signing_seed).context("no randomness from the operating system")?;
    Ok(Fresh { incarnation: u64::from_be_bytes(incarnation), signing_seed })
}

/// What the cluster is told of the configuration.
pub fn cluster_config(config: &Config) -> ClusterConfig {
    let peer = |peer: &crate::config::Peer| PeerConfig {
        id: peer.id,
        peer: peer.peer.clone(),
        http: peer.http.clone(),
        grpc: peer.grpc.clone(),
        region: peer.region.clone(),
    };
    ClusterConfig {
        cluster: config.cluster.clone(),
        node: config.node,
        data: config.data.clone(),
        data_shards: config.data_shards,
        peers: config.peers.iter().map(peer).collect(),
        group: GroupConfig {
            election_timeout_ms: config.raft.election_timeout_ms,
            heartbeat_ms: config.raft.heartbeat_ms,
            keep_log_entries: config.raft.keep_log_entries,
            snapshot_log_entries: config.raft.snapshot_log_entries,
            snapshot_log_bytes: config.raft.snapshot_log_bytes,
            snapshot_interval_secs: config.raft.snapshot_interval_secs,
        },
        queue_commands: config.limits.queue_commands as usize,
        batch_commands: config.limits.batch_commands as usize,
        batches_in_flight: config.limits.batches_in_flight as usize,
        scrub_after_secs: config.guests.scrub_after_secs,
        audit_seal_secs: config.audit.seal_secs,
    }
}
