//! Tests the shim with the real `keyrackd`: acknowledged bookings survive a loss of power, and the node keeps working after a
//! clock jump. Needs `keyrackd` and `keyrack` in the folder of the build, or in `KEYRACK_BIN`.

// Test helpers may panic, as tests do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use keyrack_jepsen::disk::{Shim, SyncMode, TornEnd};
use serde_json::Value;

/// The folder with both programs. Without them, prints that the test is skipped.
fn programs() -> Option<PathBuf> {
    let beside = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let folder = std::env::var_os("KEYRACK_BIN").map_or(beside, PathBuf::from);
    let there = ["keyrackd", "keyrack"].iter().all(|program| folder.join(program).exists());
    if !there {
        eprintln!("skipped: no keyrackd and keyrack in {}", folder.display());
    }
    there.then_some(folder)
}

/// A cluster of one node, under a shim.
struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    shim: Shim,
    port_base: u16,
    running: Option<Running>,
}

struct Running {
    dev: Child,
    node_pid: String,
    key: String,
}

impl Cluster {
    fn new(port_base: u16) -> Option<Cluster> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("dev/node-1")).unwrap();
        let shim = Shim::install(&folder.path().join("shim"), &folder.path().join("dev/node-1/data")).unwrap();
        Some(Cluster { programs, folder, shim, port_base, running: None })
    }

    fn start(&mut self) -> bool {
        let mut command = Command::new(self.programs.join("keyrackd"));
        command.args(["dev", "--nodes", "1", "--json", "--port-base", &self.port_base.to_string(), "--data"]);
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("dev.log")).unwrap();
        command.arg(self.folder.path().join("dev")).stdout(Stdio::piped()).stderr(log);
        self.shim.apply(&mut command);
        let mut dev = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(dev.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let status = dev.wait().unwrap();
            eprintln!("{status}:\n{}", fs::read_to_string(self.folder.path().join("dev.log")).unwrap());
            return false;
        }
        let ready: Value = serde_json::from_str(&line).unwrap();
        let (node_pid, key) = (ready["nodes"][0]["pid"].to_string(), ready["keys"]["manager"].as_str().unwrap().to_owned());
        self.running = Some(Running { dev, node_pid, key });
        true
    }

    fn kill_node(&self) {
        if let Some(running) = &self.running {
            let _ = Command::new("kill").args(["-KILL", &running.node_pid]).stderr(Stdio::null()).status();
        }
    }

    fn kill(&mut self) {
        if let Some(running) = &mut self.running {
            // `keyrackd dev` must go first, because it restarts a node that ends.
            let _ = (running.dev.kill(), running.dev.wait());
        }
        self.kill_node();
        if let Some(running) = self.running.take() {
            // The node is a child of `keyrackd dev`, so this process cannot wait for it. It keeps its port and its files until
            // its last thread has ended.
            let process = PathBuf::from("/proc").join(&running.node_pid);
            let is_zombie = || fs::read_to_string(process.join("status")).is_ok_and(|status| status.contains("State:\tZ"));
            let threads = || fs::read_dir(process.join("task")).map_or(0, Iterator::count);
            let lives = || process.exists() && !(is_zombie() && threads() <= 1);
            let begin = Instant::now();
            while lives() && begin.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn keyrack(&self, arguments: &[&str]) -> Output {
        let endpoint = format!("http://127.0.0.1:{}", self.port_base + 10);
        // Without a timeout, it retries a killed node for longer than the test should wait.
        let mut command = Command::new("timeout");
        command.arg("5").arg(self.programs.join("keyrack"));
        command.args(["--json", "--endpoint", &endpoint, "--key", &self.running.as_ref().unwrap().key]).args(arguments);
        command.output().unwrap()
    }

    /// Books a room and returns the booking's id if it was confirmed.
    fn book(&self, night: u32) -> Option<String> {
        let (arrival, departure) = (format!("2027-03-{:02}", night + 1), format!("2027-03-{:02}", night + 2));
        let done = self.keyrack(&["book", "lisbon-alfama", &arrival, &departure, "DBL", "BAR", "--guest", "Ada"]);
        let booked = done.status.success().then(|| serde_json::from_slice::<Value>(&done.stdout).unwrap());
        booked.map(|booking| booking["bookingId"].as_str().unwrap().to_owned())
    }

    fn bookings(&self) -> BTreeSet<String> {
        let done = self.keyrack(&["booking", "list", "lisbon-alfama", "--limit", "500"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let page: Value = serde_json::from_slice(&done.stdout).unwrap();
        page["items"].as_array().unwrap().iter().map(|booking| booking["bookingId"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Power is lost while several bookings are in flight.
#[test]
fn acknowledged_bookings_survive_losses_of_power() {
    let Some(mut cluster) = Cluster::new(27_300) else { return };
    let mut booked = BTreeSet::new();
    for (round, tear) in
        [TornEnd::Clean, TornEnd::Torn, TornEnd::Clean, TornEnd::Torn, TornEnd::TornZeros].into_iter().enumerate()
    {
        assert!(cluster.start(), "round {round}");
        assert_eq!(booked.difference(&cluster.bookings()).count(), 0, "round {round}");
        let stop = AtomicBool::new(false);
        let desk = |desk: u32| {
            let nights = (0..).map(move |booking| (round as u32 * 5 + desk + booking) % 27);
            nights.take_while(|_| !stop.load(Relaxed)).filter_map(|night| cluster.book(night)).collect::<Vec<String>>()
        };
        let desk = &desk;
        let new = std::thread::scope(|scope| {
            let desks: Vec<_> = (0..4).map(|number| scope.spawn(move || desk(number))).collect();
            std::thread::sleep(Duration::from_millis(250));
            cluster.kill_node();
            stop.store(true, Relaxed);
            desks.into_iter().flat_map(|desk| desk.join().unwrap()).collect::<Vec<String>>()
        });
        assert!(!new.is_empty());
        booked.extend(new);
        cluster.kill();
        let report = cluster.shim.lose_power(round as u64, tear).unwrap();
        eprintln!("round {round}, {} bookings so far: {report:?}", booked.len());
        assert_eq!(report.unaccounted, 0);
    }
    assert!(cluster.start());
    assert_eq!(booked.difference(&cluster.bookings()).count(), 0);
}

/// Shows that the test above would notice a missing sync.
#[test]
fn a_disk_that_ignores_syncs_loses_bookings() {
    let Some(mut cluster) = Cluster::new(27_400) else { return };
    assert!(cluster.start());
    let kept = cluster.book(0).unwrap();
    cluster.shim.set_sync_mode(SyncMode::Lie).unwrap();
    cluster.book(1).unwrap();
    cluster.kill();
    cluster.shim.heal().unwrap();
    cluster.shim.lose_power(1, TornEnd::Clean).unwrap();
    assert!(cluster.start());
    assert_eq!(cluster.bookings(), BTreeSet::from([kept]));
}

#[test]
fn a_clock_that_jumps_by_an_hour_stops_nothing() {
    let Some(mut cluster) = Cluster::new(27_500) else { return };
    assert!(cluster.start());
    let mut booked = BTreeSet::from([cluster.book(0).unwrap()]);
    for (night, offset_ms) in [(1, 3_600_000), (2, -3_600_000), (3, 0)] {
        cluster.shim.set_clock_offset_ms(offset_ms).unwrap();
        booked.insert(cluster.book(night).unwrap());
        assert_eq!(cluster.bookings(), booked);
    }
    // Also start the node with its clock an hour behind.
    cluster.kill();
    cluster.shim.set_clock_offset_ms(-3_600_000).unwrap();
    assert!(cluster.start());
    booked.insert(cluster.book(4).unwrap());
    assert_eq!(cluster.bookings(), booked);
}
