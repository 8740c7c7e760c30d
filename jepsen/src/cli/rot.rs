//! `keyrack-jepsen rot`: flips single bits in one node's data, one at a time, while the cluster keeps running.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use keyrack_jepsen::cluster::until;
use keyrack_jepsen::disk::rot::{self, Flip, Kind};

use super::broken_promise::BrokenPromise;
use super::measure::{MeasuredCluster, Options, WITHIN, progress};

/// The node whose bits are flipped.
const VICTIM: u32 = 2;
/// Four of five flips are in the first three kinds, which have most of the bytes.
const KINDS: [Kind; 5] = [Kind::Wal, Kind::Sst, Kind::Snapshot, Kind::Manifest, Kind::Small];
/// The number of bookings before the first flip, and between two flips.
const BOOKINGS: (u64, u64) = (600, 5);

/// Flips single bits in the data of one killed node, and starts it. `keyrackd data check` must detect the flip or report the
/// same as before. The node must never answer wrongly, and must repair its data automatically.
pub async fn rot(options: Options) -> anyhow::Result<ExitCode> {
    let mut measured = MeasuredCluster::start(&options, "rot").await?;
    measured.book_everywhere(BOOKINGS.0).await?;
    let mut tally = Tally::default();
    let bar = progress(&options);
    while tally.noticed + tally.harmless < options.count {
        measured.cluster.node(VICTIM).kill();
        let aside = measured.cluster.data(VICTIM).join("set-aside");
        if aside.exists() {
            fs::remove_dir_all(aside)?;
        }
        let rare = measured.rng.percent(20);
        let place = if rare { 3 + measured.rng.below(2) } else { measured.rng.below(3) };
        let files = rot::files(&measured.cluster.data(VICTIM), KINDS[place as usize])?;
        if let Some(file) = measured.rng.pick(&files) {
            let before = check(&measured)?;
            if !before.is_good {
                return Err(BrokenPromise(format!("an earlier flip was not repaired: {}", before.says)).into());
            }
            let flip = rot::flip(file, &mut measured.rng)?;
            check_flip(&measured, &flip, &before, &mut tally).await?;
            bar.inc(1);
        } else {
            measured.cluster.run(VICTIM)?;
        }
        measured.book_everywhere(BOOKINGS.1).await?;
        measured.verify_first_answers().await?;
    }
    bar.finish_and_clear();
    measured.verify().await?;
    let Tally { noticed, harmless, rejoined, repaired, bad } = &tally;
    println!("{noticed} flips detected, {harmless} without effect, {} that changed the check's report undetected", bad.len());
    println!("after the detected flips the node rejoined {rejoined} times with new data and repaired its data {repaired} times");
    println!("no answer was wrong; {} bookings acknowledged, none lost", measured.acknowledged.len());
    bad.iter().for_each(|flip| println!("  {flip}"));
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Tally {
    noticed: u64,
    harmless: u64,
    /// How often the node set its data aside and rejoined.
    rejoined: u64,
    /// How often it repaired its data: another snapshot, or a corrected FORMAT.
    repaired: u64,
    bad: Vec<String>,
}

/// Runs `keyrackd data check` on the flipped data, then starts the node and waits until the flipped bit is gone.
async fn check_flip(measured: &MeasuredCluster, flip: &Flip, before: &DataCheck, tally: &mut Tally) -> anyhow::Result<()> {
    let Flip { path, offset, bit } = flip;
    let what = format!("{} byte {offset} bit {bit}", path.display());
    let (rotten, incarnation) = (DiskByte::of(flip)?, incarnation(measured));
    let after = check(measured)?;
    measured.cluster.run(VICTIM)?;
    measured.verify_first_answers().await.with_context(|| what.clone())?;
    if after.is_good {
        tally.harmless += 1;
        if after.says != before.says {
            tally.bad.push(format!("{what}: not detected, but data check reports\n{}instead of\n{}", after.says, before.says));
        }
        return Ok(());
    }
    tally.noticed += 1;
    until(format!("the node has repaired {what}: {}", after.says), WITHIN, async || {
        if measured.cluster.node(VICTIM).exited().is_some() {
            measured.cluster.run(VICTIM).ok()?;
        }
        (DiskByte::of(flip).ok().as_ref() != Some(&rotten)).then_some(())
    })
    .await
    .map_err(|cause| BrokenPromise(format!("{cause:#}")))?;
    measured.verify_first_answers().await.with_context(|| what)?;
    if self::incarnation(measured) == incarnation {
        tally.repaired += 1
    } else {
        tally.rejoined += 1
    }
    Ok(())
}

/// The result of `keyrackd data check`.
struct DataCheck {
    is_good: bool,
    says: String,
}

/// Checks a copy of the data, because the check changes files, as a start does.
fn check(measured: &MeasuredCluster) -> anyhow::Result<DataCheck> {
    let (plan, home) = (&measured.cluster.plan, measured.cluster.home(VICTIM));
    let copy = home.join("copy");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    let copied = Command::new("cp").arg("-a").arg(measured.cluster.data(VICTIM)).arg(&copy).status()?;
    ensure!(copied.success(), "cannot copy the data of node {VICTIM} to {}: cp ended with {copied}", copy.display());
    let mut daemon = Command::new(plan.binaries.join(&plan.daemon));
    daemon.args(["data", "check", "--config"]).arg(home.join("keyrackd.toml")).env("KEYRACK_DATA", &copy);
    let output = daemon.output()?;
    let said = if output.status.success() { output.stdout } else { output.stderr };
    Ok(DataCheck { is_good: output.status.success(), says: String::from_utf8_lossy(&said).into_owned() })
}

/// The line of FORMAT with the incarnation. A new data folder has another one.
fn incarnation(measured: &MeasuredCluster) -> Option<String> {
    let text = fs::read(measured.cluster.data(VICTIM).join("FORMAT")).ok()?;
    String::from_utf8_lossy(&text).lines().find(|line| line.starts_with("incarnation")).map(str::to_owned)
}

/// A byte on the disk. The flip is there as long as the byte is the same.
#[derive(PartialEq)]
struct DiskByte {
    file: (u64, u64),
    byte: u8,
}

impl DiskByte {
    fn of(flip: &Flip) -> anyhow::Result<DiskByte> {
        let mut byte = [0];
        let file = File::open(&flip.path)?;
        file.read_exact_at(&mut byte, flip.offset)?;
        let metadata = file.metadata()?;
        Ok(DiskByte { file: (metadata.dev(), metadata.ino()), byte: byte[0] })
    }
}
