//! A cluster that starts for the first time: every node answers at once, in any order of starts, and names what it waits for.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use keyrack_tests::{Cluster, PATIENCE, until};

/// A cluster of three nodes without data, none of them running.
fn never_started() -> Cluster {
    let mut cluster = Cluster::start();
    cluster.kill_all();
    for node in cluster.node_ids() {
        std::fs::remove_dir_all(cluster.data().join(format!("node-{node}")).join("data")).unwrap();
    }
    cluster
}

/// The status and the body of a path, once the node listens.
async fn answer(cluster: &Cluster, node: usize, path: &str) -> (u16, String) {
    let url = format!("{}{path}", cluster.node(node).http);
    until("the node listens", PATIENCE, async || {
        let answer = reqwest::get(&url).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    })
    .await
}

async fn awaits(cluster: &Cluster, node: usize, said: &str) {
    let url = format!("{}/readyz", cluster.node(node).http);
    until(said, PATIENCE, async || {
        let answer = reqwest::get(&url).await.ok()?;
        let is_unready = answer.status().as_u16() == 503;
        let text = answer.text().await.ok()?;
        (is_unready && text.contains(said)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_is_alive_at_once_and_names_the_nodes_it_waits_for() {
    let mut cluster = never_started();
    cluster.restart(3);
    assert_eq!(answer(&cluster, 3, "/healthz").await, (200, "ok\n".to_owned()));
    awaits(&cluster, 3, "first start: waiting for nodes 1 and 2").await;
    let (status, problem) = answer(&cluster, 3, "/v1/properties").await;
    assert_eq!(status, 503, "{problem}");
    let problem: serde_json::Value = serde_json::from_str(&problem).unwrap();
    assert_eq!((problem["code"].as_str(), problem["retryable"].as_bool()), (Some("unavailable"), Some(true)), "{problem}");
    cluster.restart(1);
    awaits(&cluster, 3, "first start: waiting for node 2").await;
    awaits(&cluster, 1, "first start: waiting for node 2").await;
    cluster.restart(2);
    for node in [3, 1, 2] {
        cluster.ready(node).await;
    }
    assert_eq!(answer(&cluster, 3, "/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_that_differs_is_named_and_the_cluster_begins_when_it_is_corrected() {
    let mut cluster = never_started();
    let file = cluster.config_file(2);
    let right = std::fs::read_to_string(&file).unwrap();
    let mut wrong: toml::Table = right.parse().unwrap();
    wrong.insert("data_shards".to_owned(), toml::Value::Integer(5));
    std::fs::write(&file, wrong.to_string()).unwrap();
    (1..=3).for_each(|node| cluster.restart(node));
    awaits(&cluster, 1, "data_shards is 3 on this node and 5 on node 2").await;
    awaits(&cluster, 2, "data_shards is 5 on this node and 3 on node ").await;
    cluster.kill(2);
    std::fs::write(&file, right).unwrap();
    cluster.restart(2);
    for node in 1..=3 {
        cluster.ready(node).await;
    }
}
