//! Compiles the disk shim with the system's C compiler into a shared library. The harness embeds that library.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=shim");
    println!("cargo::rerun-if-env-changed=CC");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("libkeyrack_disk.so");
    let mut command = Command::new(&compiler);
    command.args(["-std=gnu11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]);
    // Without fortified open and read: the headers define those inline, and the shim would define them a second time.
    command.args(["-U_FORTIFY_SOURCE", "-o"]).arg(out);
    for file in ["clock", "control", "durable", "files", "names"] {
        command.arg(format!("shim/{file}.c"));
    }
    let done = command.arg("-ldl").status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "cannot compile jepsen/shim with {compiler}. Install a C compiler, or set CC."
    );
}
