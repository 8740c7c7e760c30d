//! `keyrack principal`: the callers of the API.

use clap::{Args, Subcommand};
use keyrack_client::operators::{Empty, List, Principal, PrincipalSpec, StaffSubject};
use keyrack_client::{ClientError, Code};
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
    /// Create a principal, or change it. An option that is not given changes nothing.
    #[command(after_help = concat!(
        "Examples:\n",
        "  keyrack --endpoint https://node-1.example:7113 --ca ca.pem \\\n",
        "      --cert operator-anna.pem --cert-key operator-anna.key \\\n",
        "      principal put booking-com --role channel --property lisbon-alfama --hold-room-minutes 600\n",
        "  keyrack ... principal put front-lisbon --role desk --property lisbon-alfama --certificate\n",
        "  keyrack ... principal put anna --role manager --region eu-west \\\n",
        "      --subject https://id.example=00u1abc\n",
        "  keyrack ... principal put booking-com --hold-room-minutes 1200",
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
    /// The role: operator, manager, channel, desk or auditor. A new principal needs one.
    #[arg(long)]
    role: Option<String>,
    /// A name for people.
    #[arg(long)]
    name: Option<String>,
    /// A property of its scope. Repeat the option for several: together they replace the previous ones. '' removes them, if its
    /// scope has regions.
    #[arg(long = "property", value_name = "ID")]
    properties: Vec<String>,
    /// A home region whose properties are in its scope. Repeat the option for several: together they replace the
    /// previous ones. '' removes them, if its scope has properties.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// Sets the scope to all properties. A new principal without --property and --region has this scope.
    #[arg(long, conflicts_with_all = ["properties", "regions"])]
    all_properties: bool,
    /// Whether a channel sees all bookings of its properties, or its own only. A new channel sees its own only.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    sees_all: Option<bool>,
    /// The maximum of room-minutes that its open holds may take at one property; 0 sets no limit.
    #[arg(long, value_name = "ROOM_MINUTES", value_parser = whole::<u32>)]
    hold_room_minutes: Option<u32>,
    /// The maximum of requests per second, all nodes together; 0 uses the configured limit of the nodes.
    #[arg(long, value_name = "REQUESTS", value_parser = whole::<u32>)]
    requests_per_second: Option<u32>,
    /// A member of staff who signs in as this principal: the URL of the issuer, =, and the subject of the tokens. Repeat
    /// the option for several: together they replace the previous ones. '' removes them.
    #[arg(long = "subject", value_name = "ISSUER=SUBJECT")]
    subjects: Vec<String>,
    /// Whether a desk's certificate with this id signs in as this principal.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    certificate: Option<bool>,
}

/// Runs `keyrack principal`.
pub async fn principal(context: &Context, command: PrincipalCommand) -> anyhow::Result<()> {
    let answer = match command {
        PrincipalCommand::List => return list(context).await,
        PrincipalCommand::Show { id } => api::get(context, &path(&id)?).await?,
        PrincipalCommand::Put(put) => {
            put.given_subjects()?; // wrong usage needs no node
            let wish = put.applied_to(known(context, &put.id).await?)?;
            api::send(context, "PUT", &path(&put.id)?, &wish, &api::look(&put.id)).await?
        }
        PrincipalCommand::Revoke { id } => {
            api::send(context, "POST", &format!("{}/revoke", path(&id)?), &Empty {}, &api::look(&id)).await?
        }
    };
    api::show(context, &answer, text::principal_with_keys)
}

/// The principal as it is now; `None` if it does not exist.
async fn known(context: &Context, id: &str) -> anyhow::Result<Option<PrincipalSpec>> {
    match api::get(context, &path(id)?).await {
        Ok(found) => Ok(Some(api::parse::<Principal>(&found)?.wish)),
        Err(cause) => match cause.downcast_ref::<ClientError>() {
            Some(refused) if refused.code == Code::NotFound.into() => Ok(None),
            _ => Err(cause),
        },
    }
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
    fn given_subjects(&self) -> anyhow::Result<Vec<StaffSubject>> {
        self.subjects.iter().filter(|one| !one.is_empty()).map(|text| subject(text)).collect()
    }

    /// The principal with the given options changed. `known` is the principal as it is.
    fn applied_to(&self, known: Option<PrincipalSpec>) -> anyhow::Result<PrincipalSpec> {
        let role = self.role.clone().or(known.as_ref().map(|known| known.role.clone()));
        let role = role.ok_or_else(|| Usage::RoleMissing(self.id.clone()))?;
        let known = known.unwrap_or_default();
        let list = |given: &[String], known: Vec<String>| match given {
            _ if self.all_properties => Vec::new(),
            [] => known,
            given => given.iter().filter(|one| !one.is_empty()).cloned().collect(),
        };
        let (properties, regions) = (list(&self.properties, known.properties), list(&self.regions, known.regions));
        let removes = !self.properties.is_empty() || !self.regions.is_empty();
        // Without properties and regions, the scope would be all properties: more rights, not fewer.
        if removes && properties.is_empty() && regions.is_empty() {
            return Err(Usage::ScopeEmpty(self.id.clone()).into());
        }
        // Another role decides itself which bookings the principal sees.
        let own_only = if role == known.role { known.own_only } else { None };
        let subjects = match self.subjects.as_slice() {
            [] => known.subjects,
            _ => self.given_subjects()?,
        };
        Ok(PrincipalSpec {
            name: self.name.clone().unwrap_or(known.name),
            role,
            all_properties: self.all_properties,
            properties,
            regions,
            own_only: self.sees_all.map(|sees_all| !sees_all).or(own_only),
            hold_room_minutes: self.hold_room_minutes.unwrap_or(known.hold_room_minutes),
            requests_per_second: self.requests_per_second.unwrap_or(known.requests_per_second),
            subjects,
            certificate: self.certificate.unwrap_or(known.certificate),
        })
    }
}

