//! The pure tests, with a bug switched on.

use std::time::Duration;

use anyhow::bail;

use super::build::Build;
use super::outside::{self, tail};
use super::result::Outcome;

/// What nextest answers when tests failed (github.com/nextest-rs/nextest, `NextestExitCode::TEST_RUN_FAILED`).
const TESTS_FAILED: i32 = 100;

/// Stops at the first test that fails.
pub(super) async fn ask(build: &Build, bug: Option<&str>, cap: Duration) -> anyhow::Result<Outcome> {
    let mut cargo = build.cargo_command();
    cargo.args(["nextest", "run"]).args(build.core_tests());
    cargo.args(["--fail-fast", "--color", "never", "--failure-output", "never", "--status-level", "fail"]);
    if let Some(bug) = bug {
        cargo.env("KEYRACK_PLANTED_BUG", bug);
    }
    let ended = outside::run(cargo, cap).await?;
    match ended.status.map(|status| status.code()) {
        None => Ok(Outcome::NotFound { how: format!("the tests had not ended after {} s", cap.as_secs()) }),
        Some(Some(0)) => Ok(Outcome::NotFound { how: "all tests pass".into() }),
        Some(Some(TESTS_FAILED)) => {
            let failed: Vec<String> = ended.said.lines().filter_map(failed).collect();
            let detectors = vec![failed.first().cloned().unwrap_or_else(|| "a test".into())];
            Ok(Outcome::Found { detectors, finding: format!("failed: {}", failed.join(", ")) })
        }
        Some(_) => bail!("nextest: {}", tail(&ended.said, 5)),
    }
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
