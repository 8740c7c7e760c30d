//! The messages about principals and API keys, for operators.

use keyrack_cluster::{ApiKey, Principal};
use keyrack_inventory::Role;
use keyrack_texts::Detail;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::convert::Problem;
use crate::convert::answers::time;
use crate::convert::fields::check_characters;

/// The most entries of a principal's lists, and the most bytes of its texts.
const MAX_ENTRIES: usize = 1_000;
const MAX_TEXT: usize = 255;

/// The settings of a principal.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrincipalSettings {
    /// A name for people, at most 255 bytes.
    #[serde(default)]
    pub name: String,
    /// The role: operator, manager, channel, desk or auditor.
    pub role: String,
    /// Ids of properties in its scope, at most 1000. A new principal without properties and regions has all properties.
    #[serde(default)]
    pub properties: Vec<String>,
    /// Regions in its scope, at most 1000: all properties whose home region is one of them.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Whether its scope is all properties. A principal with some of them gets all of them only with this: an empty list alone
    /// could be a mistake.
    #[serde(default)]
    pub all_properties: bool,
    /// Whether its scope is only the bookings and holds that it made itself. If absent: true for a channel, else false.
    #[serde(default)]
    pub own_only: Option<bool>,
    /// The most room-minutes that its open holds may take of one property at a time; 0 for no limit.
    #[serde(default)]
    pub hold_room_minutes: u32,
    /// The most requests per second, over all nodes; 0 for the limit in the nodes' configuration.
    #[serde(default)]
    pub requests_per_second: u32,
    /// Staff of an OpenID Connect issuer who sign in as this principal, at most 1000.
    #[serde(default)]
    pub subjects: Vec<StaffSubject>,
    /// Whether a desk's certificate with this principal's id signs in as this principal.
    #[serde(default)]
    pub certificate: bool,
}

/// A person whom an OpenID Connect issuer identifies.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaffSubject {
    /// The issuer's URL, as in the nodes' configuration.
    pub issuer: String,
    /// The `sub` of the person's tokens.
    pub subject: String,
}

/// A principal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalAnswer {
    /// The id.
    pub id: String,
    /// The number. The audit trail calls the principal `principal/<number>`.
    pub number: u32,
    /// The number of the principal's current version, from 1.
    pub revision: u64,
    /// Whether the principal was revoked. A revocation is permanent.
    pub revoked: bool,
    /// When the principal was created, RFC 3339 in UTC.
    pub created_at: String,
    /// The settings.
    #[serde(flatten)]
    pub settings: PrincipalSettings,
    /// The API keys, including expired and revoked ones.
    pub keys: Vec<KeyAnswer>,
}

/// An API key without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyAnswer {
    /// The public part of the key. It identifies the key.
    pub prefix: String,
    /// A label for people.
    pub label: String,
    /// When the key was created, RFC 3339 in UTC.
    pub created_at: String,
    /// When the key expires, RFC 3339 in UTC; absent if it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When the key was revoked, RFC 3339 in UTC; absent if it was not revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// The settings of a new API key.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeyRequest {
    /// A label for people, at most 255 bytes.
    pub label: String,
    /// How long the key is valid, in seconds: 1 to 3162240000. If absent, it never expires.
    pub expires_in_seconds: Option<u64>,
    /// The prefix of the key that the new key replaces.
    pub replaces: Option<String>,
    /// How long the replaced key stays valid, in seconds: at most 604800 (a week); 86400 (a day) when absent.
    pub overlap_seconds: Option<u64>,
}

/// A new API key. Only this answer has its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewKeyAnswer {
    /// The secret key: `kr_<prefix>_...`. It cannot be shown again.
    #[schema(value_type = String)]
    #[serde(serialize_with = "serialize_secret")]
    pub key: Zeroizing<String>,
    /// The key without its secret.
    #[serde(flatten)]
    pub known: KeyAnswer,
}

