//! Runs `keyrack receipt`.

use std::path::Path;
use std::process::ExitCode;

use keyrack_inventory::Leaf;
use keyrack_merkle::{Checkpoint, Policy};
use serde_json::json;

use super::fetch::fetch;
use super::file::{Receipt, read_json};
use super::input_output::{read_file, write};
use super::options::{Disclose, ReceiptCommand, Verify};
use super::verdict::{verdict_json, verdict_text};
use super::verify::verify;
use crate::auditor::leaf_summary::LeafSummary;
use crate::auditor::policy_file::load_policy;
use crate::context::Context;
use crate::messages::failure;
use crate::messages::files::AccessError;
use crate::messages::receipt::{FetchError, FileError, NotAReceipt, NotProved, VerifyError, policy_fetched};
use crate::messages::usage::Usage;
use crate::output::{note, say, say_json, to_json};
use crate::terminal::{line, path_text};

/// Runs `keyrack receipt` and returns the exit code.
pub async fn receipt(context: &Context, command: ReceiptCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReceiptCommand::Get(get) => fetch(context, &get).await?,
        ReceiptCommand::Verify(verify) => return check(context, &verify),
        ReceiptCommand::Show { file, leaf } => show(context, &file, leaf.as_deref())?,
        ReceiptCommand::Disclose(options) => disclose(&options)?,
        ReceiptCommand::Policy { out } => policy(context, out.as_deref()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(context: &Context, options: &Verify) -> anyhow::Result<ExitCode> {
    let receipt = read(&options.file, options.leaf.as_deref());
    let policy = load_policy(&options.policy)?;
    let outcome = receipt.and_then(|receipt| Ok((verify(&receipt, &policy)?, receipt)));
    match outcome {
        Ok((verified, receipt)) if context.json => say_json(&verdict_json(&verified, &receipt.disclosures, &policy))?,
        Ok((verified, receipt)) => say(&verdict_text(&verified, &receipt.disclosures, &policy))?,
        Err(reason) if context.json => {
            say_json(&json!({ "verified": false, "reason": failure::text(&reason) }))?;
            return Ok(ExitCode::FAILURE);
        }
        // A file that cannot be read says nothing about the receipt in it.
        Err(reason) if reason.is::<AccessError>() => return Err(reason),
        Err(reason) => return Err(reason.context(NotProved)),
    }
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, file: &Path, leaf: Option<&Path>) -> anyhow::Result<()> {
    let receipt = read(file, leaf)?;
    let leaf = Leaf::decode(&receipt.leaf).map_err(VerifyError::Leaf)?;
    let checkpoint = Checkpoint::parse(&receipt.proof.checkpoint.text).map_err(VerifyError::Checkpoint)?;
    let summary = LeafSummary::of(&leaf, &receipt.disclosures);
    let signers: Vec<String> =
        receipt.proof.checkpoint.signatures.iter().map(|one| format!("{} ({:08x})", one.name, one.key_id)).collect();
    if context.json {
        let shown = json!({
            "verified": null, "leaf": summary, "leafIndex": receipt.proof.index,
            "log": { "origin": checkpoint.origin, "size": checkpoint.size }, "signatures": signers,
        });
        return say_json(&shown);
    }
    let mut text = format!("NOTHING WAS VERIFIED. Anyone could have written this file. It states:\n\n{}\n", summary.text());
    text += &format!(
        "  log        {}\n  leaf       {} of the first {}\n",
        line(&checkpoint.origin),
        receipt.proof.index,
        checkpoint.size
    );
    signers.iter().for_each(|signer| text += &format!("  signature  {}, not checked\n", line(signer)));
    text += &format!("\nTo check it: keyrack receipt verify {} --policy POLICY\n", path_text(file));
    say(&text)
}

/// Writes a copy of a receipt that discloses only some claims.
fn disclose(options: &Disclose) -> anyhow::Result<()> {
    let bytes = read_file(&options.file)?;
    let unusable = |cause| NotAReceipt { path: options.file.clone(), cause };
    let text = String::from_utf8(bytes).map_err(|_| unusable(FileError::NotAReceipt))?;
    if text.starts_with("c2sp.org/") {
        return Err(Usage::DiscloseProof.into());
    }
    let (mut receipt, _) = read_json(&text).map_err(unusable)?;
    let known: Vec<String> = receipt.disclosures.iter().map(|claim| claim.name.clone()).collect();
    if let Some(name) = options.only.iter().find(|name| !name.is_empty() && !known.contains(name)) {
        return Err(Usage::UnknownClaim { name: name.clone(), known }.into());
    }
    receipt.disclosures.retain(|claim| options.only.contains(&claim.name));
    write(options.out.as_deref(), &to_json(&receipt)?, "receipt")
}

async fn policy(context: &Context, out: Option<&Path>) -> anyhow::Result<()> {
    let body = context.web.ask_any(0, "/log/policy", "text/plain").await?.found()?;
    let policy = Policy::parse(&body).map_err(FetchError::Policy)?;
    write(out, &String::from_utf8_lossy(&body), "policy")?;
    let outside = policy.witnesses().filter(|(_, key, _)| is_outside(&policy, key.name())).count();
    note(policy_fetched(policy.logs().count(), policy.witnesses().count() - outside, outside));
    Ok(())
}

/// Whether a witness does not belong to the cluster of any log of the policy.
fn is_outside(policy: &Policy, witness: &str) -> bool {
    let mut clusters = policy.logs().filter_map(|(key, _)| key.name().rsplit_once("/shard-"));
    !clusters.any(|(cluster, _)| witness.strip_prefix(cluster).is_some_and(|rest| rest.starts_with('/')))
}

fn read(file: &Path, leaf: Option<&Path>) -> anyhow::Result<Receipt> {
    let leaf = leaf.map(read_file).transpose()?;
    let receipt = Receipt::parse(&read_file(file)?, leaf.as_deref());
    receipt.map_err(|cause| NotAReceipt { path: file.to_owned(), cause }.into())
}
