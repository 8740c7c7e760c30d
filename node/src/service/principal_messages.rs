//! Principals and keys as operators write and read them.

use keyrack_cluster::{ApiKey, Principal};
use keyrack_inventory::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::convert::Problem;
use crate::convert::answers::time;

/// The longest lists and texts of a principal.
const MAX_ENTRIES: usize = 1_000;
const MAX_TEXT: usize = 255;

/// What a principal is to be.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = PrincipalWish)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrincipalSettings {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// operator, manager, channel, desk or auditor.
    pub role: String,
    /// These properties; with no property and no region: all there are.
    #[serde(default)]
    pub properties: Vec<String>,
    /// Properties whose home is one of these regions.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Only the bookings and holds it makes itself; true for a channel if absent.
    #[serde(default)]
    pub own_only: Option<bool>,
    /// Room-minutes of one property that its open holds may take at a time; 0 sets no limit.
    #[serde(default)]
    pub hold_room_minutes: u32,
    /// Requests per second, all nodes together; 0: as the nodes are configured.
    #[serde(default)]
    pub requests_per_second: u32,
    /// Staff of an OpenID Connect issuer that sign in as it.
    #[serde(default)]
    pub subjects: Vec<StaffSubject>,
    /// Whether a desk's certificate with its id signs in as it.
    #[serde(default)]
    pub certificate: bool,
}

/// Somebody an OpenID Connect issuer vouches for.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaffSubject {
    /// The issuer's URL, as it is configured.
    pub issuer: String,
    /// The `sub` of its tokens.
    pub subject: String,
}

/// A principal as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalAnswer {
    /// Its id.
    pub id: String,
    /// The audit trail calls it `principal/<number>`.
    pub number: u32,
    /// Counts its changes.
    pub revision: u64,
    /// Withdrawn for good.
    pub revoked: bool,
    /// When it was made.
    pub created_at: String,
    /// What it may do.
    #[serde(flatten)]
    pub settings: PrincipalSettings,
    /// Its keys, those that are of no use any more too.
    pub keys: Vec<KeyAnswer>,
}

/// What is known of a key.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyAnswer {
    /// The part of it that is no secret.
    pub prefix: String,
    /// For people.
    pub label: String,
    /// When it was made.
    pub created_at: String,
    /// From when on it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// Another key for a principal.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = KeyWish)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeyRequest {
    /// For people.
    pub label: String,
    /// How long it is good; for ever when absent.
    pub expires_in_seconds: Option<u64>,
    /// The prefix of a key that it takes the place of.
    pub replaces: Option<String>,
    /// How long that key goes on beside it; a day when absent.
    pub overlap_seconds: Option<u64>,
}

/// A key that was made: it is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewKeyAnswer {
    /// The key.
    #[schema(value_type = String)]
    #[serde(serialize_with = "serialize_secret")]
    pub key: Zeroizing<String>,
    /// What is known of it from here on.
    #[serde(flatten)]
    pub known: KeyAnswer,
}

/// A page of principals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalList {
    /// By id.
    pub items: Vec<PrincipalAnswer>,
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Reads the settings of a principal; numbers, keys and times are the directory's.
pub fn principal_of(id: &str, settings: PrincipalSettings) -> Result<Principal, Problem> {
    let good_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !good_id {
        return Err(Problem::field("principal", "an id of 1 to 64 lower-case letters, digits and '-'"));
    }
    let role = Role::parse(&settings.role).filter(|role| *role != Role::Guest);
    let role = role.ok_or_else(|| Problem::field("role", "operator, manager, channel, desk or auditor"))?;
    check_text("name", &settings.name)?;
    for (name, list) in [("properties", &settings.properties), ("regions", &settings.regions)] {
        if list.len() > MAX_ENTRIES || list.iter().any(|entry| entry.is_empty() || entry.len() > MAX_TEXT) {
            return Err(Problem::field(name, "at most 1000 entries of 1 to 255 bytes"));
        }
    }
    let good =
        |known: &StaffSubject| (1..=MAX_TEXT).contains(&known.issuer.len()) && (1..=MAX_TEXT).contains(&known.subject.len());
    if settings.subjects.len() > MAX_ENTRIES || !settings.subjects.iter().all(good) {
        return Err(Problem::field("subjects", "at most 1000, issuer and subject of 1 to 255 bytes each"));
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
    if text.len() > MAX_TEXT { Err(Problem::field(name, "at most 255 bytes")) } else { Ok(()) }
}

/// A principal as operators see it.
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
            own_only: Some(principal.own_only),
            hold_room_minutes: principal.hold_room_minutes,
            requests_per_second: principal.requests_per_second,
            subjects: principal.subjects.iter().map(subject).collect(),
            certificate: principal.certificate,
        },
        keys: principal.keys.iter().map(key_answer).collect(),
    }
}

/// A key as operators see it.
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
