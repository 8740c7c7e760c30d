//! A node that cannot start says why, exits with 1 and damages nothing.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod disk;

use std::net::TcpListener;
use std::time::Duration;

use keyrack_tests::{Cluster, Hotel, HotelPlan, assert_counters_equal_bookings, run_until_exit};
use serde_json::Value;

const REFUSES_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_config_key_is_refused_with_its_name_and_line() {
    let mut stopped = Stopped::with_a_booking().await;
    let file = stopped.cluster.config_file(1);
    let config = std::fs::read_to_string(&file).unwrap();
    // The last line of the file, so that its number cannot match by chance.
    let extended = format!("{}\nminibar_key = 1\n", config.trim_end());
    std::fs::write(&file, &extended).unwrap();
    let line = extended.lines().count().to_string();
    let stderr = stopped.refused_start();
    assert!(stderr.contains("minibar_key"), "the key is named: {stderr}");
    assert!(words(&stderr).any(|word| word == line), "line {line} is named: {stderr}");
    std::fs::write(&file, config).unwrap();
    stopped.starts_with_its_data().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_of_another_cluster_is_not_touched() {
    let mut stopped = Stopped::with_a_booking().await;
    let original = stopped.edit_format("cluster", "\"some-other-cluster\"");
    let stderr = stopped.refused_start();
    assert!(stderr.contains("some-other-cluster"), "the other cluster is named: {stderr}");
    stopped.restore_format(&original);
    stopped.starts_with_its_data().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_of_another_node_is_not_touched() {
    let mut stopped = Stopped::with_a_booking().await;
    let original = stopped.edit_format("node", "77");
    let stderr = stopped.refused_start();
    assert!(words(&stderr).any(|word| word == "77"), "the other node is named: {stderr}");
    stopped.restore_format(&original);
    stopped.starts_with_its_data().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_number_of_data_shards_is_refused_with_both_numbers() {
    let mut stopped = Stopped::with_a_booking().await;
    let file = stopped.cluster.config_file(1);
    let config = std::fs::read_to_string(&file).unwrap();
    for other in [1, 5] {
        let mut changed: toml::Table = config.parse().unwrap();
        changed.insert("data_shards".to_owned(), toml::Value::Integer(other));
        std::fs::write(&file, changed.to_string()).unwrap();
        let stderr = stopped.refused_start();
        assert!(stderr.contains("has 3 data shards") && stderr.contains(&format!("data_shards = {other}")), "{stderr}");
    }
    std::fs::write(&file, config).unwrap();
    stopped.starts_with_its_data().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_in_a_newer_format_is_not_touched() {
    let mut stopped = Stopped::with_a_booking().await;
    let original = stopped.edit_format("format", "999");
    let stderr = stopped.refused_start();
    assert!(words(&stderr).any(|word| word == "999"), "the format is named: {stderr}");
    stopped.restore_format(&original);
    stopped.starts_with_its_data().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_named() {
    let mut stopped = Stopped::with_a_booking().await;
    for url in [stopped.cluster.node(1).http.clone(), stopped.cluster.node(1).grpc.clone()] {
        let address = url.trim_start_matches("http://").to_string();
        let taken = TcpListener::bind(&address).unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let stderr = stopped.refused_start();
        assert!(words(&stderr).any(|word| word == port), "port {port} is named: {stderr}");
    }
    stopped.starts_with_its_data().await;
}

#[test]
fn a_second_dev_on_a_folder_in_use_changes_nothing() {
    let cluster = Cluster::start();
    let config = std::fs::read_to_string(cluster.config_file(1)).unwrap();
    let folder = cluster.data();
    // These ports are unused, so the refusal is because of the folder.
    let args = ["dev", "--port-base", "39000", "--data", folder.to_str().unwrap()];
    let report = run_until_exit("keyrackd", &args, REFUSES_WITHIN);
    assert_eq!(report.code, Some(1), "{}", report.stderr);
    assert!(report.stderr.contains("another keyrackd dev"), "{}", report.stderr);
    assert_eq!(std::fs::read_to_string(cluster.config_file(1)).unwrap(), config);
}

#[test]
fn a_missing_config_file_is_named() {
    let args = ["run", "--config", "/nowhere/keyrackd.toml"];
    let report = run_until_exit("keyrackd", &args, REFUSES_WITHIN);
    assert_eq!(report.code, Some(1), "{}", report.stderr);
    assert!(report.stderr.contains("/nowhere/keyrackd.toml"), "{}", report.stderr);
}

/// A cluster that was stopped cleanly, with a booking in it.
struct Stopped {
    cluster: Cluster,
    hotel_id: String,
    booking: Value,
}

impl Stopped {
    async fn with_a_booking() -> Stopped {
        let mut cluster = Cluster::start();
        let hotel = HotelPlan::new("BAD-START", 5).open(&cluster.operator()).await;
        let mut booking = hotel.booked("2027-03-01", "2027-03-03").await;
        booking.as_object_mut().unwrap().remove("asOf");
        cluster.stop();
        Stopped { cluster, hotel_id: hotel.id, booking }
    }

    /// Starts node 1, which must refuse. Returns its stderr.
    fn refused_start(&self) -> String {
        let config = self.cluster.config_file(1);
        let args = ["run", "--config", config.to_str().unwrap()];
        let report = run_until_exit("keyrackd", &args, REFUSES_WITHIN);
        let stderr = report.stderr;
        assert_eq!(report.code, Some(1), "refuses with exit code 1; stderr: {stderr}");
        assert!(!stderr.contains("panicked at"), "a clear message, not a panic: {stderr}");
        assert!(!stderr.trim().is_empty(), "the node gives a reason");
        stderr
    }

    /// The whole cluster starts again and has its previous data, on node 1 too.
    async fn starts_with_its_data(&mut self) {
        self.cluster.start_again();
        for node in self.cluster.everywhere("operator") {
            let hotel = Hotel::of(&node, &self.hotel_id);
            let mut found = hotel.get(&self.booking).await;
            found.as_object_mut().unwrap().remove("asOf");
            assert_eq!(found, keyrack_tests::without_receipt(&self.booking));
            assert_counters_equal_bookings(&hotel).await;
            hotel.booked("2027-04-01", "2027-04-02").await;
        }
    }

    /// Changes one line of FORMAT, the file with the cluster, the node and the format of the data. Returns the original
    /// text. Panics if there is no such line, so that a renamed one is noticed.
    fn edit_format(&self, name: &str, value: &str) -> String {
        let original = std::fs::read_to_string(self.format_file()).unwrap();
        let mut seen = false;
        let edited = original.lines().map(|line| {
            if line.split('=').next().is_some_and(|key| key.trim() == name) {
                seen = true;
                return format!("{name} = {value}\n");
            }
            format!("{line}\n")
        });
        let edited: String = edited.collect();
        assert!(seen, "no line `{name} = ...` in {original}");
        std::fs::write(self.format_file(), edited).unwrap();
        original
    }

    fn restore_format(&self, original: &str) {
        std::fs::write(self.format_file(), original).unwrap();
    }

    fn format_file(&self) -> std::path::PathBuf {
        self.cluster.data().join("node-1").join("data").join("FORMAT")
    }
}

/// The words and numbers of a message, without the punctuation around them.
fn words(message: &str) -> impl Iterator<Item = &str> {
    message.split(|c: char| !c.is_alphanumeric())
}
