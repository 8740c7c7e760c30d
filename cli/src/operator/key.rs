//! `keyrack key`: the API keys of principals.

use clap::Subcommand;
use keyrack_client::operators::{Empty, KeyWish};

use super::api;
use super::text;
use crate::context::Context;

/// What `keyrack key` does.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// Give a principal another key. It is shown this once.
    #[command(
        after_help = "Examples:\n  keyrack ... key create booking-com --label production\n  keyrack ... key create booking-com --replaces \
                      a98n6yc0hhnq --overlap-seconds 3600"
    )]
    Create {
        /// Whose.
        principal: String,
        /// For people.
        #[arg(long, default_value = "")]
        label: String,
        /// How long it is good; for ever when absent.
        #[arg(long)]
        expires_in_seconds: Option<u64>,
        /// The prefix of a key that it takes the place of
        #[arg(long)]
        replaces: Option<String>,
        /// and how long that one goes on beside it; a day when absent.
        #[arg(long, requires = "replaces")]
        overlap_seconds: Option<u64>,
    },
    /// Withdraw one key: at once, on all nodes.
    Revoke {
        /// Whose.
        principal: String,
        /// Its prefix: what stands between `kr_` and the next `_`.
        prefix: String,
    },
}

/// Runs `keyrack key`.
pub async fn key(context: &Context, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { principal, label, expires_in_seconds, replaces, overlap_seconds } => {
            let wish = KeyWish { label, expires_in_seconds, replaces, overlap_seconds };
            let path = format!("/v1/principals/{}/keys", api::segment(&principal)?);
            let answer = api::send(context, "POST", &path, &wish).await?;
            // The key exists now and is shown this once: an answer that this version cannot read is printed as it is.
            api::show(context, &answer, text::new_key).or_else(|_| context.show(&answer, |answer| format!("{answer}\n")))
        }
        KeyCommand::Revoke { principal, prefix } => {
            let path = format!("/v1/principals/{}/keys/{}/revoke", api::segment(&principal)?, api::segment(&prefix)?);
            let answer = api::send(context, "POST", &path, &Empty {}).await?;
            api::show(context, &answer, text::principal_with_keys)
        }
    }
}
