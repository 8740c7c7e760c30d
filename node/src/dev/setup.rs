//! The folders, keys, certificates and configurations of a development cluster. Existing ones are kept.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use keyrack_cluster::PeerConfig;
use rustls::ClientConfig;

use super::certificates::Certificates;
use super::dial::{self, Dial};
use super::options::Options;
use crate::config::{Config, Guests, Keys, Listen, Log, Tls};
use crate::messages::config::ConfigError;
use crate::messages::dev::DevError;
use crate::messages::files::AccessError;
use crate::messages::start::RunError;

/// A development cluster on disk.
pub struct Setup {
    /// One configuration for each node.
    pub configs: Vec<Config>,
    /// The file of each configuration.
    pub files: Vec<PathBuf>,
    /// One key for each role.
    pub keys: Keys,
    /// The file with the trusted authorities.
    pub trust: PathBuf,
    /// An operator's certificate and key.
    pub operator: (PathBuf, PathBuf),
    /// TLS for calls to the nodes. `None` if they speak plain HTTP.
    client_tls: Option<Arc<ClientConfig>>,
    /// Held while the cluster runs, because two clusters on one folder would overwrite each other's files.
    _lock: File,
}

/// The name of every development cluster.
const CLUSTER: &str = "dev";
/// How many ports a node has: HTTP, gRPC, peers, operators.
const PORTS: u16 = 4;
/// From one node's first port to the next node's.
const PORTS_APART: u16 = 10;
const REGIONS: [&str; 3] = ["eu-west", "eu-central", "us-east"];

impl Setup {
    /// Makes the missing files.
    pub fn prepare(options: &Options) -> anyhow::Result<Setup> {
        check_ports(options)?;
        let root = &options.data;
        let unusable = |cause| DevError::Folder { path: root.clone(), cause };
        fs::create_dir_all(root).map_err(unusable)?;
        let root = root.canonicalize().map_err(unusable)?;
        let lock = lock(&root)?;
        let known = (1..).take_while(|node| root.join(format!("node-{node}")).exists()).count() as u64;
        if known != 0 && known != options.nodes {
            return Err(DevError::OtherSize { path: root, known }.into());
        }
        for node in 1..=options.nodes {
            (0..PORTS).try_for_each(|place| check_free(port(options.port_base, node, place)))?;
        }
        let keys = keys(&root)?;
        let keyring = root.join("keyring");
        if !keyring.exists() {
            write_secret(&keyring, &random_hex(32)?)?;
        }
        let certificates = Certificates::prepare(&root.join("pki"), CLUSTER, options.nodes)?;
        let peers: Vec<PeerConfig> = (1..=options.nodes).map(|id| peer(options, id)).collect();
        let mut setup = Setup {
            configs: Vec::new(),
            files: Vec::new(),
            keys,
            client_tls: if options.tls { Some(dial::trusting(&certificates.trust())?) } else { None },
            trust: certificates.trust(),
            operator: certificates.of_operator(),
            _lock: lock,
        };
        for node in 1..=options.nodes {
            let folder = root.join(format!("node-{node}"));
            fs::create_dir_all(&folder).map_err(|cause| DevError::Folder { path: folder.clone(), cause })?;
            let port = |place| format!("127.0.0.1:{}", port(options.port_base, node, place));
            let (certificate, key) = certificates.of_node(node);
            let config = Config {
                cluster: CLUSTER.into(),
                development: true,
                node,
                data: folder.join("data"),
                listen: Listen { http: port(0), grpc: port(1), peer: port(2), operator: port(3) },
                tls: Tls { certificate, key, trust: setup.trust.clone(), ..Tls::default() },
                keys: setup.keys.clone(),
                guests: Guests { keyring: keyring.clone(), ..Guests::default() },
                log: Log { format: "text".into(), ..Log::default() },
                peers: peers.clone(),
                ..Config::default()
            };
            let file = folder.join("keyrackd.toml");
            write_secret(&file, &toml::to_string(&config)?)?;
            // Read as the node reads it, so that the environment's overrides apply with --in-process too.
            setup.configs.push(Config::load(&file)?);
            setup.files.push(file);
        }
        Ok(setup)
    }

    /// A connection to one of the nodes' listeners for clients.
    pub fn dial(&self, address: &str) -> Dial {
        Dial { address: address.into(), tls: self.client_tls.clone() }
    }
}

fn lock(root: &Path) -> anyhow::Result<File> {
    let path = root.join("lock");
    let file = File::create(&path).map_err(|cause| AccessError::Write { path: path.clone(), cause })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DevError::InUse(root.into()).into()),
        Err(TryLockError::Error(cause)) => Err(DevError::Lock { path, cause }.into()),
    }
}

/// All ports of all nodes must exist.
fn check_ports(options: &Options) -> Result<(), DevError> {
    let above_base = options.nodes * u64::from(PORTS_APART) + u64::from(PORTS) - 1;
    let (base, node, most) = (options.port_base, options.nodes, u64::from(u16::MAX) - above_base);
    let port = u64::from(base) + above_base;
    if u64::from(base) > most { Err(DevError::PortBase { base, node, port, most }) } else { Ok(()) }
}

/// Called before anything is written, because another program on this port would answer instead of our node.
fn check_free(port: u16) -> Result<(), DevError> {
    let free = std::net::TcpListener::bind(("127.0.0.1", port));
    free.map(drop).map_err(|cause| DevError::Port { port, cause })
}

fn peer(options: &Options, id: u64) -> PeerConfig {
    let (scheme, port_base) = (if options.tls { "https" } else { "http" }, options.port_base);
    let url = |place| format!("{scheme}://127.0.0.1:{}", port(port_base, id, place));
    let region = REGIONS.get(id as usize - 1).map_or_else(|| format!("region-{id}"), |region| (*region).to_owned());
    PeerConfig { id, peer: format!("127.0.0.1:{}", port(port_base, id, 2)), http: url(0), grpc: url(1), region }
}

fn port(base: u16, node: u64, place: u16) -> u16 {
    base.saturating_add(node as u16 * PORTS_APART).saturating_add(place)
}

/// The API keys of this cluster. They are drawn once and kept.
fn keys(root: &Path) -> anyhow::Result<Keys> {
    let file = root.join("keys.toml");
    if let Ok(text) = fs::read_to_string(&file) {
        let keys = toml::from_str(&text).map_err(|cause| ConfigError::reader(&text, &cause));
        return keys.with_context(|| DevError::Unusable(file));
    }
    let key = |role: &str| anyhow::Ok(format!("kr_{role}_{}", random_hex(16)?));
    let keys = Keys {
        operator: key("operator")?,
        manager: key("manager")?,
        channel: key("channel")?,
        desk: key("desk")?,
        auditor: key("auditor")?,
    };
    write_secret(&file, &toml::to_string(&keys)?)?;
    Ok(keys)
}

/// Writes a file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let write = || {
        fs::write(path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
    };
    Ok(write().map_err(|cause| AccessError::Write { path: path.into(), cause })?)
}

fn random_hex(bytes: usize) -> anyhow::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(RunError::Randomness)?;
    Ok(base16ct::lower::encode_string(&random))
}
