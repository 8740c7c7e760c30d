//! Nodes compare their keyrings: with another one, a node could not read the guests' data that the other nodes write.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use keyrack_tests::{Cluster, Hotel, HotelPlan, PATIENCE, run_until_exit, until};

const REFUSES_WITHIN: Duration = Duration::from_secs(60);

/// A stopped cluster with a booking, in which each node has its own copy of the keyring.
async fn stopped() -> (Cluster, Hotel) {
    let mut cluster = Cluster::start();
    let hotel = HotelPlan::new("KEYRING", 5).open(&cluster.operator()).await;
    hotel.booked("2027-03-01", "2027-03-03").await;
    cluster.kill_all();
    let common = fs::read_to_string(cluster.data().join("keyring")).unwrap();
    for node in cluster.node_ids() {
        let path = cluster.config_file(node);
        let mut config: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let guests = config["guests"].as_table_mut().unwrap();
        guests.insert("keyring".into(), keyring(&cluster, node).to_str().unwrap().into());
        fs::write(&path, config.to_string()).unwrap();
        write_keyring(&cluster, node, &common);
    }
    (cluster, hotel)
}

fn keyring(cluster: &Cluster, node: usize) -> PathBuf {
    cluster.data().join(format!("keyring-{node}"))
}

/// Replaces the file whole, so that a running node never reads half of it.
fn write_keyring(cluster: &Cluster, node: usize, text: &str) {
    let (path, new) = (keyring(cluster, node), cluster.data().join("keyring-new"));
    fs::write(&new, text).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&new, &path).unwrap();
}

/// A keyring with a key that no node has.
fn strange() -> String {
    format!("strange {} active\n", "5a".repeat(32))
}