fn subject(text: &str) -> anyhow::Result<StaffSubject> {
    // A subject may contain '=', the URL of an issuer does not.
    let (issuer, subject) = text.split_once('=').ok_or_else(|| Usage::Subject(text.to_owned()))?;
    Ok(StaffSubject { issuer: issuer.to_owned(), subject: subject.to_owned() })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        put: Put,
    }

    fn put(options: &str) -> Put {
        Line::try_parse_from(["put", "ota"].into_iter().chain(options.split_whitespace())).expect("options").put
    }

    fn known() -> PrincipalSpec {
        PrincipalSpec {
            name: "OTA".into(),
            role: "channel".into(),
            all_properties: false,
            properties: vec!["lisbon".into()],
            regions: vec!["eu".into()],
            own_only: Some(false),
            hold_room_minutes: 600,
            requests_per_second: 50,
            subjects: vec![StaffSubject { issuer: "https://id".into(), subject: "ada".into() }],
            certificate: true,
        }
    }

    #[test]
    fn an_option_changes_only_its_own_setting() {
        let changed = |options: &str| put(options).applied_to(Some(known())).expect("a principal");
        assert_eq!(changed(""), known());
        assert_eq!(changed("--role channel"), known());
        assert_eq!(changed("--name Other"), PrincipalSpec { name: "Other".into(), ..known() });
        assert_eq!(changed("--role desk"), PrincipalSpec { role: "desk".into(), own_only: None, ..known() });
        assert_eq!(changed("--property a --property b"), PrincipalSpec { properties: vec!["a".into(), "b".into()], ..known() });
        assert_eq!(changed("--region us"), PrincipalSpec { regions: vec!["us".into()], ..known() });
        let everywhere = PrincipalSpec { properties: Vec::new(), regions: Vec::new(), all_properties: true, ..known() };
        assert_eq!(changed("--all-properties"), everywhere);
        assert_eq!(changed("--sees-all false"), PrincipalSpec { own_only: Some(true), ..known() });
        assert_eq!(changed("--hold-room-minutes 0"), PrincipalSpec { hold_room_minutes: 0, ..known() });
        assert_eq!(changed("--requests-per-second 9"), PrincipalSpec { requests_per_second: 9, ..known() });
        assert_eq!(changed("--certificate false"), PrincipalSpec { certificate: false, ..known() });
        let other =
            PrincipalSpec { subjects: vec![StaffSubject { issuer: "https://id".into(), subject: "b=c".into() }], ..known() };
        assert_eq!(changed("--subject https://id=b=c"), other);
    }

    #[test]
    fn an_empty_value_removes_a_list() {
        let line = ["put", "ota", "--property", "", "--subject", ""];
        let put = Line::try_parse_from(line).expect("options").put;
        let changed = put.applied_to(Some(known())).expect("a principal");
        assert_eq!(changed, PrincipalSpec { properties: Vec::new(), subjects: Vec::new(), ..known() });
        // Without both, the scope would be all properties.
        for (line, regions) in
            [(&["put", "ota", "--property", "", "--region", ""][..], known().regions), (&line[..4], Vec::new())]
        {
            let put = Line::try_parse_from(line).expect("options").put;
            let refused = put.applied_to(Some(PrincipalSpec { regions, ..known() })).expect_err("no scope is left").to_string();
            assert!(refused.contains("--all-properties"), "{refused}");
        }
    }

    #[test]
    fn a_new_principal_needs_a_role_and_its_other_settings_are_empty() {
        let new = put("--role desk --certificate").applied_to(None).expect("a principal");
        assert_eq!(new, PrincipalSpec { role: "desk".into(), certificate: true, ..PrincipalSpec::default() });
        assert!(put("--name OTA").applied_to(None).is_err_and(|cause| cause.is::<Usage>()));
    }
}
