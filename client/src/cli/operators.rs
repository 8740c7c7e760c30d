//! `keyrack principal|key|node`: the operators' API, at the operators' listener and with an operator's certificate.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;

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

/// What `keyrack node` does.
#[derive(Subcommand)]
pub enum NodeCommand {
    /// List the nodes.
    List,
    /// Fence a node: no other node talks to it any more, whatever certificate it has.
    Fence {
        /// Its id.
        node: u64,
    },
    /// Hand the leadership of a shard over to a node.
    #[command(after_help = "Example:\n  keyrack ... node lead 2 --shard 1")]
    Lead {
        /// Its id.
        node: u64,
        /// The shard; 0 is the directory.
        #[arg(long)]
        shard: u32,
    },
    /// Admit a fenced node again.
    Admit {
        /// Its id.
        node: u64,
    },
}

/// Does it.
pub async fn principal(context: &Context, command: PrincipalCommand) -> anyhow::Result<()> {
    match command {
        PrincipalCommand::List => {
            let mut items = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = get(context, &format!("/v1/principals?limit=500&cursor={cursor}")).await?;
                items.extend(page["items"].as_array().into_iter().flatten().cloned());
                match page["nextCursor"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            context.show(&json!({ "items": items }), |_| items.iter().map(line).collect())
        }
        PrincipalCommand::Show { id } => {
            let principal = get(context, &format!("/v1/principals/{}", segment(&id)?)).await?;
            context.show(&principal, whole)
        }
        PrincipalCommand::Put(put) => {
            let subjects: Vec<Value> = put.subjects.iter().map(|text| subject(text)).collect::<anyhow::Result<_>>()?;
            let mut wish = json!({
                "name": put.name, "role": put.role, "properties": put.properties, "regions": put.regions,
                "holdRoomMinutes": put.hold_room_minutes, "requestsPerSecond": put.requests_per_second,
                "subjects": subjects, "certificate": put.certificate,
            });
            if put.sees_all {
                wish["ownOnly"] = Value::Bool(false);
            }
            let principal = send(context, "PUT", &format!("/v1/principals/{}", segment(&put.id)?), &wish).await?;
            context.show(&principal, whole)
        }
        PrincipalCommand::Revoke { id } => {
            let principal = send(context, "POST", &format!("/v1/principals/{}/revoke", segment(&id)?), &json!({})).await?;
            context.show(&principal, whole)
        }
    }
}

/// Does it.
pub async fn key(context: &Context, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { principal, label, expires_in_seconds, replaces, overlap_seconds } => {
            let mut wish = json!({ "label": label });
            for (name, value) in [("expiresInSeconds", expires_in_seconds), ("overlapSeconds", overlap_seconds)] {
                if let Some(value) = value {
                    wish[name] = json!(value);
                }
            }
            if let Some(replaces) = replaces {
                wish["replaces"] = json!(replaces);
            }
            let key = send(context, "POST", &format!("/v1/principals/{}/keys", segment(&principal)?), &wish).await?;
            context.show(&key, |key| {
                format!("{}\n\nKeep it: it is shown this once. Its prefix is {}.\n", text(&key["key"]), text(&key["prefix"]))
            })
        }
        KeyCommand::Revoke { principal, prefix } => {
            let path = format!("/v1/principals/{}/keys/{}/revoke", segment(&principal)?, segment(&prefix)?);
            context.show(&send(context, "POST", &path, &json!({})).await?, whole)
        }
    }
}

/// Does it.
pub async fn node(context: &Context, command: NodeCommand) -> anyhow::Result<()> {
    let nodes = match command {
        NodeCommand::List => get(context, "/v1/nodes").await?,
        NodeCommand::Fence { node } => send(context, "POST", &format!("/v1/nodes/{node}/fence"), &json!({})).await?,
        NodeCommand::Lead { node, shard } => {
            send(context, "POST", &format!("/v1/nodes/{node}/lead"), &json!({ "shard": shard })).await?
        }
        NodeCommand::Admit { node } => send(context, "POST", &format!("/v1/nodes/{node}/admit"), &json!({})).await?,
    };
    let line = |node: &Value| {
        let fenced = if node["fenced"] == json!(true) { "fenced" } else { "" };
        format!("{:<4} {:<12} {}  {fenced}\n", node["id"], text(&node["region"]), text(&node["http"]))
    };
    context.show(&nodes, |nodes| nodes["items"].as_array().into_iter().flatten().map(line).collect())
}

async fn get(context: &Context, path: &str) -> anyhow::Result<Value> {
    let page = context.web.ask_any(0, path, "application/json").await?;
    Ok(serde_json::from_slice(&page.found()?)?)
}

async fn send(context: &Context, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
    let page = context.web.send(method, path, body).await?;
    Ok(serde_json::from_slice(&page.found()?)?)
}

/// A part of a path: an id as it may be, and nothing that is more than one part.
fn segment(id: &str) -> anyhow::Result<&str> {
    let good = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    good.then_some(id).with_context(|| format!("{id:?} is no id: it has letters, digits and '-'"))
}

fn subject(text: &str) -> anyhow::Result<Value> {
    // A subject may have '=' in it, an issuer's URL has none.
    let (issuer, subject) = text.split_once('=').with_context(|| format!("{text:?} is not ISSUER=SUBJECT"))?;
    Ok(json!({ "issuer": issuer, "subject": subject }))
}

fn line(principal: &Value) -> String {
    let good = |key: &&Value| key["revokedAt"].is_null();
    let keys = principal["keys"].as_array().into_iter().flatten().filter(good).count();
    let state = if principal["revoked"] == json!(true) { "revoked" } else { "" };
    let (id, role) = (text(&principal["id"]), text(&principal["role"]));
    format!("{id:<24} {role:<9} {:<28} {keys} keys  {state}\n", scope(principal))
}

fn whole(principal: &Value) -> String {
    let mut out = line(principal);
    for subject in principal["subjects"].as_array().into_iter().flatten() {
        out += &format!("  signs in as {} at {}\n", text(&subject["subject"]), text(&subject["issuer"]));
    }
    for key in principal["keys"].as_array().into_iter().flatten() {
        let ends = match (key["revokedAt"].as_str(), key["expiresAt"].as_str()) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("expires {at}"),
            (None, None) => String::new(),
        };
        out += &format!("  kr_{}  made {}  {ends}  {}\n", text(&key["prefix"]), text(&key["createdAt"]), text(&key["label"]));
    }
    out
}

fn scope(principal: &Value) -> String {
    let list = |name: &str| principal[name].as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let places = [list("properties"), list("regions")].concat();
    let places = if places.is_empty() { "all properties".to_owned() } else { places.join(",") };
    if principal["ownOnly"] == json!(true) { format!("{places}, own bookings") } else { places }
}

fn text(value: &Value) -> String {
    crate::terminal::plain(value.as_str().unwrap_or_default())
}
