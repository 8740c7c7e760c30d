//! `keyrack principal`: who may call.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use keyrack_client::operators::{Empty, List, Principal, PrincipalWish, StaffSubject};
use serde_json::Value;

use super::api;
use super::text;
use crate::context::Context;

/// What `keyrack principal` does.
#[derive(Subcommand)]
pub enum PrincipalCommand {
    /// List principals.
    List,
    /// View a principal and its keys.
    Show {
        /// Its id.
        id: String,
    },
    /// Make a principal, or change it: what is not given is as for a new one.
    #[command(
        after_help = "Examples:\n  keyrack --endpoint https://node-1.example:7113 --ca ca.pem --cert operator-anna.pem --cert-key \
                      operator-anna.key \\\n      principal put booking-com --role channel --property lisbon-alfama --hold-room-minutes 600\n  \
                      keyrack ... principal put front-lisbon --role desk --property lisbon-alfama --certificate\n  keyrack ... principal put \
                      anna --role manager --region eu-west --subject https://id.example=00u1abc"
    )]
    Put(Box<Put>),
    /// Withdraw a principal with all its credentials, for good: at once, on all nodes.
    Revoke {
        /// Its id.
        id: String,
    },
}

/// What a principal is to be.
#[derive(Args)]
pub struct Put {
    /// Its id: lower-case letters, digits and '-'.
    id: String,
    /// operator, manager, channel, desk or auditor.
    #[arg(long)]
    role: String,
    /// For people.
    #[arg(long, default_value = "")]
    name: String,
    /// Only this property; several times for several.
    #[arg(long = "property", value_name = "ID")]
    properties: Vec<String>,
    /// Only properties of this region; several times for several.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// All bookings of its properties, not only those it makes itself; a channel sees its own if this is not given.
    #[arg(long)]
    sees_all: bool,
    /// Room-minutes of one property that its open holds may take; 0 sets no limit.
    #[arg(long, default_value_t = 0)]
    hold_room_minutes: u32,
    /// Requests per second, all nodes together; 0 as the nodes are configured.
    #[arg(long, default_value_t = 0)]
    requests_per_second: u32,
    /// Staff that sign in as it: ISSUER=SUBJECT; several times for several.
    #[arg(long = "subject", value_name = "ISSUER=SUBJECT")]
    subjects: Vec<String>,
    /// A desk's certificate with its id signs in as it.
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
            api::send(context, "PUT", &path(&put.id)?, &wish).await?
        }
        PrincipalCommand::Revoke { id } => api::send(context, "POST", &format!("{}/revoke", path(&id)?), &Empty {}).await?,
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
    fn wish(&self) -> anyhow::Result<PrincipalWish> {
        Ok(PrincipalWish {
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
    let (issuer, subject) = text.split_once('=').with_context(|| format!("{text:?} is not ISSUER=SUBJECT"))?;
    Ok(StaffSubject { issuer: issuer.to_owned(), subject: subject.to_owned() })
}
