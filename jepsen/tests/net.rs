//! Tests the network on real namespaces: cut links deliver nothing, slow links deliver late, and no namespace is left behind.

// Test helpers may panic, as tests do.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use keyrack_jepsen::net::{HARNESS, Link, Network, partitions};

/// A node that echoes what it receives by TCP and UDP, and prints whether it gets an echo from another node.
const NODE: &str = r#"
import socket, sys, threading, time
def back(s):
    while True:
        b = s.recv(65536)
        if not b: return
        s.sendall(b)
def udp(u):
    while True:
        b, a = u.recvfrom(65536)
        u.sendto(b, a)
own = sys.argv[1]
l = socket.create_server((own, 9000)); u = socket.socket(type=socket.SOCK_DGRAM); u.bind((own, 9000))
threading.Thread(target=udp, args=(u,), daemon=True).start()
def serve():
    while True: threading.Thread(target=back, args=(l.accept()[0],), daemon=True).start()
threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(0.5); s.bind((own, 0))
    try:
        s.sendto(b"x", (line.strip(), 9000)); s.recv(10); print("heard", flush=True)
    except OSError: print("silence", flush=True)
"#;

struct Node(Child, BufReader<std::process::ChildStdout>);

impl Node {
    fn start(network: &Network, node: u32) -> Node {
        let mut command = Command::new("python3");
        command.args(["-c", NODE, &network.address(node).to_string()]);
        network.enter(node, &mut command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut node = Node(child, lines);
        assert_eq!(node.line(), "ready");
        node
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Whether this node gets an echo from another.
    fn hears(&mut self, network: &Network, other: u32) -> bool {
        writeln!(self.0.stdin.as_mut().unwrap(), "{}", network.address(other)).unwrap();
        self.line() == "heard"
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The network. If it cannot be built, prints that the test is skipped.
fn network(prefix: &str, subnet: u8, nodes: u32) -> Option<Network> {
    Network::build(prefix, subnet, nodes, 7).inspect_err(|cause| eprintln!("skipped: {cause:#}")).ok()
}

fn echo(network: &Network, node: u32) -> TcpStream {
    let stream = TcpStream::connect(SocketAddr::from((network.address(node), 9000))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn round_trip(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    start.elapsed()
}

#[test]
fn a_partition_cuts_nodes_off_until_it_heals() {
    let Some(network) = network("kjcut", 201, 4) else { return };
    let mut nodes: Vec<Node> = (1..=4).map(|node| Node::start(&network, node)).collect();
    let mut hears = |from: u32, to: u32| nodes[from as usize - 1].hears(&network, to);
    assert!(hears(1, 2) && hears(2, 1));
    // An echo needs both directions. The counts show which one was cut.
    network.cut(partitions::one_way(1, 2));
    let before = (network.counts(1, 2), network.counts(2, 1));
    assert!(!hears(2, 1));
    assert_eq!(network.counts(1, 2).cut, before.0.cut + 1);
    assert_eq!(network.counts(2, 1).delivered, before.1.delivered + 1);
    network.heal();
    network.cut(partitions::ring(4));
    assert_eq!([(1, 2), (1, 3), (1, 4), (2, 4), (2, 3)].map(|(a, b)| hears(a, b)), [true, false, true, false, true]);
    round_trip(&mut echo(&network, 1));
    network.heal();
    assert!(hears(1, 3) && hears(2, 4));
}

#[test]
fn delay_and_loss_are_as_set_and_keep_the_order() {
    let Some(network) = network("kjslow", 202, 1) else { return };
    let _node = Node::start(&network, 1);
    let mut stream = echo(&network, 1);
    let (delay, jitter) = (Duration::from_millis(40), Duration::from_millis(20));
    network.set(HARNESS, 1, Link { delay, jitter, ..Link::PERFECT });
    network.set(1, HARNESS, Link { delay, ..Link::PERFECT });
    let took = round_trip(&mut stream);
    assert!(took >= 2 * delay, "{took:?}");

    let socket = UdpSocket::bind((network.address(HARNESS), 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    socket.connect((network.address(1), 9000)).unwrap();
    let exchange = |socket: &UdpSocket| {
        (0..200_u8).for_each(|number| assert_eq!(socket.send(&[number]).unwrap(), 1));
        let mut byte = [0];
        std::iter::from_fn(|| socket.recv(&mut byte).ok().map(|_| byte[0])).collect::<Vec<u8>>()
    };
    assert_eq!(exchange(&socket), (0..200).collect::<Vec<u8>>());
    network.set(HARNESS, 1, Link { loss_per_million: 500_000, ..Link::PERFECT });
    network.set(1, HARNESS, Link::PERFECT);
    let arrived = exchange(&socket).len() as u64;
    let lost = network.counts(HARNESS, 1).lost;
    assert!((50..150).contains(&lost), "{lost}");
    assert_eq!(arrived + lost, 200);
    network.heal();
    assert_eq!(network.link(HARNESS, 1), Link::PERFECT);
    round_trip(&mut stream);
}

#[test]
fn no_namespace_or_device_is_left_behind() {
    let left = |name: &str| Path::new("/run/netns").join(name).exists() || Path::new("/sys/class/net").join(name).exists();
    if network("kjleft", 203, 2).is_none() {
        return;
    }
    assert!(!left("kjleft-1") && !left("kjleft-2") && !left("kjlefth"));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _network = network("kjleft", 203, 2).unwrap();
        assert!(left("kjleft-1") && left("kjlefth"));
        panic!("on purpose");
    }));
    assert!(panicked.is_err() && !left("kjleft-1") && !left("kjlefth"));
    // A new network removes what a killed harness left.
    assert!(Command::new("ip").args(["netns", "add", "kjleft-9"]).status().unwrap().success());
    drop(network("kjleft", 203, 1).unwrap());
    assert!(!left("kjleft-9"));
}

/// Prints the throughput of the switch, but fails only if bytes are missing.
#[test]
fn bulk_data_arrives_complete() {
    let Some(network) = network("kjbulk", 204, 1) else { return };
    let total = std::env::var("KEYRACK_BULK_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(32) << 20;
    let sink = "import socket,sys\ns=socket.create_connection((sys.argv[1],int(sys.argv[2])))\nb=bytes(1<<20)\nfor _ in range(int(sys.argv[3])>>20): s.sendall(b)";
    let listener = TcpListener::bind((network.address(HARNESS), 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut command = Command::new("python3");
    command.args(["-c", sink, &network.address(HARNESS).to_string(), &port, &u64::to_string(&total)]);
    network.enter(1, &mut command);
    let mut child = command.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let start = Instant::now();
    let reader = thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()).unwrap());
    assert_eq!(reader.join().unwrap(), total);
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{:.0} Mbit/s, {:?}", total as f64 * 8e-6 / seconds, network.counts(1, HARNESS));
    assert!(child.wait().unwrap().success());
}
