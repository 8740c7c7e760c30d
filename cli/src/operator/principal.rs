//! `keyrack principal`: the callers of the API.

use clap::{Args, Subcommand};
use keyrack_client::operators::{Empty, List, Principal, PrincipalSpec, StaffSubject};
use serde_json::Value;

use super::api;
use super::text;
use crate::context::Context;
use crate::messages::usage::Usage;
use crate::number::whole;

/// The subcommands of `keyrack principal`.
#[derive(Subcommand)]
pub enum PrincipalCommand {
    /// List all principals.
    #[command(after_help = "Example:\n  keyrack ... principal list")]
    List,
    /// Show a principal and its keys.
    #[command(after_help = "Example:\n  keyrack ... principal show booking-com")]
    Show {
        /// The id of the principal.
        id: String,
    },
    /// Create a principal, or replace it: an option that is not given gets the value of a new principal.
    #[command(after_help = concat!(
        "Examples:\n",
        "  keyrack --endpoint https://node-1.example:7113 --ca ca.pem \\\n",
        "      --cert operator-anna.pem --cert-key operator-anna.key \\\n",
        "      principal put booking-com --role channel --property lisbon-alfama --hold-room-minutes 600\n",
        "  keyrack ... principal put front-lisbon --role desk --property lisbon-alfama --certificate\n",
        "  keyrack ... principal put anna --role manager --region eu-west \\\n",
        "      --subject https://id.example=00u1abc",
    ))]
    Put(Box<Put>),
    /// Revoke a principal and all its credentials, permanently. All nodes refuse it at once.
    #[command(after_help = "Example:\n  keyrack ... principal revoke booking-com")]
    Revoke {
        /// The id of the principal.
        id: String,
    },
}

/// `keyrack principal put`.
#[derive(Args)]
pub struct Put {
    /// The id of the principal: lower-case letters, digits and '-'.
    id: String,
    /// The role: operator, manager, channel, desk or auditor.
    #[arg(long)]
    role: String,
    /// A name for people.
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Limits the scope to this property. Repeat the option for several properties.
    #[arg(long = "property", value_name = "ID")]
    properties: Vec<String>,
    /// Limits the scope to the properties of this home region. Repeat the option for several regions.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// Show a channel all bookings of its properties. Without it a channel sees its own bookings only.
    #[arg(long)]
    sees_all: bool,
    /// The maximum of room-minutes that its open holds may take at one property; 0 sets no limit.
    #[arg(long, value_name = "ROOM_MINUTES", default_value_t = 0, value_parser = whole::<u32>)]
    hold_room_minutes: u32,
    /// The maximum of requests per second, all nodes together; 0 uses the configured limit of the nodes.
    #[arg(long, value_name = "REQUESTS", default_value_t = 0, value_parser = whole::<u32>)]
    requests_per_second: u32,
    /// A member of staff who signs in as this principal: the URL of the issuer, =, and the subject of the tokens. Repeat
    /// the option for several.
    #[arg(long = "subject", value_name = "ISSUER=SUBJECT")]
    subjects: Vec<String>,
    /// Lets a desk's certificate with this id sign in as this principal.
    #[arg(long)]
    certificate: bool,
}

/// Runs `keyrack principal`.
pub async fn principal(context: &Context, command: PrincipalCommand) -> anyhow::Result<()> {
    let answer = match command {
        PrincipalCommand::List => return list(context).await,
        PrincipalCommand::Show { id } => api::get(context, &path(&id)?).await?,
        PrincipalCommand::Put(put) => {
            let wish = put.wish()?;
            api::send(context, "PUT", &path(&put.id)?, &wish, &api::look(&put.id)).await?
        }
        PrincipalCommand::Revoke { id } => {
            api::send(context, "POST", &format!("{}/revoke", path(&id)?), &Empty {}, &api::look(&id)).await?
        }
    };
    api::show(context, &answer, text::principal_with_keys)
}

/// Prints all pages as one list.
async fn list(context: &Context) -> anyhow::Result<()> {
    let mut all = List { items: Vec::new(), next_cursor: None };
    let mut cursor = String::new();
    loop {
        let page = api::get(context, &format!("/v1/principals?limit=500&cursor={cursor}")).await?;
        let page: List<Value> = api::parse(&page)?;
        all.items.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = next,
            None => break,
        }
    }
    let all = serde_json::to_value(all)?;
    api::show(context, &all, |all: &List<Principal>| all.items.iter().map(text::principal).collect())
}

fn path(id: &str) -> anyhow::Result<String> {
    Ok(format!("/v1/principals/{}", api::segment(id)?))
}

impl Put {
    fn wish(&self) -> anyhow::Result<PrincipalSpec> {
        Ok(PrincipalSpec {
            name: self.name.clone(),
            role: self.role.clone(),
            properties: self.properties.clone(),
            regions: self.regions.clone(),
            // The role decides unless the option was given.
            own_only: self.sees_all.then_some(false),
            hold_room_minutes: self.hold_room_minutes,
            requests_per_second: self.requests_per_second,
            subjects: self.subjects.iter().map(|text| subject(text)).collect::<anyhow::Result<_>>()?,
            certificate: self.certificate,
        })
    }
}

fn subject(text: &str) -> anyhow::Result<StaffSubject> {
    // A subject may contain '=', the URL of an issuer does not.
    let (issuer, subject) = text.split_once('=').ok_or_else(|| Usage::Subject(text.to_owned()))?;
    Ok(StaffSubject { issuer: issuer.to_owned(), subject: subject.to_owned() })
}
