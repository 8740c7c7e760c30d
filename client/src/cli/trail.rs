//! `keyrack trail`: the audit trail, read from its beginning and followed link by link.

use anyhow::{Context as _, ensure};
use base64ct::{Base64, Encoding};
use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Context;
use super::print::say;
use crate::terminal::plain;

/// What of the trail, and what it is held against.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack --key kr_... trail --shard 1\n  keyrack --key kr_... trail --shard 1 --quiet --sealed \
                  1520:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n\n`keyrack audit` reports the newest seal of each \
                  shard as it stands in the receipts' log."
)]
pub struct Options {
    /// The shard.
    #[arg(long, default_value_t = 1)]
    shard: u32,
    /// Print only what came of the check.
    #[arg(long)]
    quiet: bool,
    /// A seal that the trail must fit: records, a colon, the link in hexadecimal digits.
    #[arg(long, value_name = "RECORDS:LINK")]
    sealed: Option<String>,
}

/// Reads a shard's trail and checks that every link follows from the one before.
pub async fn trail(context: &Context, options: Options) -> anyhow::Result<()> {
    let sealed = options.sealed.as_deref().map(seal).transpose()?;
    let mut chain = Chain { link: [0; 32], records: 0 };
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/audit?shard={}&limit=1000&cursor={cursor}", options.shard);
        let page: Value = serde_json::from_slice(&context.web.ask_any(0, &path, "application/json").await?.found()?)?;
        ensure!(page["complete"] == json!(true), "this key sees some properties only, and so cannot follow the chain");
        for item in page["items"].as_array().into_iter().flatten() {
            chain.follow(item)?;
            if let Some((records, link)) = &sealed
                && *records == chain.records
            {
                ensure!(*link == hex(&chain.link), "record {records} is not the one that was sealed: the trail was changed");
            }
            if !options.quiet {
                say(&if context.json { format!("{item}\n") } else { line(item) })?;
            }
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => {
                // While it is read, it grows: the page's own word is for its own moment.
                let (count, link) = (page["count"].as_u64().unwrap_or(0), page["link"].as_str().unwrap_or_default());
                ensure!(
                    count != chain.records || link == hex(&chain.link),
                    "the trail's newest link does not follow from its records"
                );
                break;
            }
        }
    }
    if let Some((records, _)) = &sealed {
        ensure!(chain.records >= *records, "{records} records were sealed, and there are {} only", chain.records);
    }
    let fits = if sealed.is_some() { ", and fit the seal" } else { "" };
    eprintln!(
        "shard {}: {} records, each linked to the one before{fits}; newest link {}",
        options.shard,
        chain.records,
        hex(&chain.link)
    );
    Ok(())
}

struct Chain {
    link: [u8; 32],
    records: u64,
}

impl Chain {
    fn follow(&mut self, item: &Value) -> anyhow::Result<()> {
        let bytes =
            Base64::decode_vec(item["encoded"].as_str().unwrap_or_default()).ok().context("a record without its bytes")?;
        let sum = Sha256::new_with_prefix(b"keyrack audit v1\0").chain_update(self.link).chain_update(&bytes);
        self.link = sum.finalize().into();
        self.records += 1;
        let told = item["link"].as_str();
        ensure!(
            told.is_none_or(|told| told == hex(&self.link)),
            "record {} (line {}) does not follow from those before it",
            self.records,
            item["line"]
        );
        Ok(())
    }
}

fn line(item: &Value) -> String {
    let text = |name: &str| plain(item[name].as_str().unwrap_or_default());
    let who = if item["principal"].is_null() { text("who") } else { text("principal") };
    let verdict = if item["allowed"] == json!(true) { String::new() } else { format!("refused ({})", item["verdict"]) };
    let times = item["times"].as_u64().filter(|times| *times > 1).map(|times| format!(" x{times}")).unwrap_or_default();
    let (at, from, action) = (text("at"), text("from"), text("action"));
    format!("{at}  {who:<20} {from:<15} {action:<20} {} {} {verdict}{times}\n", text("propertyId"), text("record"))
}

fn seal(text: &str) -> anyhow::Result<(u64, String)> {
    let (records, link) = text.split_once(':').context("--sealed is RECORDS:LINK")?;
    Ok((records.parse().context("--sealed begins with a number of records")?, link.to_ascii_lowercase()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
