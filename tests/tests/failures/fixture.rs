//! Files, ports and servers that the cases use, and what they need of a cluster.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{ToSpan, Zoned};
use keyrack_tests::secure::TestAuthority;
use keyrack_tests::{Cluster, command, free_port_base};
use tempfile::TempDir;

use crate::places::{Places, SECRET};
use crate::run::write_private;

/// Everything that the cases share. Dropping it deletes the files and frees the ports.
pub struct Fixture {
    pub places: Places,
    folder: TempDir,
    /// Whether a full disk could be mounted.
    pub has_full_disk: bool,
    ports: Vec<TcpListener>,
}

impl Fixture {
    /// Files, ports and servers without a cluster.
    pub fn new() -> Fixture {
        let folder = tempfile::Builder::new().prefix("keyrack-failures-").tempdir().unwrap();
        let mut fixture = Fixture { places: Places::default(), folder, has_full_disk: false, ports: Vec::new() };
        fixture.places.set_path("f", fixture.folder.path());
        fixture.write_files();
        fixture.make_authorities();
        fixture.openports();
        fixture.mount_full_disk();
        fixture
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_files(&mut self) {
        std::fs::create_dir(self.path("folder")).unwrap();
        let garbage = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}!\n-----END PRIVATE KEY-----\n");
        for (name, text) in [
            ("empty", ""),
            ("unreadable", "nobody reads this\n"),
            ("garbage.key", garbage.as_str()),
            ("garbage.pem", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
            ("table.csv", &crate::options::table()),
        ] {
            write_private(&self.path(name), text);
        }
        let binary: Vec<u8> = (0..=255_u8).cycle().skip(128).take(4_096).collect();
        std::fs::write(self.path("binary"), binary).unwrap();
        std::fs::set_permissions(self.path("binary"), std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::set_permissions(self.path("unreadable"), std::fs::Permissions::from_mode(0o000)).unwrap();
        succeed(&mut keyrackd(&["keyring", "init", self.path("keyring").to_str().unwrap()]));
        self.places.guard_file(&self.path("keyring"));
    }

    /// The authorities of the clusters `prod` and `other`, and certificates that are wrong for this cluster.
    fn make_authorities(&mut self) {
        for (folder, cluster) in [("pki", "prod"), ("other", "other")] {
            let dir = self.path(folder);
            let dir = dir.to_str().unwrap();
            succeed(&mut keyrack(&["pki", "init", "--dir", dir, "--cluster", cluster]));
            for holder in [&["node", "1"][..], &["node", "2"], &["operator", "anna"]] {
                succeed(&mut keyrack(&[&["pki", "issue", "--dir", dir], holder].concat()));
            }
        }
        let prod = TestAuthority::of(&self.path("pki"));
        self.forge("expired", |folder| prod.issue_until(&["spiffe://prod/node/1"], 2021).write(folder));
        self.forge("forged", |folder| prod.issue(&["spiffe://prod/node/1"]).write(folder));
        std::fs::rename(self.path("forged/forged.pem"), self.path("forged/other-name.pem")).unwrap();
        std::fs::copy(self.path("pki/node-1.key"), self.path("exposed.key")).unwrap();
        std::fs::set_permissions(self.path("exposed.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
        for key in ["pki/node-1.key", "pki/operator-anna.key", "pki/ca.key", "other/operator-anna.key"] {
            self.places.guard_file(&self.path(key));
        }
    }

    fn forge(&mut self, name: &str, write: impl FnOnce(&Path)) {
        std::fs::create_dir(self.path(name)).unwrap();
        write(&self.path(name));
        self.places.guard_file(&self.path(name).join("forged.key"));
    }

    /// A port in use, a free one, and servers that are not nodes.
    fn openports(&mut self) {
        let (free_base, lease) = free_port_base();
        let (busy_base, other_lease) = free_port_base();
        self.places.set("free-base", free_base.to_string());
        self.places.set("free", (free_base + 1).to_string());
        self.places.set("closed", format!("127.0.0.1:{}", free_base + 2));
        self.places.set("busy-base", busy_base.to_string());
        self.places.set("busy", (busy_base + 10).to_string());
        let busy = TcpListener::bind(("127.0.0.1", busy_base + 10)).unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        self.places.set("silent", silent.local_addr().unwrap().to_string());
        self.ports.extend([lease, other_lease, busy, silent]);
        self.places.set("closing", serve(drop));
        self.places.set("website", serve(answer));
    }

    /// A disk of 64 KiB without a free byte, if this user may mount one.
    fn mount_full_disk(&mut self) {
        let disk = self.path("full");
        std::fs::create_dir(&disk).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&disk);
        if !rustix::process::geteuid().is_root() || !mount.status().is_ok_and(|status| status.success()) {
            println!("skipped, because this user cannot mount a small disk: the cases on a full disk");
            return;
        }
        let mut file = std::fs::File::create(disk.join("filler")).unwrap();
        while file.write_all(&[0; 512]).is_ok() {}
        self.has_full_disk = true;
        self.places.set_path("full", &disk);
    }

    /// What the cases need of a development cluster, with TLS or without.
    pub fn add_cluster(&mut self, cluster: &Cluster) {
        let pki = cluster.pki();
        self.places.set_path("pki", &pki);
        self.places.set_path("ca", &pki.join("ca.pem"));
        self.places.set_path("cluster", &cluster.data());
        for role in ["operator", "manager", "channel", "desk", "auditor"] {
            self.places.set_key(role, cluster.key(role));
        }
        self.places.guard_file(&pki.join("operator-dev.key"));
        self.places.set("http-port", cluster.door(1, 0));
        self.places.set("secure", cluster.door(1, 0));
        self.places.set("http", format!("http://{}", cluster.door(1, 0)));
        self.places.set("http3", format!("http://{}", cluster.door(3, 0)));
        self.places.set("http3-port", cluster.door(3, 0));
        self.places.set("peers", cluster.door(1, 2));
        self.places.set("operators-port", cluster.door(1, 3));
        self.places.set("operators", format!("https://{}", cluster.door(1, 3)));
        self.places.set("operators3", format!("https://{}", cluster.door(3, 3)));
        let (own, stranger) = (TestAuthority::of(&pki), TestAuthority::stranger());
        std::fs::remove_dir_all(self.path("expired")).unwrap();
        let anna = "spiffe://dev/operator/anna";
        self.forge("expired", |folder| own.issue_until(&[anna], 2021).write(folder));
        self.forge("stranger", |folder| stranger.issue(&[anna]).write(folder));
        self.forge("desk-certificate", |folder| own.issue(&["spiffe://dev/desk/lisbon"]).write(folder));
        self.forge("node-certificate", |folder| own.issue(&["spiffe://dev/node/2"]).write(folder));
        self.forge("other-cluster", |folder| own.issue(&["spiffe://prod/operator/anna"]).write(folder));
        for name in ["expired", "stranger", "desk-certificate", "node-certificate", "other-cluster"] {
            self.places.set_path(name, &self.path(name));
        }
        let day = |days: i64| Zoned::now().date().checked_add(days.days()).unwrap().to_string();
        for (name, days) in [("arrival", 30), ("departure", 32), ("later", 33)] {
            self.places.set(name, day(days));
        }
    }

    /// A booking, a hold, principals and receipts in a development cluster that speaks plain HTTP.
    pub fn add_contents(&mut self) {
        let desk = ["--endpoint", "{http}", "--key", "{desk}"];
        let rooms = ["lisbon-alfama", "{arrival}", "{departure}", "DBL", "BAR"];
        let used =
            ["book", rooms[0], rooms[1], rooms[2], "SGL", rooms[4], "--guest", "Ada", "--json", "--idempotency-key", "used-once"];
        let booking = self.ask(&[&desk, &used[..]].concat());
        self.places.set("booking", booking["bookingId"].as_str().unwrap());
        let hold = self.ask(&[&desk, &["hold", "place", "--json"][..], &rooms].concat());
        self.places.set("hold", hold["holdId"].as_str().unwrap());
        let porto = ["--property", "porto-ribeira"];
        self.new_principal("porto", &[&["--role", "desk"][..], &porto].concat());
        self.new_principal("auditor-of-porto", &[&["--role", "auditor"][..], &porto].concat());
        self.new_principal("revoked", &["--role", "desk"]);
        self.operator(&["principal", "revoke", "revoked"]);
        self.new_principal("booking-com", &["--role", "channel"]);
        let id = self.places.fill("{booking}");
        for (arguments, file) in [
            (&["receipt", "get", id.as_str()][..], "receipt.json"),
            (&["receipt", "get", id.as_str(), "--text"], "receipt.tlog-proof"),
            (&["receipt", "policy"], "policy"),
        ] {
            let out = self.path(file);
            self.ask_plain(&[&desk, arguments, &["--out", out.to_str().unwrap()]].concat());
        }
        let receipt = std::fs::read_to_string(self.path("receipt.json")).unwrap();
        self.places.set("receipt", receipt);
        let policy = std::fs::read_to_string(self.path("policy")).unwrap();
        let of_other_shards = policy.lines().filter(|line| !(line.starts_with("log ") && line.contains("/shard-1+")));
        let other: String = of_other_shards.map(|line| format!("{line}\n")).collect();
        assert!(other.len() < policy.len(), "the policy has no log of shard 1: {policy}");
        std::fs::write(self.path("other-policy"), other).unwrap();
    }

    /// A principal with a key. The key is the place with the principal's name.
    fn new_principal(&mut self, name: &str, options: &[&str]) {
        self.operator(&[&["principal", "put", name], options].concat());
        let answer = self.operator(&["key", "create", name]);
        self.places.set_key(name, answer["key"].as_str().unwrap());
    }

    fn operator(&self, arguments: &[&str]) -> serde_json::Value {
        let own = ["--ca", "{ca}", "--cert", "{pki}/operator-dev.pem", "--cert-key", "{pki}/operator-dev.key", "--json"];
        self.ask(&[&["--endpoint", "{operators}"], &own[..], arguments].concat())
    }

    fn ask(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_slice(&self.ask_plain(arguments)).unwrap()
    }

    fn ask_plain(&self, arguments: &[&str]) -> Vec<u8> {
        let arguments: Vec<String> = arguments.iter().map(|text| self.places.fill(text)).collect();
        succeed(command("keyrack").args(arguments))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if self.has_full_disk {
            let _ = Command::new("umount").arg("-l").arg(self.path("full")).status();
        }
    }
}

fn keyrack(arguments: &[&str]) -> Command {
    let mut command = command("keyrack");
    command.args(arguments);
    command
}

fn keyrackd(arguments: &[&str]) -> Command {
    let mut command = command("keyrackd");
    command.args(arguments);
    command
}

fn succeed(command: &mut Command) -> Vec<u8> {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// Serves every connection on its own thread until the process ends. Returns the address.
fn serve(how: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || how(stream));
        }
    });
    address
}

/// The answer of a server that is not a node.
fn answer(mut stream: TcpStream) {
    let mut request = [0; 4_096];
    let _ = stream.read(&mut request);
    let page = "<html>It works!</html>";
    let _ = write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{page}", page.len());
}
