//! Reads the trail of a shard from its beginning and checks every link.

use clap::Args;
use serde::Deserialize;

use super::chain::{Chain, Seal};
use super::page::{Page, Record};
use crate::context::Context;
use crate::messages::connection::AnswerError;
use crate::messages::files::json_in_words;
use crate::messages::trail::{TrailError, verdict};
use crate::number::whole;
use crate::output::{note, say};
use crate::terminal::plain_json;

/// The options of `keyrack trail`.
#[derive(Args)]
#[command(
    after_help = concat!(
        "Examples:\n",
        "  keyrack --key kr_... trail --shard 1\n",
        "  keyrack --key kr_... trail --shard 1 --quiet \\\n",
        "      --sealed 1520:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
        "\n",
        "`keyrack audit` prints the newest seal of each shard.",
    )
)]
pub struct TrailOptions {
    /// The number of the shard.
    #[arg(long, default_value_t = 1, value_parser = whole::<u32>)]
    shard: u32,
    /// Do not print the records, only the result of the check.
    #[arg(long)]
    quiet: bool,
    /// A seal that the trail must match: the number of records, a colon, and the link.
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
        let body = context.web.ask_any(0, &path, "application/json").await?.found()?;
        let page: Page = serde_json::from_slice(&body).map_err(unreadable)?;
        if !page.complete {
            return Err(TrailError::Incomplete.into());
        }
        for item in &page.items {
            let record = Record::deserialize(item).map_err(unreadable)?;
            chain.follow(&record)?;
            if let Some(seal) = sealed.as_ref().filter(|seal| seal.records == chain.records && seal.link != chain.link()) {
                return Err(TrailError::OtherThanSealed(seal.records).into());
            }
            if !options.quiet {
                say(&if context.json { plain_json(&item.to_string()) + "\n" } else { record.text() })?;
            }
        }
        let Some(next) = page.next_cursor else {
            // The trail may have grown during the run. The link of the page counts only for the same number of records.
            if page.count == chain.records && page.link != chain.link() {
                return Err(TrailError::OtherNewest.into());
            }
            break;
        };
        cursor = next;
    }
    match &sealed {
        Some(seal) if chain.records < seal.records => {
            return Err(TrailError::TooShort { sealed: seal.records, found: chain.records }.into());
        }
        _ => note(verdict(options.shard, chain.records, &chain.link(), sealed.is_some())),
    }
    Ok(())
}

fn unreadable(cause: serde_json::Error) -> AnswerError {
    AnswerError::Shape(json_in_words(&cause))
}
