//! The checkout's own tests, with a bug switched on.

use std::time::Duration;

use anyhow::bail;
use tokio::process::Command;

use super::cargo::CopyCargo;
use super::layer::Layer;
use super::result::Outcome;
use super::subprocess::{self, tail};

/// What nextest answers when tests failed (github.com/nextest-rs/nextest, `NextestExitCode::TEST_RUN_FAILED`).
const TESTS_FAILED: i32 = 100;

/// The tests of a layer.
pub(super) struct Suite {
    /// What nextest calls them.
    filter: &'static str,
    /// Those that fail with no bug switched on: they tell nothing of any. Why that is not known, otherwise.
    red: Result<Vec<String>, String>,
}

impl Suite {
    /// Not asked for.
    pub fn none() -> Suite {
        Suite { filter: "none()", red: Err("not asked for".into()) }
    }

    /// Runs a layer's tests with nothing switched on.
    pub async fn of(layer: Layer, cargo: &CopyCargo, cap: Duration) -> Suite {
        let filter = match layer {
            // Tests that read sources would judge the patches: only the checkout's own sources are held to those rules.
            Layer::BlackBox => {
                "package(keyrack-tests) - (binary(absence) - test(=a_guests_name_mail_and_phone_are_in_no_file_of_any_node))"
            }
            _ => "all() - package(keyrack-tests) - package(keyrack-jepsen)",
        };
        let red = red(cargo, filter, cap).await.map_err(|cause| format!("{cause:#}"));
        Suite { filter, red }
    }

    /// Stops at the first test that fails and did not fail without the bug.
    pub async fn ask(&self, cargo: &CopyCargo, bug: Option<&str>, cap: Duration) -> anyhow::Result<Outcome> {
        let red = self.red.as_ref().map_err(|why| anyhow::anyhow!("{why}"))?;
        let Some(bug) = bug else {
            return Ok(match red.as_slice() {
                [] => Outcome::NotFound { how: "all tests pass".into() },
                _ => found(red.clone()),
            });
        };
        let mut filter = self.filter.to_owned();
        for test in red {
            let (binary, test) = test.split_once(' ').unwrap_or(("", test));
            filter += &format!(" - (binary_id({binary}) & test(={test}))");
        }
        let mut command = command(cargo, &["--fail-fast", "--filterset", &filter]);
        command.env("KEYRACK_PLANTED_BUG", bug);
        let ended = subprocess::run(command, cap).await?;
        match ended.status.map(|status| status.code()) {
            None => Ok(Outcome::NotFound { how: format!("the tests had not ended after {} s", cap.as_secs()) }),
            Some(Some(0)) => Ok(Outcome::NotFound { how: "all tests pass".into() }),
            Some(Some(TESTS_FAILED)) => Ok(found(failures(&ended.output))),
            Some(_) => bail!("nextest: {}", tail(&ended.output, 5)),
        }
    }
}

async fn red(cargo: &CopyCargo, filter: &str, cap: Duration) -> anyhow::Result<Vec<String>> {
    let ended = subprocess::run(command(cargo, &["--no-fail-fast", "--filterset", filter]), cap).await?;
    match ended.status.map(|status| status.code()) {
        Some(Some(0)) => Ok(Vec::new()),
        Some(Some(TESTS_FAILED)) => Ok(failures(&ended.output)),
        None => bail!("without any bug the tests had not ended after {} s", cap.as_secs()),
        Some(_) => bail!("nextest: {}", tail(&ended.output, 5)),
    }
}

fn command(cargo: &CopyCargo, more: &[&str]) -> Command {
    let mut command = cargo.command();
    command.args(cargo.tests()).args(more).env("KEYRACK_BIN_DIR", cargo.binaries());
    command.args(["--color", "never", "--failure-output", "never", "--status-level", "fail"]);
    command
}

fn found(failed: Vec<String>) -> Outcome {
    let finding = format!("failed: {}", failed.join(", "));
    Outcome::Found { detectors: failed, finding }
}

/// Each once: nextest says it again at the end.
fn failures(said: &str) -> Vec<String> {
    let mut failed: Vec<String> = said.lines().filter_map(failed).collect();
    failed.sort();
    failed.dedup();
    failed
}

/// `FAIL [   0.012s] (3/90) keyrack-inventory::refusals some_test`: the test without its time.
fn failed(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("FAIL [")?;
    let (_, name) = rest.split_once(']')?;
    let words: Vec<&str> = name.split_whitespace().filter(|word| !word.contains('(') && !word.contains(')')).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| word.parse::<u32>().is_err()).collect();
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_failed_test_is_named() {
        for line in [
            "        FAIL [   0.012s] (3/90) keyrack-inventory::refusals some_test",
            "  FAIL [   0.012s] ( 3/90) keyrack-inventory::refusals some_test",
            "FAIL [   0.012s] keyrack-inventory::refusals some_test",
        ] {
            assert_eq!(super::failed(line).as_deref(), Some("keyrack-inventory::refusals some_test"));
        }
        assert_eq!(super::failed("    PASS [   0.012s] keyrack-inventory::refusals some_test"), None);
    }
}
