//! Three nodes on loopback, as `keyrackd dev --json` starts them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use reqwest::Client;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use serde_json::Value;
use tempfile::TempDir;

use crate::node::{Node, config_file, exit_code, wait_until_gone};
use crate::watchdog::Watchdog;
use crate::{Api, Metrics, PATIENCE, command, free_port_base, until};

const NODES: usize = 3;
const START_WITHIN: Duration = Duration::from_secs(90);
const LOG_LINES_SHOWN: usize = 200;
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// A running cluster in its own folder. Dropping it ends every process. If the test panics, it first prints the end of
/// every log.
pub struct Cluster {
    folder: TempDir,
    port_base: u16,
    /// Held so that no other test takes these ports while the cluster is down.
    _ports: TcpListener,
    env: Vec<(String, String)>,
    /// HTTP and gRPC over TLS.
    tls: bool,
    dev: Option<Child>,
    nodes: Vec<Node>,
    keys: BTreeMap<String, String>,
    http: Client,
    watchdog: Watchdog,
}

impl Cluster {
    /// Starts three nodes with the default settings.
    pub fn start() -> Cluster {
        Cluster::start_with(&[])
    }

    /// Starts three nodes with settings overridden by environment (`KEYRACK_...`).
    pub fn start_with(env: &[(&str, &str)]) -> Cluster {
        Cluster::start_as(env, false)
    }

    /// The same with HTTP and gRPC over TLS, for callers with their own TLS client; see `secure.rs`.
    pub fn start_secure(env: &[(&str, &str)]) -> Cluster {
        Cluster::start_as(env, true)
    }

    fn start_as(env: &[(&str, &str)], tls: bool) -> Cluster {
        allow_many_sockets();
        let (port_base, ports) = free_port_base();
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let mut cluster = Cluster {
            folder: tempfile::Builder::new().prefix("keyrack-test-").tempdir().unwrap(),
            port_base,
            _ports: ports,
            env: env.iter().map(owned).collect(),
            tls,
            dev: None,
            nodes: Vec::new(),
            keys: BTreeMap::new(),
            http: Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap(),
            watchdog: Watchdog::start(),
        };
        cluster.start_again();
        cluster
    }

