//! What operators learn from the logs and from the banner of `keyrackd dev`.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use keyrack_tests::{Cluster, PATIENCE, command, free_port_base, until};
use rustix::process::{Pid, Signal, kill_process};

/// The names of the events in a node's log.
fn events(cluster: &Cluster, node: usize) -> Vec<String> {
    let event = |line: &str| Some(line.split_once("event=\"")?.1.split('"').next()?.to_owned());
    cluster.log(node).lines().filter_map(event).collect()
}

/// Waits until a node has logged an event after the first `seen` ones.
async fn logged(cluster: &Cluster, node: usize, seen: usize, event: &str) {
    until(&format!("node {node} logs {event}"), PATIENCE, async || {
        events(cluster, node).iter().skip(seen).any(|name| name == event).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_peers_a_lost_majority_and_moved_leaders_are_logged_and_probes_do_not_flood_the_log() {
    let mut cluster = Cluster::start();
    logged(&cluster, 1, 0, "leader_gained").await;
    let seen = events(&cluster, 1).len();
    cluster.kill(3);
    logged(&cluster, 1, seen, "peer_lost").await;
    cluster.kill(2);
    logged(&cluster, 1, seen, "majority_lost").await;
    logged(&cluster, 1, seen, "leader_lost").await;
    let probe = format!("{}/readyz", cluster.node(1).http);
    until("node 1 is not ready", PATIENCE, async || (reqwest::get(&probe).await.ok()?.status().as_u16() == 503).then_some(()))
        .await;
    let warnings =
        |cluster: &Cluster| cluster.log(1).lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).count();
    let before = warnings(&cluster);
    for _ in 0..200 {
        assert_eq!(reqwest::get(&probe).await.unwrap().status().as_u16(), 503);
    }
    let more = warnings(&cluster) - before;
    assert!(more < 20, "200 probes of a node that is not ready wrote {more} warnings");
    let seen = events(&cluster, 1).len();
    cluster.restart(2);
    logged(&cluster, 1, seen, "peer_back").await;
    logged(&cluster, 1, seen, "majority_back").await;
    logged(&cluster, 1, seen, "leader_gained").await;
}

/// A `keyrackd dev`. Dropping it ends it.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_line_of_the_banner_works_as_it_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (base, _ports) = free_port_base();
    let mut dev = command("keyrackd");
    dev.args(["dev", "--port-base", &base.to_string(), "--data"]).arg(folder.path().join("cluster"));
    let mut dev = Dev(dev.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(dev.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.trim_end().ends_with(" node list")).expect("the banner has the line");
    lines.find(|line| line.contains("Ctrl-C stops the cluster")).expect("the banner is whole");
    let listed = until("the operator's listener answers", Duration::from_secs(60), async || {
        let output = std::process::Command::new("sh").args(["-c", line.trim()]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    })
    .await;
    assert_eq!(listed.lines().count(), 3, "{listed}");
}
