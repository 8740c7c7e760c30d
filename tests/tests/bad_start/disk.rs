//! A full or read-only disk, simulated with a small tmpfs.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Stopped;

/// Space for the node's files and for what a successful start writes.
const SPARE_MIB: u64 = 512;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_named_and_once_there_is_space_the_node_starts_with_its_data() {
    let mut stopped = Stopped::with_a_booking().await;
    let Some(disk) = SmallDisk::under(&stopped.cluster.data().join("node-1")) else { return };
    disk.fill();
    let stderr = stopped.refused_start();
    assert!(stderr.to_lowercase().contains("no space"), "the reason is named: {stderr}");
    disk.empty();
    stopped.starts_with_its_data().await;
    // Before the disk is unmounted under the files.
    stopped.cluster.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_disk_is_named_and_once_writable_the_node_starts_with_its_data() {
    let mut stopped = Stopped::with_a_booking().await;
    let Some(disk) = SmallDisk::under(&stopped.cluster.data().join("node-1")) else { return };
    disk.remount("ro");
    let stderr = stopped.refused_start();
    assert!(stderr.to_lowercase().contains("read-only"), "the reason is named: {stderr}");
    disk.remount("rw");
    stopped.starts_with_its_data().await;
    stopped.cluster.stop();
}

/// A tmpfs in place of a folder, with the folder's files on it. Unmounted on drop.
struct SmallDisk {
    mounted_on: PathBuf,
}

impl SmallDisk {
    /// None, with a printed notice, if this user may not mount.
    fn under(folder: &Path) -> Option<SmallDisk> {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: only root can mount the small disk this test needs");
            return None;
        }
        // Outside the cluster's folder, so that no test takes it for a node's.
        let aside = folder.ancestors().nth(2).unwrap().join("aside");
        std::fs::rename(folder, &aside).unwrap();
        std::fs::create_dir(folder).unwrap();
        let size = format!("size={}m", SPARE_MIB + mebibytes(&aside));
        let folder_name = folder.to_str().unwrap();
        if !ran("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", folder_name]) {
            println!("skipped: this machine does not let root mount a tmpfs");
            return None;
        }
        let disk = SmallDisk { mounted_on: folder.to_path_buf() };
        let everything = format!("{}/.", aside.display());
        assert!(ran("cp", &["-a", &everything, folder_name]), "the files are copied to the small disk");
        Some(disk)
    }

    /// Writes a file until not one more byte fits.
    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            let block = vec![0_u8; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn remount(&self, mode: &str) {
        let options = format!("remount,{mode}");
        assert!(ran("mount", &["-o", &options, self.mounted_on.to_str().unwrap()]));
    }

    fn filler(&self) -> PathBuf {
        self.mounted_on.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: if the test fails, nodes may still hold files open.
        ran("umount", &["-l", self.mounted_on.to_str().unwrap()]);
    }
}

fn ran(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).status().is_ok_and(|status| status.success())
}

fn mebibytes(folder: &Path) -> u64 {
    let bytes = |path: PathBuf| match path.metadata() {
        Ok(data) if data.is_dir() => mebibytes(&path) << 20,
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| bytes(entry.unwrap().path())).sum::<u64>().div_ceil(1 << 20)
}
