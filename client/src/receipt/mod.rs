//! `keyrack receipt`: the proof that a booking is in the log, fetched, checked, read and shortened.

pub mod file;
pub mod told;
pub mod verify;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use keyrack_inventory::{BookingId, Leaf};
use keyrack_merkle::{Checkpoint, Policy};
use serde_json::json;

use self::file::{MAX_FILE_BYTES, Receipt, read_json};
use self::told::{Told, Vouched};
use crate::cli::Context;
use crate::cli::print::say;
use crate::terminal::plain;

/// How long a receipt that is not cosigned yet is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// What `keyrack receipt` does.
#[derive(Subcommand)]
pub enum ReceiptCommand {
    /// Fetch the receipt of a booking's newest event.
    #[command(
        after_help = "Examples:\n  keyrack receipt get bk_00000020d1z4498bcppn6xycc4 --out receipt.json\n  keyrack receipt \
                            get bk_00000020d1z4498bcppn6xycc4 --text --out receipt.tlog-proof"
    )]
    Get(Get),
    /// Check a receipt against a policy, offline: exits 0 if it holds, 1 with the reason if not.
    #[command(after_help = "Examples:\n  keyrack receipt verify receipt.json --policy keyrack.policy\n  keyrack receipt verify \
                            confirmation.json --policy keyrack.policy\n  keyrack receipt verify receipt.tlog-proof --policy \
                            keyrack.policy --json")]
    Verify(Verify),
    /// Print what a receipt says, without checking it.
    #[command(after_help = "Example:\n  keyrack receipt show receipt.json")]
    Show {
        /// JSON, a booking's confirmation, or a .tlog-proof; - reads standard input.
        file: PathBuf,
        /// The leaf's bytes, for a .tlog-proof without them.
        #[arg(long)]
        leaf: Option<PathBuf>,
    },
    /// Write a copy of a JSON receipt that shows some claims only.
    #[command(
        after_help = "Examples:\n  keyrack receipt disclose receipt.json --only guest.name,price --out for-the-office.json\n  \
                            keyrack receipt disclose receipt.json --only '' --out nothing-shown.json"
    )]
    Disclose(Disclose),
    /// Fetch the policy: the keys that sign this cluster's receipts.
    #[command(after_help = "Example:\n  keyrack receipt policy --out keyrack.policy")]
    Policy {
        /// Where to; standard output when absent.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// `keyrack receipt get`.
#[derive(Args)]
pub struct Get {
    /// The booking's id.
    booking: String,
    /// Where to; standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The .tlog-proof text, which other tools read; it shows no claims.
    #[arg(long, conflicts_with = "json")]
    text: bool,
}

/// `keyrack receipt verify`.
#[derive(Args)]
pub struct Verify {
    /// JSON, a booking's confirmation, or a .tlog-proof; - reads standard input.
    file: PathBuf,
    /// The keys that you trust (c2sp.org/tlog-policy).
    #[arg(long)]
    policy: PathBuf,
    /// The leaf's bytes, for a .tlog-proof without them.
    #[arg(long)]
    leaf: Option<PathBuf>,
}

/// `keyrack receipt disclose`.
#[derive(Args)]
pub struct Disclose {
    /// JSON, or a booking's confirmation; - reads standard input.
    file: PathBuf,
    /// The claims to show, with commas; all others are left out.
    #[arg(long, value_delimiter = ',', required = true)]
    only: Vec<String>,
    /// Where to; standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Does what was asked.
pub async fn act(context: &Context, command: ReceiptCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReceiptCommand::Get(get) => fetch(context, &get).await?,
        ReceiptCommand::Verify(verify) => return check(context, &verify),
        ReceiptCommand::Show { file, leaf } => show(context, &file, leaf.as_deref())?,
        ReceiptCommand::Disclose(disclose) => shorten(&disclose)?,
        ReceiptCommand::Policy { out } => policy(context, out.as_deref()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn fetch(context: &Context, get: &Get) -> anyhow::Result<()> {
    BookingId::parse(&get.booking)
        .map_err(|_| anyhow::anyhow!("{:?} is not a booking's id: those begin with bk_", get.booking))?;
    let path = format!("/v1/bookings/{}/receipt", get.booking);
    let accept = if get.text { "text/plain" } else { "application/json" };
    let began = Instant::now();
    let mut told = false;
    for node in 0.. {
        let page = context.web.ask_any(node, &path, accept).await?;
        if page.status == 200 {
            let body = String::from_utf8(page.body.to_vec()).context("the receipt is not text")?;
            let text = if get.text { body } else { pretty(&body)? };
            return write(get.out.as_deref(), &text, "receipt");
        }
        let pause = page.retry_after.unwrap_or(Duration::from_secs(1)).clamp(Duration::from_millis(100), Duration::from_secs(2));
        let passing = page.status == 202 || page.status == 429;
        if !passing || began.elapsed() + pause > PATIENCE {
            anyhow::ensure!(
                page.status != 202,
                "no majority of the replicas has signed yet; the booking stands, ask again later"
            );
            anyhow::bail!("{}", page.problem());
        }
        if !told {
            eprintln!("the booking is there, its receipt is not signed by a majority yet; waiting");
            told = true;
        }
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

fn check(context: &Context, asked: &Verify) -> anyhow::Result<ExitCode> {
    let receipt = read(&asked.file, asked.leaf.as_deref());
    let policy = load_policy(&asked.policy)?;
    let outcome = receipt.and_then(|receipt| Ok((verify::verify(&receipt, &policy)?, receipt)));
    match outcome {
        Ok((verified, receipt)) if context.json => {
            let vouched = Vouched::of(&verified.trusted, &policy);
            let verdict = json!({
                "verified": true,
                "leaf": Told::of(&verified.leaf, &receipt.disclosures),
                "leafIndex": verified.index,
                "log": vouched,
                "notProved": vouched.not_proved(),
            });
            say(&(serde_json::to_string_pretty(&verdict)? + "\n"))?;
        }
        Ok((verified, receipt)) => say(&told::verdict(&verified, &receipt.disclosures, &policy))?,
        Err(reason) if context.json => {
            let verdict = json!({ "verified": false, "reason": format!("{reason:#}") });
            say(&(serde_json::to_string_pretty(&verdict)? + "\n"))?;
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
    let told = Told::of(&leaf, &receipt.disclosures);
    let signers: Vec<String> =
        receipt.proof.checkpoint.signatures.iter().map(|one| format!("{} ({:08x})", one.name, one.key_id)).collect();
    if context.json {
        let shown = json!({
            "verified": null, "leaf": told, "leafIndex": receipt.proof.index,
            "log": { "origin": checkpoint.origin, "size": checkpoint.size }, "signatures": signers,
        });
        return say(&(serde_json::to_string_pretty(&shown)? + "\n"));
    }
    let mut text = format!("NOTHING WAS VERIFIED. The file says, and anyone could have written it:\n\n{}\n", told.text());
    text +=
        &format!("  log        {}\n  leaf       {} of the first {}\n", checkpoint.origin, receipt.proof.index, checkpoint.size);
    signers.iter().for_each(|signer| text += &format!("  signature  {signer}, not checked\n"));
    text += &format!("\nTo check it: keyrack receipt verify {} --policy POLICY\n", file.display());
    say(&plain(&text))
}

fn shorten(asked: &Disclose) -> anyhow::Result<()> {
    let bytes = read_file(&asked.file)?;
    let text = String::from_utf8(bytes).context("this is not a JSON receipt")?;
    anyhow::ensure!(!text.starts_with("c2sp.org/"), "a .tlog-proof shows no claims; disclose takes a JSON receipt");
    let (mut receipt, _) = read_json(&text)?;
    let known: Vec<String> = receipt.disclosures.iter().map(|claim| claim.name.clone()).collect();
    for name in asked.only.iter().filter(|name| !name.is_empty()) {
        anyhow::ensure!(known.contains(name), "the receipt has no claim {name:?}; it has: {}", known.join(", "));
    }
    receipt.disclosures.retain(|claim| asked.only.contains(&claim.name));
    write(asked.out.as_deref(), &(serde_json::to_string_pretty(&receipt)? + "\n"), "receipt")
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

/// Reads a policy file.
pub fn load_policy(file: &Path) -> anyhow::Result<Policy> {
    let text = fs::read(file).with_context(|| format!("cannot read the policy {}", file.display()))?;
    Policy::parse(&text).with_context(|| format!("{} is not a policy", file.display()))
}

fn read(file: &Path, leaf: Option<&Path>) -> anyhow::Result<Receipt> {
    let leaf = leaf.map(read_file).transpose()?;
    Ok(Receipt::parse(&read_file(file)?, leaf.as_deref())?)
}

/// A file's bytes, or standard input's; a byte more than allowed at most.
fn read_file(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    let done = if file == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|open| open.take(limit).read_to_end(&mut bytes))
    };
    done.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

fn pretty(body: &str) -> anyhow::Result<String> {
    let (receipt, _) = read_json(body).context("the node's receipt cannot be read")?;
    Ok(serde_json::to_string_pretty(&receipt)? + "\n")
}

fn write(out: Option<&Path>, text: &str, what: &str) -> anyhow::Result<()> {
    match out {
        Some(file) => {
            fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
            eprintln!("{what} written to {}", file.display());
        }
        None => say(text)?,
    }
    Ok(())
}
