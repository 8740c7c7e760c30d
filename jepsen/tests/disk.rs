//! Tests the shim with real programs. Only synced data remain after a loss of power. Faults and clock changes reach a program
//! while it runs.

// Test helpers may panic, as tests do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use keyrack_jepsen::disk::full::SmallDisk;
use keyrack_jepsen::disk::{ChangeMode, Directories, Report, Shim, SyncMode, TornEnd};

/// Python helpers for the programs below.
const WORDS: &str = r#"
import os, sys, time
os.chdir(sys.argv[1])
def write(name, text, sync=True, flags=os.O_CREAT | os.O_WRONLY | os.O_APPEND):
    f = os.open(name, flags); os.write(f, text.encode())
    if sync: os.fsync(f)
    os.close(f)
def sync(folder="."):
    f = os.open(folder, os.O_RDONLY); os.fsync(f); os.close(f)
def attempt(work):
    try: work(); return "ok"
    except OSError as e: return os.strerror(e.errno)
OVER, EMPTY = os.O_WRONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC
"#;

struct Bench {
    folder: tempfile::TempDir,
    shim: Shim,
}

impl Bench {
    fn new() -> Bench {
        // Data and shim must be on the same file system. It may be in memory.
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let shim = Shim::install(&folder.path().join("shim"), &data).unwrap();
        Bench { folder, shim }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn python(&self, program: &str) -> Command {
        let mut command = Command::new("python3");
        command.args(["-c", &format!("{WORDS}\n{program}")]).arg(self.data());
        self.shim.apply(&mut command);
        command
    }

    /// Runs a program to its end and kills it there, so that no exit handler flushes anything.
    fn run(&self, program: &str) {
        let mut child = self
            .python(&format!("{program}\nprint('done', flush=True)\ntime.sleep(600)"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(line, "done\n");
    }

    /// Every file's text by its path, and every directory's as "/".
    fn tree(&self) -> BTreeMap<String, String> {
        fn add(root: &Path, folder: &Path, tree: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                if path.is_dir() {
                    tree.insert(name, "/".into());
                    add(root, &path, tree);
                } else {
                    tree.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        let mut tree = BTreeMap::new();
        add(&self.data(), &self.data(), &mut tree);
        tree
    }

    fn lose_power(&self) -> Report {
        let report = self.shim.lose_power(1, TornEnd::Clean).unwrap();
        assert_eq!(report.unaccounted, 0);
        report
    }
}

/// A name, a program, and the files that remain after a loss of power.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Loses power after each program, and compares the remaining files.
fn check(directories: Directories, table: &[Case]) {
    for (name, program, left) in table {
        let mut bench = Bench::new();
        bench.shim.set_directories(directories);
        bench.run(program);
        let report = bench.lose_power();
        let wanted: BTreeMap<String, String> = left.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
        assert_eq!(bench.tree(), wanted, "{name}: {report:?}");
        // A second loss of power without new changes loses nothing more.
        assert_eq!(bench.lose_power(), Report::default(), "{name}");
        assert_eq!(bench.tree(), wanted, "{name}");
    }
}

#[test]
fn contents_are_durable_up_to_the_last_sync() {
    check(
        Directories::LikeExt4,
        &[
            ("appended", "write('a', 'old'); write('a', 'new', sync=False)", &[("a", "old")]),
            ("appended twice", "write('a', 'old'); write('a', 'new')", &[("a", "oldnew")]),
            ("never synced", "write('a', 'x', sync=False)", &[]),
            ("overwritten", "write('a', 'old old'); write('a', 'new', sync=False, flags=OVER)", &[("a", "old old")]),
            ("overwritten and synced", "write('a', 'old old'); write('a', 'new', flags=OVER)", &[("a", "new old")]),
            (
                "overwritten, longer, again",
                "write('a', 'old'); write('a', '12345', False, OVER); write('a', 'xy', False, OVER)",
                &[("a", "old")],
            ),
            ("emptied", "write('a', 'old'); write('a', 'n', sync=False, flags=EMPTY)", &[("a", "old")]),
            ("emptied and synced", "write('a', 'old'); write('a', 'n', flags=EMPTY)", &[("a", "n")]),
            ("cut", "write('a', 'old'); os.truncate('a', 1)", &[("a", "old")]),
            ("space reserved", "write('a', 'old'); f=os.open('a', OVER); os.posix_fallocate(f, 0, 9)", &[("a", "old")]),
        ],
    );
}

#[test]
fn names_are_durable_once_their_directory_is_synced() {
    let table: &[Case] = &[
        ("renamed", "write('a', 'x'); sync(); os.rename('a', 'b')", &[("a", "x")]),
        ("renamed and synced", "write('a', 'x'); sync(); os.rename('a', 'b'); sync()", &[("b", "x")]),
        (
            "replaced",
            "write('a', 'old'); write('a.new', 'new'); sync(); os.rename('a.new', 'a')",
            &[("a", "old"), ("a.new", "new")],
        ),
        (
            "replaced and synced",
            "write('a', 'old'); sync(); write('a.new', 'new'); os.rename('a.new', 'a'); sync()",
            &[("a", "new")],
        ),
        ("removed", "write('a', 'x'); sync(); os.unlink('a')", &[("a", "x")]),
        ("removed and synced", "write('a', 'x'); sync(); os.unlink('a'); sync()", &[]),
        ("removed and made again", "write('a', 'x'); sync(); os.unlink('a'); write('a', 'y', sync=False)", &[("a", "x")]),
        ("linked", "write('a', 'x'); sync(); os.link('a', 'b')", &[("a", "x")]),
        ("linked and synced", "write('a', 'x'); sync(); os.link('a', 'b'); sync()", &[("a", "x"), ("b", "x")]),
        (
            "moved elsewhere",
            "os.mkdir('d'); write('a', 'x'); sync(); os.rename('a', 'd/a'); sync('d')",
            &[("d", "/"), ("d/a", "x")],
        ),
        ("a directory", "os.mkdir('d')", &[]),
        ("a directory removed", "os.mkdir('d'); sync(); os.rmdir('d')", &[("d", "/")]),
        (
            "a directory removed with what was in it",
            "os.mkdir('d'); write('d/a', 'x'); sync('d'); sync(); os.unlink('d/a'); os.rmdir('d')",
            &[("d", "/"), ("d/a", "x")],
        ),
        (
            "a directory renamed with what is in it",
            "os.mkdir('d'); write('d/a', 'x'); sync('d'); sync(); os.rename('d', 'e'); write('e/b', 'y', sync=False)",
            &[("d", "/"), ("d/a", "x")],
        ),
        (
            "a renamed directory's new file",
            "os.mkdir('d'); write('d/a', 'x'); os.rename('d', 'e'); sync(); write('e/b', 'y', sync=False)",
            &[("e", "/")],
        ),
    ];
    // The two modes differ in the last case.
    check(Directories::Strict, table);
    check(Directories::LikeExt4, &table[..table.len() - 1]);
    let new = "os.mkdir('d'); write('d/a', 'x')";
    check(Directories::Strict, &[("a new file, synced itself", new, &[])]);
    check(Directories::LikeExt4, &[("a new file, synced itself", new, &[("d", "/"), ("d/a", "x")])]);
}

#[test]
fn a_kill_makes_nothing_durable() {
    let bench = Bench::new();
    bench.run("write('a', 'old'); write('b', 'x', sync=False)");
    bench.run("write('a', 'new', sync=False); write('b', 'y', sync=False); write('c', 'z')");
    let report = bench.lose_power();
    assert_eq!(bench.tree(), BTreeMap::from([("a".into(), "old".into()), ("c".into(), "z".into())]), "{report:?}");
}

#[test]
fn a_torn_end_is_between_what_was_durable_and_what_was_written() {
    let mut lengths = Vec::new();
    for (seed, tear) in (0..4).flat_map(|seed| [TornEnd::Torn, TornEnd::TornZeros, TornEnd::TornGarbage].map(|tear| (seed, tear)))
    {
        let bench = Bench::new();
        bench.run("write('a', 'd' * 1000); write('a', 'n' * 5000, sync=False)");
        bench.shim.lose_power(seed, tear).unwrap();
        let bytes = fs::read(bench.data().join("a")).unwrap();
        assert!((1000..=6000).contains(&bytes.len()) && bytes[..1000].iter().all(|byte| *byte == b'd'));
        let last_sector = &bytes[((bytes.len() - 1) / 512 * 512).max(1000)..];
        match tear {
            TornEnd::TornZeros => assert!(last_sector.iter().all(|byte| *byte == 0)),
            TornEnd::TornGarbage => assert!(last_sector.len() < 8 || last_sector.iter().any(|byte| *byte != b'n')),
            _ => assert!(last_sector.iter().all(|byte| *byte == b'n')),
        }
        lengths.push(bytes.len());
    }
    lengths.dedup();
    assert!(lengths.len() > 2, "{lengths:?}");
}

#[test]
fn syncs_can_fail_lie_and_be_slow() {
    let bench = Bench::new();
    bench.shim.set_sync_mode(SyncMode::Lie).unwrap();
    bench.run("write('lied', 'x')");
    assert_eq!(bench.lose_power().dropped, [bench.data().canonicalize().unwrap().join("lied")]);
    bench.shim.set_sync_mode(SyncMode::FailAt(2)).unwrap();
    bench.run(
        "print(file=sys.stderr)
results = [attempt(lambda: write('a', text)) for text in ('one', 'two', 'three')]
assert results == ['ok', 'Input/output error', 'ok'], results",
    );
    // The third sync succeeded, but the data are lost because the second one failed.
    bench.lose_power();
    assert_eq!(bench.tree(), BTreeMap::from([("a".into(), "one".into())]));
    bench.shim.set_sync_mode(SyncMode::Fail).unwrap();
    bench.run("assert attempt(lambda: write('b', 'x')) == 'Input/output error'");
    assert_eq!(bench.shim.counts().unwrap().failed_syncs, 2);
    bench.shim.set_sync_mode(SyncMode::Slow(Duration::from_millis(300))).unwrap();
    let start = Instant::now();
    bench.run("write('b', 'x')");
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn changes_and_reads_fail_only_below_the_folder() {
    let bench = Bench::new();
    bench.run("write('a', 'x'); write('gone', 'x')");
    let table = [
        (ChangeMode::NoSpace, "No space left on device", "ok"),
        (ChangeMode::Fail, "Input/output error", "Input/output error"),
        (ChangeMode::Work, "ok", "ok"),
    ];
    for (changes, wanted, removal) in table {
        bench.shim.set_change_mode(changes).unwrap();
        bench.run(&format!(
            "open('gone', 'a').close() if {wanted:?} == 'ok' else None
results = [attempt(work) for work in (lambda: write('a', 'y'), lambda: write('new', 'y'), lambda: os.mkdir('d'),
           lambda: os.rename('a', 'a'), lambda: os.link('a', 'b'))]
assert results == [{wanted:?}] * 5, results
assert not os.path.exists('gone') or attempt(lambda: os.unlink('gone')) == {removal:?}
write('../outside', 'z')"
        ));
    }
    bench.shim.set_reads_fail(true).unwrap();
    bench.run(
        "assert attempt(lambda: open('a').read()) == 'Input/output error'
assert open('../outside').read() == 'zzz'",
    );
    bench.shim.heal().unwrap();
    bench.run("assert open('a').read() == 'xy'");
}

#[test]
fn a_clock_offset_moves_the_time_of_day_but_not_timers() {
    let bench = Bench::new();
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    for offset in [3_600_i64, -3_600] {
        bench.shim.set_clock_offset_ms(offset * 1_000).unwrap();
        let mut date = Command::new("date");
        bench.shim.apply(date.arg("+%s"));
        let shown: u64 = String::from_utf8(date.output().unwrap().stdout).unwrap().trim().parse().unwrap();
        let ahead = shown.cast_signed() - now().cast_signed();
        assert!((offset - 60..=offset + 60).contains(&ahead), "{ahead}");
        bench.run("import threading; assert not threading.Event().wait(0.05); time.sleep(0.05)");
    }
    bench.shim.set_clock_offset_ms(0).unwrap();
    let watch = "before, m = time.time(), time.monotonic()\nprint('go', flush=True)\nsys.stdin.readline()\nprint(int(time.time() - before), int(time.monotonic() - m))";
    let mut child = bench.python(watch).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "go");
    bench.shim.set_clock_offset_ms(-86_400_500).unwrap();
    drop(child.stdin.take());
    let moved: Vec<i64> = lines.next().unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
    child.wait().unwrap();
    assert!((-86_401..-86_300).contains(&moved[0]) && moved[1] >= 0 && moved[1] < 86_000, "{moved:?}");
}

#[test]
fn a_small_disk_fills_up_and_is_unmounted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small");
    let disk = match SmallDisk::mount(&path, 1 << 20) {
        Ok(disk) => disk,
        Err(cause) => return eprintln!("skipped: {cause:#}"),
    };
    assert_eq!(fs::write(disk.path().join("a"), vec![1; 2 << 20]).unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let inside = fs::metadata(&path).unwrap().dev();
    drop(disk);
    assert_ne!(fs::metadata(&path).unwrap().dev(), inside);
}
