//! Policy files: the keys that an auditor trusts.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use keyrack_merkle::Policy;

/// Reads a policy file.
pub fn load_policy(file: &Path) -> anyhow::Result<Policy> {
    let text = fs::read(file).with_context(|| format!("cannot read the policy {}", file.display()))?;
    Policy::parse(&text).with_context(|| format!("{} is not a policy", file.display()))
}
