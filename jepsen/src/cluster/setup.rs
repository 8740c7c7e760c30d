//! Creates certificates, keyring, configurations and principals with the shipped commands, as an operator does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::Method;
use serde_json::{Value, json};

use super::{Cluster, Keys, Node, OPERATOR, Place, Plan, home, http, until};
use crate::disk::Shim;

/// The cluster name in all certificates and configurations.
const CLUSTER: &str = "jepsen";
/// Certificates are valid from this much earlier, so that they are also valid for a clock that was set back.
const CERTIFICATES_SINCE_MS: i64 = -3 * 3_600_000;
const START_WITHIN: Duration = Duration::from_secs(60);

impl Cluster {
    /// Creates all files and starts all nodes. Returns when all are ready and the harness's principals have keys.
    pub async fn start(plan: Plan, place: Place) -> anyhow::Result<Cluster> {
        fs::create_dir_all(&plan.folder)?;
        let pki = plan.folder.join("pki");
        make_certificates(&plan, &place, &pki)?;
        let keyring = plan.folder.join("keyring");
        let made = command(&plan, &plan.daemon).args(["keyring", "init"]).arg(&keyring).output()?;
        let daemon = &plan.daemon;
        anyhow::ensure!(made.status.success(), "`{daemon} keyring init` failed: {}", String::from_utf8_lossy(&made.stderr));
        let mut nodes = Vec::new();
        for number in 1..=plan.nodes {
            let home = home(&plan.folder, number);
            fs::create_dir_all(home.join("data"))?;
            fs::write(home.join("keyrackd.toml"), configuration(&plan, &place, number, &pki, &keyring)?)?;
            let shim = Shim::install(&home.join("shim"), &home.join("data"))?;
            nodes.push(Node::new(number, home, shim));
        }
        let own = (pki.join("operator-jepsen.pem"), pki.join("operator-jepsen.key"));
        let client_tls = http::tls(&pki.join("ca.pem"), None)?;
        let operator_tls = http::tls(&pki.join("ca.pem"), Some((&own.0, &own.1)))?;
        let mut cluster = Cluster { plan, place, nodes, client_tls, operator_tls, keys: Keys::default() };
        for number in cluster.numbers() {
            cluster.run(number)?;
        }
        for number in cluster.numbers() {
            cluster.ready(number, START_WITHIN).await?;
        }
        cluster.keys = Keys {
            manager: cluster.principal("jepsen-manager", "manager").await?,
            auditor: cluster.principal("jepsen-auditor", "auditor").await?,
            operator: cluster.principal("jepsen-operator", "operator").await?,
        };
        Ok(cluster)
    }

    /// Starts a node that is not running.
    pub fn run(&self, number: u32) -> anyhow::Result<()> {
        let mut daemon = command(&self.plan, &self.plan.daemon);
        daemon.args(["run", "--config"]).arg(self.home(number).join("keyrackd.toml"));
        daemon.envs(self.plan.settings.iter().map(|(name, value)| (name, value)));
        if let Some(bug) = &self.plan.bug {
            daemon.env("KEYRACK_PLANTED_BUG", bug);
        }
        if let Place::Namespaces(network) = &self.place {
            network.enter(number, &mut daemon);
        }
        self.node(number).start(daemon)
    }

    /// Creates a principal with a key, and returns the key.
    async fn principal(&self, id: &str, role: &str) -> anyhow::Result<String> {
        let client = self.operator(1);
        let put = |body: Value| {
            let client = client.clone();
            async move { client.ask(Method::PUT, &format!("/v1/principals/{id}"), Some(&body), START_WITHIN).await }
        };
        let wish = json!({"role": role});
        until(format!("principal {id} is created"), START_WITHIN, async || {
            let reply = put(wish.clone()).await.ok()?;
            if reply.status.is_client_error() {
                let body = String::from_utf8_lossy(&reply.body);
                return Some(Err(anyhow::anyhow!("node 1 refused to create the principal {id}: {body}")));
            }
            reply.status.is_success().then_some(Ok(()))
        })
        .await??;
        let path = format!("/v1/principals/{id}/keys");
        let mut line = client.connection();
        let key = format!("jepsen-key-{id}");
        let reply = line.ask(Method::POST, &path, Some(&key), Some(&json!({})), START_WITHIN).await;
        match reply {
            Ok(reply) if reply.status.is_success() => Ok(reply.json()["key"].as_str().unwrap_or_default().to_owned()),
            other => bail!("cannot create an API key for the principal {id}: {other:?}"),
        }
    }
}

/// A command that runs a shipped binary, without the `KEYRACK_` variables of the harness's own environment.
pub(super) fn command(plan: &Plan, name: &str) -> Command {
    let mut command = Command::new(plan.binaries.join(name));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("KEYRACK_") {
            command.env_remove(variable);
        }
    }
    command
}

fn make_certificates(plan: &Plan, place: &Place, pki: &Path) -> anyhow::Result<()> {
    // The clock is set back here, so that the certificates are also valid for clocks that jump back.
    let clock = Shim::install(&plan.folder.join("pki-clock"), pki)?;
    clock.set_clock_offset_ms(CERTIFICATES_SINCE_MS)?;
    let run = |arguments: &[&str]| -> anyhow::Result<()> {
        let mut keyrack = command(plan, "keyrack");
        clock.apply(&mut keyrack);
        let done = keyrack.arg("pki").args(arguments).arg("--dir").arg(pki).output().context("cannot run keyrack")?;
        let command = || format!("keyrack pki {}", arguments.join(" "));
        anyhow::ensure!(done.status.success(), "`{}` failed: {}", command(), String::from_utf8_lossy(&done.stderr));
        Ok(())
    };
    run(&["init", "--cluster", CLUSTER])?;
    for number in 1..=plan.nodes {
        let host = place.address(number, 0).ip().to_string();
        run(&["issue", "node", &number.to_string(), "--host", &host])?;
    }
    run(&["issue", "operator", "jepsen"])
}

fn configuration(plan: &Plan, place: &Place, number: u32, pki: &Path, keyring: &Path) -> anyhow::Result<String> {
    let at = |node: u32, port: u16| place.address(node, port).to_string();
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    let peers: Vec<Value> = (1..=plan.nodes)
        .map(|id| {
            let url = |port| format!("https://{}", at(id, port));
            json!({"id": id, "peer": at(id, 2), "http": url(0), "grpc": url(1), "region": format!("region-{id}")})
        })
        .collect();
    let config = json!({
        "cluster": CLUSTER,
        "node": number,
        "data": path(home(&plan.folder, number).join("data")),
        "listen": {"http": at(number, 0), "grpc": at(number, 1), "peer": at(number, 2), "operator": at(number, OPERATOR)},
        "tls": {
            "certificate": path(pki.join(format!("node-{number}.pem"))),
            "key": path(pki.join(format!("node-{number}.key"))),
            "trust": path(pki.join("ca.pem")),
        },
        "guests": {"keyring": path(keyring.to_owned())},
        "log": {"format": "text"},
        // Small numbers, so that a run of minutes has many snapshots, purges and followers that need a snapshot.
        "raft": {"keep_log_entries": 20, "snapshot_log_entries": 80, "snapshot_interval_secs": 20},
        // A node that reaches no majority answers with an error while the fault still lasts.
        "limits": {"request_timeout_ms": 2_000},
        "peers": peers,
    });
    Ok(toml::to_string(&config)?)
}
