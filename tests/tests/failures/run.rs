//! Runs a case in a folder of its own and reports what came out.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use keyrack_tests::{binary, command};

use crate::case::{Case, Streams, split};
use crate::places::Places;

/// The time limit of every case.
const LIMIT: Duration = Duration::from_secs(30);

/// How a command ended, and what it printed.
pub struct Outcome {
    /// None: it was killed after [`LIMIT`].
    pub status: Option<ExitStatus>,
    pub output: String,
    pub errors: String,
    pub took: Duration,
    /// The places of the case, with its own folder.
    pub places: Places,
}

impl Outcome {
    /// The exit code, or why there is none.
    pub fn code(&self) -> Result<i32, String> {
        let status = self.status.ok_or_else(|| format!("it did not end within {LIMIT:?} and was killed"))?;
        status.code().ok_or_else(|| format!("it ended by the signal {:?}", status.signal()))
    }
}

/// Runs the case. Returns `None` if this machine cannot, and prints why.
pub fn run(case: &Case, places: &Places) -> Option<Outcome> {
    if case.is_without_root_rights && !can_drop_rights() {
        println!("skipped, because this test runs as root and setpriv is missing: {}", case.described());
        return None;
    }
    let (own, caught) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut places = places.clone();
    places.set_path("own", own.path());
    for (name, text) in &case.files {
        write_private(&own.path().join(name), &places.fill(text));
    }
    for line in &case.first {
        let line = places.fill(line);
        let mut words = split(&line);
        let done = command(&words.remove(0)).args(words).current_dir(own.path()).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    }
    if let Some(prepare) = case.prepare {
        prepare(own.path());
    }
    let began = Instant::now();
    let (out, err) = (caught.path().join("out"), caught.path().join("err"));
    let mut child = start(case, &places, own.path(), &out, &err);
    let reader = child.stdout.take().map(|pipe| std::thread::spawn(move || read_line(pipe)));
    let status = wait(&mut child, began);
    let took = began.elapsed();
    let first_line = reader.map(|reader| reader.join().unwrap()).unwrap_or_default();
    // Otherwise a folder without write permission is not deleted.
    let _ = std::fs::set_permissions(own.path(), std::fs::Permissions::from_mode(0o700));
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    Some(Outcome { status, output: text(&out) + &first_line, errors: text(&err), took, places })
}

fn start(case: &Case, places: &Places, own: &Path, out: &Path, err: &Path) -> Child {
    let mut words: Vec<OsString> = prefix(case).iter().map(Into::into).collect();
    words.push(binary(case.program).into());
    words.extend(split(&case.line).iter().map(|word| places.fill(word).into()));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(own).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in &case.environment {
        command.env(name, places.fill(value));
    }
    command.stdin(Stdio::null()).stderr(File::create(err).unwrap());
    match case.streams {
        Streams::Files | Streams::NoOutput | Streams::NoneOpen => command.stdout(File::create(out).unwrap()),
        Streams::FirstLine => command.stdout(Stdio::piped()),
        Streams::ClosedPipe => command.stdout(closed_pipe()),
        Streams::FullOutput => command.stdout(full_disk()),
        Streams::FullError => command.stdout(File::create(out).unwrap()).stderr(full_disk()),
    };
    command.spawn().unwrap()
}

/// The program that closes streams or drops rights before it becomes the program under test.
fn prefix(case: &Case) -> &'static [&'static str] {
    match case.streams {
        Streams::NoOutput => &["sh", "-c", "exec \"$0\" \"$@\" >&-"],
        Streams::NoneOpen => &["sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"],
        _ if case.is_without_root_rights && is_root() => DROP_RIGHTS,
        _ => &[],
    }
}

/// Root that may not ignore the modes of files.
const DROP_RIGHTS: &[&str] = &["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn can_drop_rights() -> bool {
    let works = || Command::new(DROP_RIGHTS[0]).args(&DROP_RIGHTS[1..]).arg("true").status().is_ok_and(|status| status.success());
    !is_root() || works()
}

fn full_disk() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads.
fn closed_pipe() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

/// Reads one line and closes the pipe.
fn read_line(pipe: std::process::ChildStdout) -> String {
    let mut line = Vec::new();
    let _ = BufReader::with_capacity(16, pipe).read_until(b'\n', &mut line);
    String::from_utf8_lossy(&line).into_owned()
}

fn wait(child: &mut Child, began: Instant) -> Option<ExitStatus> {
    while began.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// Writes a file that only its owner can read.
pub fn write_private(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    std::io::Write::write_all(&mut file.unwrap(), text.as_bytes()).unwrap();
}