/// A page of principals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalList {
    /// The principals, in order of id.
    pub items: Vec<PrincipalAnswer>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Checks the settings and returns the principal. The directory sets its numbers, keys and times.
pub fn principal_of(id: &str, settings: PrincipalSettings) -> Result<Principal, Problem> {
    let good_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !good_id {
        return Err(Problem::new(Detail::PrincipalId));
    }
    let role = Role::parse(&settings.role).filter(|role| *role != Role::Guest);
    let role = role.ok_or_else(|| Problem::new(Detail::Role))?;
    check_text("name", &settings.name)?;
    for (name, list) in [("properties", &settings.properties), ("regions", &settings.regions)] {
        if list.len() > MAX_ENTRIES || list.iter().any(|entry| entry.is_empty() || entry.len() > MAX_TEXT) {
            return Err(Problem::new(Detail::ScopeEntries { field: name.to_owned(), limit: MAX_ENTRIES as u64 }));
        }
    }
    if settings.all_properties && !(settings.properties.is_empty() && settings.regions.is_empty()) {
        return Err(Problem::new(Detail::ScopeContradicts));
    }
    let good =
        |known: &StaffSubject| (1..=MAX_TEXT).contains(&known.issuer.len()) && (1..=MAX_TEXT).contains(&known.subject.len());
    if settings.subjects.len() > MAX_ENTRIES || !settings.subjects.iter().all(good) {
        return Err(Problem::new(Detail::Subjects { limit: MAX_ENTRIES as u64 }));
    }
    Ok(Principal {
        id: id.to_owned(),
        number: 0,
        revision: 0,
        name: settings.name,
        role,
        revoked: false,
        properties: settings.properties,
        regions: settings.regions,
        own_only: settings.own_only.unwrap_or(role == Role::Channel),
        hold_room_minutes: settings.hold_room_minutes,
        requests_per_second: settings.requests_per_second,
        keys: Vec::new(),
        subjects: settings.subjects.into_iter().map(|known| (known.issuer, known.subject)).collect(),
        certificate: settings.certificate,
        created_at_ms: 0,
    })
}

/// Refuses a text that is too long.
pub fn check_text(name: &str, text: &str) -> Result<(), Problem> {
    if text.len() > MAX_TEXT {
        Err(Problem::new(Detail::TextBytes { field: name.to_owned(), limit: MAX_TEXT as u64 }))
    } else {
        check_characters(name, text)
    }
}

/// The answer about a principal.
pub fn answer(principal: &Principal) -> PrincipalAnswer {
    let subject = |(issuer, subject): &(String, String)| StaffSubject { issuer: issuer.clone(), subject: subject.clone() };
    PrincipalAnswer {
        id: principal.id.clone(),
        number: principal.number,
        revision: principal.revision,
        revoked: principal.revoked,
        created_at: time(principal.created_at_ms),
        settings: PrincipalSettings {
            name: principal.name.clone(),
            role: principal.role.name().into(),
            properties: principal.properties.clone(),
            regions: principal.regions.clone(),
            all_properties: principal.grant().is_everywhere(),
            own_only: Some(principal.own_only),
            hold_room_minutes: principal.hold_room_minutes,
            requests_per_second: principal.requests_per_second,
            subjects: principal.subjects.iter().map(subject).collect(),
            certificate: principal.certificate,
        },
        keys: principal.keys.iter().map(key_answer).collect(),
    }
}

/// The answer about a key.
pub fn key_answer(key: &ApiKey) -> KeyAnswer {
    let unless_zero = |ms: u64| (ms != 0).then(|| time(ms));
    KeyAnswer {
        prefix: key.prefix.clone(),
        label: key.label.clone(),
        created_at: time(key.created_at_ms),
        expires_at: unless_zero(key.expires_at_ms),
        revoked_at: unless_zero(key.revoked_at_ms),
    }
}

fn serialize_secret<S: serde::Serializer>(key: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key)
}
