//! Named network namespaces, created by `ip netns`, so that `ip netns exec` works on them too.
// `pre_exec`, whose closure runs between fork and exec, is an unsafe call.
#![allow(unsafe_code)]

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::tun;

/// The size of the largest packet, in bytes.
pub const MTU: u32 = 65_000;
/// The folder in which `ip netns` keeps them.
const FOLDER: &str = "/run/netns";
/// How many packets may wait in a device for the switch.
const QUEUE: u32 = 2_000;

/// A namespace. Dropping it removes its name. The kernel removes the namespace when its last process has ended.
pub(super) struct Namespace {
    name: String,
    file: Arc<File>,
}

impl Namespace {
    pub fn make(name: &str) -> anyhow::Result<Namespace> {
        ip(&["netns", "add", name])?;
        let opened = File::open(Path::new(FOLDER).join(name)).with_context(|| format!("cannot open the namespace {name}"));
        let file = opened.inspect_err(|_| remove(name))?;
        let namespace = Namespace { name: name.to_owned(), file: Arc::new(file) };
        ip(&["-n", name, "link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `work` inside the namespace, in a new thread, so that no other thread changes its namespace.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
        let enter_and_work = || {
            join(&self.file).with_context(|| format!("cannot enter the namespace {}", self.name))?;
            work()
        };
        thread::scope(|scope| scope.spawn(enter_and_work).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    /// Makes a command run inside the namespace.
    pub fn enter(&self, command: &mut Command) {
        let file = self.file.clone();
        // SAFETY: after the fork there is one system call, and nothing that allocates or locks.
        unsafe { command.pre_exec(move || join(&file)) };
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Returns an error that names what the machine lacks, if anything.
pub(super) fn possible() -> anyhow::Result<()> {
    ensure!(rustix::process::geteuid().is_root(), "network namespaces need root");
    ensure!(
        Path::new(tun::DEVICE).exists(),
        "there is no {}: the kernel has no TUN, or this container has no access to it",
        tun::DEVICE
    );
    Ok(())
}

/// Removes the namespaces that a killed harness left.
pub(super) fn remove_left_over(prefix: &str) -> anyhow::Result<()> {
    let entries = match fs::read_dir(FOLDER) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| format!("cannot read {FOLDER}"))?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let node = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
        if node.is_some_and(|node| node.parse::<u8>().is_ok()) {
            ip(&["netns", "delete", &name])?;
        }
    }
    Ok(())
}

/// Refuses a subnet that this machine already has an address in: packets would go to another network's switch.
pub(super) fn unused(subnet: &str) -> anyhow::Result<()> {
    let found = ip(&["-oneline", "address", "show", "to", subnet])?;
    ensure!(found.is_empty(), "the subnet {subnet} is already in use on this machine: {}", found.trim());
    Ok(())
}

/// Gives a device its address and brings it up, in a namespace or in that of the harness.
pub(super) fn bring_up(namespace: Option<&str>, device: &str, address: &str) -> anyhow::Result<()> {
    let within: Vec<&str> = namespace.map_or(Vec::new(), |name| vec!["-n", name]);
    let (mtu, queue) = (MTU.to_string(), QUEUE.to_string());
    ip(&[&within[..], &["address", "add", address, "dev", device]].concat())?;
    // No automatic IPv6 address: the switch forwards only IPv4.
    ip(&[&within[..], &["link", "set", device, "addrgenmode", "none"]].concat())?;
    ip(&[&within[..], &["link", "set", device, "mtu", &mtu, "txqueuelen", &queue, "up"]].concat())?;
    Ok(())
}

fn join(file: &File) -> io::Result<()> {
    Ok(move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?)
}

fn remove(name: &str) {
    // An error is ignored: the next harness with this prefix removes the namespace.
    let _ = ip(&["netns", "delete", name]);
}

/// Runs `ip` and returns its output.
fn ip(arguments: &[&str]) -> anyhow::Result<String> {
    let done = Command::new("ip").args(arguments).output().context("cannot run ip (the package iproute2 has it)")?;
    if !done.status.success() {
        bail!("`ip {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
