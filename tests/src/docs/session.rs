//! One bash process that gets a document's commands one after the other.
//!
//! Invariants:
//! - variables, functions and the current folder persist from command to command, as in a terminal;
//! - a command reads nothing from the shell's own input;
//! - every process that a command starts is in the shell's session (setsid) and ends with [`Session`].

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::node::{exit_code, wait_until_gone};
use crate::watchdog::Watchdog;

/// Longer than any command of a document takes.
const COMMAND_ENDS_WITHIN: Duration = Duration::from_secs(120);
const PROCESSES_END_WITHIN: Duration = Duration::from_secs(30);
/// Variables that would send requests elsewhere than to the test's cluster.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

pub struct Session {
    shell: Child,
    input: ChildStdin,
    /// `<number> <exit code>` after each command.
    ends: Receiver<String>,
    /// The scripts and their outputs.
    folder: PathBuf,
    number: usize,
    last_code: i32,
    watchdog: Watchdog,
}

/// The files that a command writes.
pub struct Output {
    out: PathBuf,
    err: PathBuf,
}

impl Output {
    pub fn out(&self) -> String {
        text_of(&self.out)
    }

    pub fn err(&self) -> String {
        text_of(&self.err)
    }
}

impl Session {
    /// Starts bash in `home`. `folder` gets scripts and outputs, `programs` comes first on the PATH.
    pub fn start(home: &Path, folder: &Path, programs: &Path) -> Session {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("setsid");
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("KEYRACK_") {
                command.env_remove(variable);
            }
        }
        for variable in PROXIES {
            command.env_remove(variable);
        }
        let mut shell = command
            .args(["bash", "--noprofile", "--norc"])
            .current_dir(home)
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "dumb")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("shell.err")).unwrap())
            .spawn()
            .expect("setsid and bash are installed");
        let input = shell.stdin.take().unwrap();
        let ends = lines_of(shell.stdout.take().unwrap());
        let watchdog = Watchdog::start();
        Session { shell, input, ends, folder: folder.to_path_buf(), number: 0, last_code: 0, watchdog }
    }

    /// Runs a command and waits for its end. `Err` says why there is no exit code; the shell is of no use then.
    pub fn run(&mut self, command: &str) -> (Output, Result<i32, String>) {
        let (script, output) = self.write(command);
        let Output { out, err } = &output;
        // The first line restores `$?`, for a document that shows `echo $?`.
        let line = format!("(exit {}); . {script} </dev/null >{} 2>{}; ", self.last_code, out.display(), err.display());
        let code = self.send(&(line + &format!("printf '%s %s\\n' {} $?\n", self.number)));
        self.last_code = *code.as_ref().unwrap_or(&0);
        self.watch();
        (output, code)
    }

    /// Starts a command that runs until the session ends.
    pub fn start_long(&mut self, command: &str) -> (Output, Result<(), String>) {
        let (script, output) = self.write(command);
        let Output { out, err } = &output;
        let line = format!("( . {script} ) </dev/null >{} 2>{} &\n", out.display(), err.display());
        let sent = self.send(&(line + &format!("printf '%s %s\\n' {} 0\n", self.number))).map(drop);
        self.watch();
        (output, sent)
    }

    /// Tells the watchdog of the nodes that run now.
    pub fn watch(&mut self) {
        for pid in self.processes() {
            self.watchdog.watch(pid);
        }
    }

    fn write(&mut self, command: &str) -> (String, Output) {
        self.number += 1;
        let file = |kind: &str| self.folder.join(format!("{}.{kind}", self.number));
        std::fs::write(file("sh"), format!("{command}\n")).unwrap();
        let output = Output { out: file("out"), err: file("err") };
        (file("sh").display().to_string(), output)
    }

    fn send(&mut self, lines: &str) -> Result<i32, String> {
        let ended = || "the command has ended the shell".to_string();
        self.input.write_all(lines.as_bytes()).and_then(|()| self.input.flush()).map_err(|_| ended())?;
        let end = self.ends.recv_timeout(COMMAND_ENDS_WITHIN).map_err(|e| match e {
            std::sync::mpsc::RecvTimeoutError::Timeout => format!("it has not ended after {} s", COMMAND_ENDS_WITHIN.as_secs()),
            std::sync::mpsc::RecvTimeoutError::Disconnected => ended(),
        })?;
        let code = end.strip_prefix(&format!("{} ", self.number)).and_then(|code| code.parse().ok());
        code.ok_or_else(|| format!("the shell says {end:?} instead of an exit code"))
    }

    /// All processes of the session except the shell.
    fn processes(&self) -> Vec<u32> {
        let session = self.shell.id();
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| *pid != session && session_of(*pid) == Some(session)).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for (signal, within) in [(Signal::TERM, PROCESSES_END_WITHIN), (Signal::KILL, PROCESSES_END_WITHIN)] {
            let begin = std::time::Instant::now();
            let processes = self.processes();
            processes.iter().for_each(|pid| send_signal(*pid, signal));
            while !self.processes().is_empty() && begin.elapsed() < within {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = self.shell.kill();
        let _ = exit_code(&mut self.shell, PROCESSES_END_WITHIN);
        if !std::thread::panicking() {
            self.processes().into_iter().for_each(wait_until_gone);
        }
    }
}

fn send_signal(pid: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid as i32) {
        let _ = kill_process(pid, signal);
    }
}

/// The sixth field of `/proc/PID/stat`, if the process still runs. The name before it may contain any character.
fn session_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let session = fields.nth(2)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(session)
}

fn lines_of(reader: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(reader).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn text_of(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn variables_folders_functions_and_exit_codes_persist() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::start(folder.path(), folder.path(), folder.path());
        let mut said = |command: &str| {
            let (output, code) = session.run(command);
            (output.out() + &output.err(), code)
        };
        assert_eq!(said("export A=1; f() { echo \"f $A\"; }; mkdir sub && cd sub"), (String::new(), Ok(0)));
        assert_eq!(said("f; basename $PWD; cat"), ("f 1\nsub\n".to_string(), Ok(0)));
        assert_eq!(said("cat <<EOF\na 'b\nEOF\nfalse"), ("a 'b\n".to_string(), Ok(1)));
        assert_eq!(said("echo $?   # a comment"), ("1\n".to_string(), Ok(0)));
        assert!(said("echo )").0.contains("syntax error"), "a mistake does not end the shell");
        assert_eq!(said("exit 3").1, Err("the command has ended the shell".to_string()));
    }

    #[test]
    fn everything_ends_with_the_session() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::start(folder.path(), folder.path(), folder.path());
        session.start_long("sleep 600").1.unwrap();
        session.run("for n in 1 2; do sleep 600 & done; ( sleep 600; true ) &").1.unwrap();
        let processes = session.processes();
        assert!(processes.len() >= 4, "{processes:?}");
        drop(session);
        assert!(processes.into_iter().all(|pid| super::session_of(pid).is_none()));
    }
}
