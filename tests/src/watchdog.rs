//! Kills what a test started when the test itself is killed.
//!
//! `Drop` does not run after SIGKILL, and nodes are children of `keyrackd dev`, not ours, so a
//! parent-death signal would not reach them. A shell in a process group of its own holds a pipe to
//! us and a list of pids; when the pipe closes without the word "done", it kills them.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Checks the name before it kills: a pid may have been given to somebody else meanwhile.
const SCRIPT: &str = r#"
trap '' TERM INT HUP
pids=""
while read -r word; do
    [ "$word" = done ] && exit 0
    pids="$pids $word"
done
for pid in $pids; do
    [ "$(cat /proc/$pid/comm 2>/dev/null)" = keyrackd ] && kill -KILL "$pid"
done
"#;

pub struct Watchdog {
    shell: Child,
    pipe: ChildStdin,
}

impl Watchdog {
    pub fn start() -> Watchdog {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let pipe = shell.stdin.take().unwrap();
        Watchdog { shell, pipe }
    }

    pub fn watch(&mut self, pid: u32) {
        writeln!(self.pipe, "{pid}").unwrap();
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Best effort: `drop` may run while a panic unwinds and must not panic itself.
        let _ = writeln!(self.pipe, "done");
        let _ = self.shell.wait();
    }
}
