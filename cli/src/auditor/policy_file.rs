//! Policy files: the keys that an auditor trusts.

use std::fs;
use std::path::Path;

use keyrack_merkle::Policy;

use crate::messages::files::{AccessError, hints};
use crate::messages::receipt::NotAPolicy;

/// Reads a policy file.
pub fn load_policy(file: &Path) -> anyhow::Result<Policy> {
    let path = || file.to_owned();
    let text = fs::read(file).map_err(|cause| AccessError::Read { path: path(), cause, hint: hints::POLICY })?;
    Policy::parse(&text).map_err(|cause| NotAPolicy { path: path(), cause }.into())
}
