//! Runs `keyrack receipt`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
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
use crate::output::{say, say_json};
use crate::terminal::plain;

/// Runs it; gives the exit code.
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
            say_json(&json!({ "verified": false, "reason": format!("{reason:#}") }))?;
            return Ok(ExitCode::FAILURE);
        }
        Err(reason) => return Err(reason.context("NOT PROVED")),
    }
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, file: &Path, leaf: Option<&Path>) -> anyhow::Result<()> {
    let receipt = read(file, leaf)?;
    let leaf = Leaf::decode(&receipt.leaf)?;
    let checkpoint = Checkpoint::parse(&receipt.proof.checkpoint.text)?;
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
    let mut text = format!("NOTHING WAS VERIFIED. The file says, and anyone could have written it:\n\n{}\n", summary.text());
    text +=
        &format!("  log        {}\n  leaf       {} of the first {}\n", checkpoint.origin, receipt.proof.index, checkpoint.size);
    signers.iter().for_each(|signer| text += &format!("  signature  {signer}, not checked\n"));
    text += &format!("\nTo check it: keyrack receipt verify {} --policy POLICY\n", file.display());
    say(&plain(&text))
}

/// Writes a copy of a receipt that discloses some claims only.
fn disclose(options: &Disclose) -> anyhow::Result<()> {
    let bytes = read_file(&options.file)?;
    let text = String::from_utf8(bytes).context("this is not a JSON receipt")?;
    anyhow::ensure!(!text.starts_with("c2sp.org/"), "a .tlog-proof shows no claims; disclose takes a JSON receipt");
    let (mut receipt, _) = read_json(&text)?;
    let known: Vec<String> = receipt.disclosures.iter().map(|claim| claim.name.clone()).collect();
    for name in options.only.iter().filter(|name| !name.is_empty()) {
        anyhow::ensure!(known.contains(name), "the receipt has no claim {name:?}; it has: {}", known.join(", "));
    }
    receipt.disclosures.retain(|claim| options.only.contains(&claim.name));
    write(options.out.as_deref(), &(serde_json::to_string_pretty(&receipt)? + "\n"), "receipt")
}

async fn policy(context: &Context, out: Option<&Path>) -> anyhow::Result<()> {
    let body = context.web.ask_any(0, "/log/policy", "text/plain").await?.found()?;
    let policy = Policy::parse(&body).context("the node's policy cannot be read")?;
    write(out, &String::from_utf8_lossy(&body), "policy")?;
    let (logs, witnesses) = (policy.logs().count(), policy.witnesses().count());
    eprintln!(
        "{logs} log keys, {witnesses} witnesses. This node said so itself: compare the keys with what the operator publishes \
         elsewhere,\nthen keep the file. Receipts are worth what this comparison was worth."
    );
    Ok(())
}

fn read(file: &Path, leaf: Option<&Path>) -> anyhow::Result<Receipt> {
    let leaf = leaf.map(read_file).transpose()?;
    Ok(Receipt::parse(&read_file(file)?, leaf.as_deref())?)
}
