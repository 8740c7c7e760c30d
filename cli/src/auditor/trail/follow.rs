//! Reads the trail of a shard from its beginning and checks every link.

use anyhow::ensure;
use clap::Args;
use serde::Deserialize;

use super::chain::{Chain, Seal};
use super::page::{Page, Record};
use crate::context::Context;
use crate::output::say;

/// What of the trail, and what it is held against.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyrack --key kr_... trail --shard 1\n  keyrack --key kr_... trail --shard 1 --quiet --sealed \
                  1520:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n\n`keyrack audit` reports the newest seal of each \
                  shard as it stands in the receipts' log."
)]
pub struct TrailOptions {
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

/// Runs `keyrack trail`.
pub async fn trail(context: &Context, options: TrailOptions) -> anyhow::Result<()> {
    let sealed = options.sealed.as_deref().map(Seal::parse).transpose()?;
    let mut chain = Chain::default();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/audit?shard={}&limit=1000&cursor={cursor}", options.shard);
        let page: Page = serde_json::from_slice(&context.web.ask_any(0, &path, "application/json").await?.found()?)?;
        ensure!(page.complete, "this key sees some properties only, and so cannot follow the chain");
        for item in &page.items {
            let record = Record::deserialize(item)?;
            chain.follow(&record)?;
            if let Some(seal) = sealed.as_ref().filter(|seal| seal.records == chain.records) {
                let records = seal.records;
                ensure!(seal.link == chain.link(), "record {records} is not the one that was sealed: the trail was changed");
            }
            if !options.quiet {
                say(&if context.json { format!("{item}\n") } else { record.text() })?;
            }
        }
        let Some(next) = page.next_cursor else {
            // The trail may have grown while it was read. The page's link counts if the page has as many records.
            ensure!(
                page.count != chain.records || page.link == chain.link(),
                "the trail's newest link does not follow from its records"
            );
            break;
        };
        cursor = next;
    }
    if let Some(Seal { records, .. }) = &sealed {
        ensure!(chain.records >= *records, "{records} records were sealed, and there are {} only", chain.records);
    }
    let fits = if sealed.is_some() { ", and fit the seal" } else { "" };
    eprintln!(
        "shard {}: {} records, each linked to the one before{fits}; newest link {}",
        options.shard,
        chain.records,
        chain.link()
    );
    Ok(())
}
