//! Kills a test's processes when the test itself is killed.
//!
//! `Drop` does not run after SIGKILL. Nodes are children of `keyrackd dev`, not of the test, so a parent-death signal
//! would not reach them. A shell in its own process group holds a pipe to the test and a list of pids. If the pipe
//! closes without the word "done", the shell kills them.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Checks the name before it kills: a pid may belong to another process by then.
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
