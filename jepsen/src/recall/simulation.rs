//! Runs the simulation with a bug switched on, seed after seed, until one breaks an invariant.

use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::process::Command;

use super::build::Build;
use super::result::Outcome;
use super::subprocess::{self, tail};

/// The number of seeds in one call of `keyrack-sim`.
const SEEDS: u64 = 8;

/// Runs seeds from 1 until one breaks an invariant or the time is over.
pub(super) async fn ask(build: &Build, bug: Option<&str>, cap: Duration) -> anyhow::Result<Outcome> {
    let program = match &build.simulation {
        Ok(program) => program,
        Err(why) => return Ok(Outcome::NotRun { why: why.clone() }),
    };
    let began = Instant::now();
    let mut from = 1;
    loop {
        let left = cap.saturating_sub(began.elapsed());
        // The first seeds are enough for the control.
        if left.is_zero() || (bug.is_none() && from > SEEDS) {
            return Ok(Outcome::NotFound { how: format!("{} seeds passed", from - 1) });
        }
        let mut simulation = Command::new(program);
        simulation.args(["seeds", "--from", &from.to_string(), "--count", &SEEDS.to_string()]).env_remove("KEYRACK_PLANTED_BUG");
        if let Some(bug) = bug {
            simulation.env("KEYRACK_PLANTED_BUG", bug);
        }
        let ended = subprocess::run(simulation, left).await?;
        match ended.status.map(|status| status.code()) {
            None => return Ok(Outcome::NotFound { how: format!("{} seeds passed", from - 1) }),
            Some(Some(0)) => from += SEEDS,
            Some(Some(1)) => {
                let violations = ended.output.lines().filter_map(|line| line.split_once(" violates "));
                let mut detectors: Vec<String> =
                    violations.filter_map(|(_, what)| what.split(':').next()).map(str::to_owned).collect();
                detectors.sort();
                detectors.dedup();
                let finding = ended
                    .output
                    .lines()
                    .find(|line| line.contains(" violates "))
                    .map_or_else(|| tail(&ended.output, 2), str::to_owned);
                return Ok(Outcome::Found { detectors, finding });
            }
            Some(Some(code)) => bail!("keyrack-sim ended with exit code {code}: {}", tail(&ended.output, 5)),
            Some(None) => bail!("keyrack-sim was ended by a signal: {}", tail(&ended.output, 5)),
        }
    }
}
