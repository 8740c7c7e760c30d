//! `keyrack key`: the API keys of principals.

use std::convert::Infallible;

use clap::Subcommand;
use keyrack_client::operators::{Empty, KeySpec, NewKey};

use super::api;
use super::text;
use crate::context::Context;
use crate::messages::operator::{KEY_ANSWER_UNREAD, replaced};
use crate::number::whole;
use crate::output::note;
use crate::terminal::plain_json;

/// How long a node keeps a replaced key valid if the request does not say it.
const OVERLAP_SECONDS: u64 = 86_400;

/// The subcommands of `keyrack key`.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// Create another key for a principal. The key is shown only once.
    #[command(after_help = "Examples:\n  keyrack ... key create booking-com --label production\n  keyrack ... key create \
                      booking-com --replaces \
                      a98n6yc0hhnq --overlap-seconds 3600")]
    Create {
        /// The id of the principal.
        principal: String,
        /// A label for people, such as production.
        #[arg(long, default_value = "", hide_default_value = true)]
        label: String,
        /// The lifetime of the key in seconds. Without it the key never expires.
        #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>)]
        expires_in_seconds: Option<u64>,
        /// The prefix of an older key that the new key replaces.
        #[arg(long, value_name = "PREFIX", value_parser = prefix)]
        replaces: Option<String>,
        /// How many seconds the replaced key stays valid. Without it one day.
        #[arg(long, value_name = "SECONDS", requires = "replaces", value_parser = whole::<u64>)]
        overlap_seconds: Option<u64>,
    },
    /// Revoke one key. All nodes refuse it at once.
    #[command(after_help = "Example:\n  keyrack ... key revoke booking-com a98n6yc0hhnq")]
    Revoke {
        /// The id of the principal.
        principal: String,
        /// The prefix of the key, such as a98n6yc0hhnq or kr_a98n6yc0hhnq.
        #[arg(value_parser = prefix)]
        prefix: String,
    },
}

/// A key's prefix. It is the part of the key between `kr_` and the next `_`: the secret part of a whole key is not sent.
fn prefix(text: &str) -> Result<String, Infallible> {
    let text = text.strip_prefix("kr_").unwrap_or(text);
    Ok(text.split('_').next().unwrap_or(text).to_owned())
}

/// Runs `keyrack key`.
pub async fn key(context: &Context, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { principal, label, expires_in_seconds, replaces, overlap_seconds } => {
            let wish = KeySpec { label, expires_in_seconds, replaces, overlap_seconds };
            let path = format!("/v1/principals/{}/keys", api::segment(&principal)?);
            let answer = api::send(context, "POST", &path, &wish, &api::look(&principal)).await?;
            // The key exists now and is shown only once, so an answer that this version cannot read is printed unchanged.
            if !context.json && api::parse::<NewKey>(&answer).is_err() {
                note(KEY_ANSWER_UNREAD);
                return context.show(&answer, |answer| plain_json(&answer.to_string()));
            }
            api::show(context, &answer, text::new_key)?;
            if let Some(prefix) = &wish.replaces {
                note(replaced(prefix, wish.overlap_seconds.unwrap_or(OVERLAP_SECONDS)));
            }
            Ok(())
        }
        KeyCommand::Revoke { principal, prefix } => {
            let path = format!("/v1/principals/{}/keys/{}/revoke", api::segment(&principal)?, api::segment(&prefix)?);
            let answer = api::send(context, "POST", &path, &Empty {}, &api::look(&principal)).await?;
            api::show(context, &answer, text::principal_with_keys)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_given_alone_or_as_listed_or_in_a_whole_key() {
        for text in ["a98n6yc0hhnq", "kr_a98n6yc0hhnq", "kr_a98n6yc0hhnq_secret"] {
            assert_eq!(prefix(text).as_deref(), Ok("a98n6yc0hhnq"), "{text}");
        }
    }
}
