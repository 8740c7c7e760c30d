//! A file system that is really full: a tmpfs of a given size. [`ChangeMode::NoSpace`](super::ChangeMode) simulates a full disk,
//! can begin and end at any time, and needs no root.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A mounted tmpfs. Dropping it unmounts it and deletes its contents. A [`Shim`](super::Shim) that is installed on another
/// file system cannot simulate a loss of power on it.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Creates the folder `path` and mounts a tmpfs of `bytes` bytes there. Needs root.
    pub fn mount(path: &Path, bytes: u64) -> anyhow::Result<SmallDisk> {
        fs::create_dir_all(path).with_context(|| format!("cannot create the folder {}", path.display()))?;
        let options = CString::new(format!("size={bytes}")).context("the mount options contain a zero byte")?;
        let mounted = mount("keyrack-jepsen", path, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str());
        mounted.with_context(|| format!("cannot mount a tmpfs at {} (this needs root)", path.display()))?;
        Ok(SmallDisk { path: path.to_owned() })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Detach at once. The kernel removes it when its last user ends: a node's process may not have ended yet.
        let _ = unmount(&self.path, UnmountFlags::DETACH);
    }
}
