//! A file system that really is full: a tmpfs of a given size. [`ChangeMode::NoSpace`](super::ChangeMode) is the other way, which
//! may begin and end at any moment, and needs no root.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A mounted tmpfs; unmounted, and what was in it gone, when dropped. A loss of power cannot be acted on it together with a
/// [`Shim`](super::Shim) that is installed elsewhere.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many bytes at `path`, which is made. The error says so if this is not permitted.
    pub fn mount(path: &Path, bytes: u64) -> anyhow::Result<SmallDisk> {
        fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        let options = CString::new(format!("size={bytes}")).context("digits have no zero byte")?;
        let mounted = mount("keyrack-jepsen", path, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str());
        mounted.with_context(|| format!("cannot mount a tmpfs at {} (this needs root)", path.display()))?;
        Ok(SmallDisk { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Detached at once, gone when its last user is: a node may still be about to end.
        let _ = unmount(&self.path, UnmountFlags::DETACH);
    }
}
