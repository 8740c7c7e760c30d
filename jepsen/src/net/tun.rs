//! A TUN device. Packets that the kernel sends to it can be read here, and the kernel receives packets written here.
// A TUN device is named by an ioctl, for which there is no safe call.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::Context;

/// The file that creates devices.
pub(super) const DEVICE: &str = "/dev/net/tun";

/// A device in the namespace of the thread that opened it. Dropping it removes the device. It never blocks.
pub(super) struct Tun {
    file: File,
    name: String,
}

impl Tun {
    pub fn open(name: &str) -> anyhow::Result<Tun> {
        let mut options = File::options();
        options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
        let file = options.open(DEVICE).with_context(|| format!("cannot open {DEVICE}"))?;
        attach(&file, name)
            .with_context(|| format!("cannot create the TUN device {name} (another run may use the same slot)"))?;
        Ok(Tun { file, name: name.to_owned() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads one packet; `None` if no packet is waiting.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match io::Read::read(&mut &self.file, buffer) {
            Ok(length) => Ok(Some(length)),
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Sends the kernel one packet.
    pub fn write(&self, packet: &[u8]) -> io::Result<()> {
        io::Write::write(&mut &self.file, packet).map(drop)
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// `TUNSETIFF` of linux/if_tun.h. `IFF_NO_PI`: packets have no extra header.
fn attach(file: &File, name: &str) -> io::Result<()> {
    // SAFETY: an `ifreq` is plain data, for which all zeros is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    assert!(name.len() < request.ifr_name.len(), "the device name and its terminating zero fit into ifr_name");
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the file is open, and the kernel reads and writes one `ifreq`, which outlives the call.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) } {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
