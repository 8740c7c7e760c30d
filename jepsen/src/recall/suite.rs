//! Runs the checkout's own tests with a bug switched on.

use std::time::Duration;

use anyhow::bail;
use tokio::process::Command;

use super::cargo::CopyCargo;
use super::layer::Layer;
use super::result::Outcome;
use super::subprocess::{self, tail};

/// The exit code of nextest if tests failed (github.com/nextest-rs/nextest, `NextestExitCode::TEST_RUN_FAILED`).
const TESTS_FAILED: i32 = 100;

/// The tests of a layer.
pub(super) struct Suite {
    /// The nextest filter that selects them.
    filter: &'static str,
    /// The tests that fail without any bug, so that their failure says nothing about a bug; or why these are unknown.
    red: Result<Vec<String>, String>,
}

impl Suite {
    /// A suite that was not requested.
    pub fn none() -> Suite {
        Suite { filter: "none()", red: Err("not requested".into()) }
    }

    /// Runs a layer's tests without any bug.
    pub async fn of(layer: Layer, cargo: &CopyCargo, cap: Duration) -> Suite {
        let filter = match layer {
            // Tests that check the sources are left out: the patches need not follow those rules.
            Layer::BlackBox => {
                "package(keyrack-tests) - (binary(absence) - test(=a_guests_name_mail_and_phone_are_in_no_file_of_any_node))"
            }
            _ => {
                "all() - package(keyrack-tests) - package(keyrack-jepsen) \
                 - test(=the_sources_have_none_of_the_banned_words)"
            }
        };
        let red = red(cargo, filter, cap).await.map_err(|cause| format!("{cause:#}"));
        Suite { filter, red }
    }

    /// Runs the tests with a bug. Stops at the first test that fails and did not fail without the bug.
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
            None => Ok(Outcome::NotFound { how: format!("the tests did not finish within {} s", cap.as_secs()) }),
            Some(Some(0)) => Ok(Outcome::NotFound { how: "all tests pass".into() }),
            Some(Some(TESTS_FAILED)) => Ok(found(failures(&ended.output))),
            Some(_) => bail!("nextest could not run the tests: {}", tail(&ended.output, 5)),
        }
    }
}

async fn red(cargo: &CopyCargo, filter: &str, cap: Duration) -> anyhow::Result<Vec<String>> {
    let ended = subprocess::run(command(cargo, &["--no-fail-fast", "--filterset", filter]), cap).await?;
    match ended.status.map(|status| status.code()) {
        Some(Some(0)) => Ok(Vec::new()),
        Some(Some(TESTS_FAILED)) => Ok(failures(&ended.output)),
        None => bail!("without any bug, the tests did not finish within {} s", cap.as_secs()),
        Some(_) => bail!("nextest could not run the tests: {}", tail(&ended.output, 5)),
    }
}

fn command(cargo: &CopyCargo, more: &[&str]) -> Command {
    let mut command = cargo.command();
    command.args(cargo.tests()).args(more).env("KEYRACK_BIN_DIR", cargo.binaries());
    command.args(["--color", "never", "--failure-output", "never", "--status-level", "fail"]);
    command
}

fn found(failed: Vec<String>) -> Outcome {
    let finding = format!("failed tests: {}", failed.join(", "));
    Outcome::Found { detectors: failed, finding }
}

/// The names of the failed tests, each once: nextest repeats them at the end.
fn failures(said: &str) -> Vec<String> {
    let mut failed: Vec<String> = said.lines().filter_map(failed).collect();
    failed.sort();
    failed.dedup();
    failed
}

/// The test's name in a line such as `FAIL [   0.012s] (3/90) keyrack-inventory::refusals some_test`.
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
    fn the_name_of_a_failed_test_is_read() {
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