async fn start(cluster: &mut Cluster, nodes: &[usize]) {
    nodes.iter().for_each(|node| cluster.restart(*node));
    for node in nodes {
        cluster.ready(*node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_waits_until_the_keyrings_agree() {
    let (mut cluster, _) = stopped().await;
    for node in cluster.node_ids() {
        fs::remove_dir_all(cluster.data().join(format!("node-{node}")).join("data")).unwrap();
    }
    let right = fs::read_to_string(keyring(&cluster, 2)).unwrap();
    write_keyring(&cluster, 2, &strange());
    cluster.node_ids().for_each(|node| cluster.restart(node));
    for (node, said) in [(1, "node 2 encrypts guests' data with the key"), (2, "and this node's keyring does not have that key")]
    {
        let url = format!("{}/readyz", cluster.node(node).http);
        until(said, PATIENCE, async || reqwest::get(&url).await.ok()?.text().await.ok()?.contains(said).then_some(())).await;
    }
    // Nothing is encrypted yet, so a running node takes it.
    write_keyring(&cluster, 2, &right);
    for node in cluster.node_ids() {
        cluster.ready(node).await;
    }
}

/// Through a rotation, after the old key was removed, and with the lines in another order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_is_recognised_with_every_key_of_the_keyring() {
    let (mut cluster, hotel) = stopped().await;
    start(&mut cluster, &[1, 2, 3]).await;
    let right = fs::read_to_string(keyring(&cluster, 1)).unwrap();
    let (old, next) = (right.trim().to_owned(), "5a".repeat(32));
    let book = async |cluster: &Cluster, node: usize, key: &str| {
        let hotel = Hotel::of(&cluster.api("manager", node), &hotel.id);
        let answer = hotel.api.post("/v1/bookings", key).json(&hotel.request("2027-05-01", "2027-05-02")).send().await;
        let answer = answer.expect(201);
        (answer.header("Idempotency-Replayed").is_some(), answer.json()["bookingId"].clone())
    };
    let everywhere = async |cluster: &mut Cluster, text: &str, active: &str| {
        for node in 1..=3 {
            write_keyring(cluster, node, text);
        }
        // With one node on the old text, a retry may meet both.
        for node in 1..=3 {
            let prints = format!("active=\"{active}\"");
            until("the keyring is used", PATIENCE, async || cluster.log(node).contains(&prints).then_some(())).await;
        }
    };
    let (is_replayed, first) = book(&cluster, 1, "before-the-rotation").await;
    assert!(!is_replayed);
    everywhere(&mut cluster, &format!("only {old}\nnext {next} active\n"), "next").await;
    let (is_replayed, second) = book(&cluster, 2, "after-the-rotation").await;
    assert!(!is_replayed);
    let retried = async |cluster: &Cluster, keys: &[(&str, &serde_json::Value)]| {
        for node in 1..=3 {
            for (key, booking) in keys {
                assert_eq!(book(cluster, node, key).await, (true, (*booking).clone()), "{key} through node {node}");
            }
        }
    };
    let both = [("before-the-rotation", &first), ("after-the-rotation", &second)];
    retried(&cluster, &both).await;
    // The order of the lines is another one on one node.
    write_keyring(&cluster, 2, &format!("next {next} active\nonly {old}\n"));
    cluster.kill(2);
    start(&mut cluster, &[2]).await;
    retried(&cluster, &both).await;
    // What was made after the rotation does not need the old key. A node records the key that encrypts in its data folder.
    for node in 1..=3 {
        let recorded = || fs::read_to_string(cluster.data().join(format!("node-{node}/data/KEYRING"))).unwrap_or_default();
        until("the key is recorded", PATIENCE, async || recorded().ends_with(" next\n").then_some(())).await;
    }
    cluster.kill_all();
    for node in 1..=3 {
        write_keyring(&cluster, node, &format!("next {next} active\n"));
    }
    start(&mut cluster, &[1, 2, 3]).await;
    retried(&cluster, &both[1..]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_another_keyring_does_not_start() {
    let (mut cluster, _) = stopped().await;
    start(&mut cluster, &[1, 2]).await;
    let right = fs::read_to_string(keyring(&cluster, 3)).unwrap();
    // As an older version leaves the folder.
    fs::remove_file(cluster.data().join("node-3/data/KEYRING")).unwrap();
    write_keyring(&cluster, 3, &strange());
    let config = cluster.config_file(3);
    let report = run_until_exit("keyrackd", &["run", "--config", config.to_str().unwrap()], REFUSES_WITHIN);
    assert_eq!(report.code, Some(1), "{}", report.stderr);
    assert!(report.stderr.contains("this node's keyring does not have that key"), "{}", report.stderr);
    // The next step of a rotation: the new key is known and does not encrypt yet.
    write_keyring(&cluster, 3, &format!("only {} active\nnext {}\n", right.trim(), "5a".repeat(32)));
    start(&mut cluster, &[3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_with_another_keyring_does_not_keep_the_others_from_starting() {
    let (mut cluster, hotel) = stopped().await;
    let right = fs::read_to_string(keyring(&cluster, 3)).unwrap();
    // Node 3 encrypts with a key that it alone has, as an older version allowed.
    fs::remove_file(cluster.data().join("node-3/data/KEYRING")).unwrap();
    write_keyring(&cluster, 3, &strange());
    let starts = |cluster: &Cluster| cluster.log(3).matches("event=\"started\"").count();
    let before = starts(&cluster);
    cluster.restart(3);
    until("node 3 has started, and waits for the others", PATIENCE, async || (starts(&cluster) > before).then_some(())).await;
    cluster.restart(1);
    start(&mut cluster, &[2]).await;
    cluster.ready(1).await;
    for node in [1, 3] {
        until("the difference is logged", PATIENCE, async || cluster.log(node).contains("settings_differ").then_some(())).await;
    }
    undecryptable(&cluster, 3, |guests| guests > 0).await;
    assert!(cluster.log(3).contains("guests_undecryptable"), "{}", cluster.log(3));
    // The documented repair: all keys in all keyrings.
    write_keyring(&cluster, 3, &format!("{}only {}\n", strange(), right.trim()));
    undecryptable(&cluster, 3, |guests| guests == 0).await;
    Hotel::of(&cluster.api("manager", 1), &hotel.id).booked("2027-04-01", "2027-04-02").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_node_keeps_its_keyring_if_the_new_one_lacks_the_key_that_encrypts() {
    let (mut cluster, hotel) = stopped().await;
    start(&mut cluster, &[1, 2, 3]).await;
    write_keyring(&cluster, 3, &strange());
    let kept = "it does not have the key \\\"only\\\"";
    until("the keyring is refused", PATIENCE, async || {
        cluster.log(3).replace('\\', "").contains(&kept.replace('\\', "")).then_some(())
    })
    .await;
    undecryptable(&cluster, 3, |guests| guests == 0).await;
    Hotel::of(&cluster.api("manager", 3), &hotel.id).booked("2027-04-01", "2027-04-02").await;
    // Not even if all nodes have the same wrong keyring.
    cluster.kill_all();
    for node in cluster.node_ids() {
        write_keyring(&cluster, node, &strange());
        let config = cluster.config_file(node);
        let report = run_until_exit("keyrackd", &["run", "--config", config.to_str().unwrap()], REFUSES_WITHIN);
        assert_eq!(report.code, Some(1), "{}", report.stderr);
        assert!(report.stderr.contains("Put its line back into the keyring"), "{}", report.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_encrypts_only_when_all_nodes_have_it() {
    let (mut cluster, _) = stopped().await;
    start(&mut cluster, &[1, 2, 3]).await;
    let right = fs::read_to_string(keyring(&cluster, 1)).unwrap();
    let rotated = format!("only {}\nnext {} active\n", right.trim(), "5a".repeat(32));
    write_keyring(&cluster, 1, &rotated);
    until("node 1 waits", PATIENCE, async || cluster.log(1).contains("keyring_waits").then_some(())).await;
    let uses = |node: usize, key: &str| cluster.log(node).contains(&format!("active=\"{key}\""));
    assert!(uses(1, "only") && !uses(1, "next"), "{}", cluster.log(1));
    for node in [2, 3] {
        write_keyring(&cluster, node, &rotated);
    }
    for node in [1, 2, 3] {
        until("the key is used", PATIENCE, async || uses(node, "next").then_some(())).await;
        assert!(!cluster.log(node).contains("settings_differ"), "{}", cluster.log(node));
    }
}

async fn undecryptable(cluster: &Cluster, node: usize, is_right: impl Fn(u64) -> bool) {
    until("the guests whose data cannot be read are counted", PATIENCE, async || {
        let guests = cluster.metrics(node).await?.value("keyrack_guests_undecryptable")?;
        is_right(guests).then_some(())
    })
    .await;
}