    /// Runs `keyrackd dev` on the same folder and ports. The cluster continues with its previous data.
    pub fn start_again(&mut self) {
        assert!(self.dev.is_none(), "stop the cluster before starting it again");
        std::fs::create_dir_all(self.data()).unwrap();
        let mut dev = command("keyrackd")
            .args(["dev", "--json", "--nodes", &NODES.to_string(), "--data"])
            .arg(self.data())
            .args(["--port-base", &self.port_base.to_string()])
            .args(self.tls.then_some("--tls"))
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log_file("dev"))
            .spawn()
            .unwrap();
        self.watchdog.watch(dev.id());
        let stdout = dev.stdout.take().unwrap();
        self.dev = Some(dev);
        let announced = first_line(stdout);
        self.take_in(&announced);
    }

    /// Sends SIGTERM to all processes and waits until they have ended. Panics if one does not end.
    pub fn stop(&mut self) {
        for node in &mut self.nodes {
            node.resume();
            if let Some(mut child) = node.child.take() {
                node.signal(Signal::TERM);
                exit_code(&mut child, STOP_WITHIN).expect("a node ends cleanly on SIGTERM");
            }
        }
        let mut dev = self.dev.take().expect("the cluster runs");
        let _ = kill_process(Pid::from_child(&dev), Signal::TERM);
        let code = exit_code(&mut dev, STOP_WITHIN).expect("dev ends cleanly on SIGTERM");
        assert_eq!(code, 0, "dev ends with exit code 0");
        self.nodes.iter().for_each(|node| wait_until_gone(node.pid));
    }

    /// Where the nodes keep their files: `node-<i>/keyrackd.toml`, `node-<i>/data/`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("cluster")
    }

    /// The configuration file of a node, for `keyrackd run --config`.
    pub fn config_file(&self, node: usize) -> PathBuf {
        config_file(&self.data(), node)
    }

    /// Where the cluster's certificate authority keeps its files: `ca.pem`, `ca.key`, `node-<i>.pem`, `operator-dev.pem`.
    pub fn pki(&self) -> PathBuf {
        self.data().join("pki")
    }

    /// `127.0.0.1:PORT` of a node's listeners: 0 HTTP, 1 gRPC, 2 peers, 3 operators.
    pub fn door(&self, node: usize, door: u16) -> String {
        format!("127.0.0.1:{}", self.port_base + 10 * node as u16 + door)
    }

    /// Everything a node has logged so far.
    pub fn log(&self, node: usize) -> String {
        let own = self.data().join(format!("node-{node}")).join("keyrackd.log");
        let by_hand = self.folder.path().join(format!("node-{node}.stderr"));
        [own, by_hand].map(|path| std::fs::read_to_string(path).unwrap_or_default()).concat()
    }

    /// The folder with everything the test wrote: data and logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The number of bytes a node has logged so far.
    pub fn log_bytes(&self, node: usize) -> u64 {
        let own = self.data().join(format!("node-{node}")).join("keyrackd.log");
        let by_hand = self.folder.path().join(format!("node-{node}.stderr"));
        let sizes = [own, by_hand].map(|path| path.metadata().ok().map(|file| file.len()));
        assert!(sizes.iter().any(Option::is_some), "node {node} has no log");
        sizes.into_iter().flatten().sum()
    }

    pub fn node(&self, id: usize) -> &Node {
        &self.nodes[id - 1]
    }

    pub fn node_ids(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.nodes.len()
    }

    /// A caller with the key of `role` (operator, manager, channel, desk, auditor) at one node.
    pub fn api(&self, role: &str, node: usize) -> Api {
        let key = self.keys.get(role).unwrap_or_else(|| panic!("dev has no key for {role}"));
        Api::new(self.http.clone(), &self.node(node).http, key)
    }

    /// The same caller at every node.
    pub fn everywhere(&self, role: &str) -> Vec<Api> {
        self.node_ids().map(|node| self.api(role, node)).collect()
    }

    /// The operator at node 1. Most tests use it.
    pub fn operator(&self) -> Api {
        self.api("operator", 1)
    }

    pub fn key(&self, role: &str) -> &str {
        &self.keys[role]
    }

    /// kill -9 of one node.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node - 1].kill();
    }

    /// kill -9 of all nodes, as simultaneously as possible.
    pub fn kill_all(&mut self) {
        self.nodes.iter().for_each(|node| node.signal(Signal::KILL));
        self.nodes.iter_mut().for_each(Node::kill);
    }

    /// Restarts a killed node outside `dev`, with the same settings. Does not wait for it: see [`Cluster::ready`].
    pub fn restart(&mut self, node: usize) {
        let log = self.log_file(&format!("node-{node}"));
        let child = command("keyrackd")
            .args(["run", "--config"])
            .arg(config_file(&self.data(), node))
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.watchdog.watch(child.id());
        let entry = &mut self.nodes[node - 1];
        entry.pid = child.id();
        entry.child = Some(child);
    }

    /// Kills all nodes, changes the configuration of each and restarts them outside `dev`. Does not wait for them.
    /// `dev` rewrites the files, so [`Cluster::start_again`] undoes the change.
    pub fn reconfigure(&mut self, change: impl Fn(&mut toml::Table)) {
        self.kill_all();
        for node in self.node_ids() {
            let path = self.config_file(node);
            let mut config: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
            change(&mut config);
            std::fs::write(&path, config.to_string()).unwrap();
            self.restart(node);
        }
    }

    /// Waits until a node's `/readyz` answers 200.
    pub async fn ready(&self, node: usize) {
        let api = self.operator_at(node);
        until(&format!("node {node} is ready"), PATIENCE, async || {
            let call = api.get("/readyz").timeout(Duration::from_secs(2));
            call.try_send().await.ok().filter(|answer| answer.status == 200).map(|_| ())
        })
        .await;
    }

    /// The current `/metrics` of a node, or None if it does not answer.
    pub async fn metrics(&self, node: usize) -> Option<Metrics> {
        let call = self.operator_at(node).get("/metrics").timeout(Duration::from_secs(2));
        let answer = call.try_send().await.ok().filter(|answer| answer.status == 200)?;
        Some(Metrics::parse(&answer.text()))
    }

    /// The node that leads `shard`, according to the nodes' own metrics.
    pub async fn leader_of(&self, shard: u64) -> usize {
        until(&format!("shard {shard} has one leader"), PATIENCE, async || {
            let mut leaders = Vec::new();
            for node in self.node_ids() {
                let metrics = self.metrics(node).await;
                if metrics.is_some_and(|m| m.of_shard("keyrack_raft_is_leader", shard) == Some(1)) {
                    leaders.push(node);
                }
            }
            // With two leaders, one does not know yet that it was deposed. Ask again.
            (leaders.len() == 1).then(|| leaders[0])
        })
        .await
    }

    /// The other two nodes.
    pub fn others(&self, node: usize) -> Vec<usize> {
        self.node_ids().filter(|other| *other != node).collect()
    }

    fn operator_at(&self, node: usize) -> Api {
        self.api("operator", node)
    }

    fn log_file(&self, name: &str) -> File {
        let path = self.folder.path().join(format!("{name}.stderr"));
        File::options().create(true).append(true).open(path).unwrap()
    }

    fn take_in(&mut self, announced: &str) {
        let ready: Value = serde_json::from_str(announced).unwrap_or_else(|e| panic!("dev prints no JSON ({e}): {announced}"));
        let nodes = ready["nodes"].as_array().expect("dev announces its nodes");
        let text = |value: &Value| value.as_str().expect("a string in dev's line").to_string();
        self.nodes = (1..)
            .zip(nodes)
            .map(|(id, node)| Node {
                id,
                http: as_url(&text(&node["http"])),
                grpc: as_url(&text(&node["grpc"])),
                pid: node["pid"].as_u64().expect("a pid per node") as u32,
                child: None,
            })
            .collect();
        assert_eq!(self.nodes.len(), NODES, "dev announces every node: {announced}");
        let keys = ready["keys"].as_object().expect("dev announces its keys");
        self.keys = keys.iter().map(|(role, key)| (role.clone(), text(key))).collect();
        for node in &self.nodes {
            self.watchdog.watch(node.pid);
        }
    }

    /// Prints the end of every log, for a test that fails.
    fn print_logs(&self) {
        let homes = self.node_ids().map(|node| self.data().join(format!("node-{node}")));
        let folders = std::iter::once(self.folder.path().to_path_buf()).chain(homes);
        let entries = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        for path in entries.flatten().map(|entry| entry.path()) {
            if !path.extension().is_some_and(|kind| kind == "stderr" || kind == "log") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines.len().saturating_sub(LOG_LINES_SHOWN);
            eprintln!("--- {}\n{}", path.display(), lines[tail..].join("\n"));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
        // A stopped process does not handle SIGTERM until it is resumed.
        self.nodes.iter().for_each(Node::resume);
        if let Some(mut dev) = self.dev.take() {
            let _ = kill_process(Pid::from_child(&dev), Signal::TERM);
            if exit_code(&mut dev, Duration::from_secs(10)).is_none() {
                let _ = dev.kill();
                let _ = dev.wait();
            }
        }
        for node in &mut self.nodes {
            node.signal(Signal::KILL);
            if let Some(mut child) = node.child.take() {
                let _ = child.wait();
            }
        }
    }
}

/// Returns dev's one line, which must come within `START_WITHIN`. Later output is read and dropped, so that dev never
/// blocks on a full pipe.
fn first_line(stdout: impl std::io::Read + Send + 'static) -> String {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    receive.recv_timeout(START_WITHIN).expect("dev prints its one line once it is ready")
}

fn as_url(address: &str) -> String {
    let address = address.trim_end_matches('/');
    if address.contains("://") { address.to_string() } else { format!("http://{address}") }
}

/// A thousand clients need a thousand sockets, and the usual soft limit is 1,024 files. The nodes inherit the higher
/// limit.
fn allow_many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let _ = setrlimit(Resource::Nofile, raised);
}
