//! Who may call: for the operators of the cluster.

use std::sync::Arc;

use keyrack_cluster::{ApiKey, Change, ChangeRefused, Principal};
use keyrack_inventory::{PropertyNumber, Right, Role};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{Edge, Mutation, now_ms};
use crate::access::{Caller, NewKey};
use crate::answers;
use crate::problem::{Code, Problem};

/// The longest lists and texts of a principal.
const MAX_ENTRIES: usize = 1_000;
const MAX_TEXT: usize = 255;
/// The longest that an old key goes on beside its successor: a week.
const MAX_OVERLAP_SECONDS: u64 = 7 * 86_400;

/// What a principal is to be.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrincipalWish {
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
    pub wish: PrincipalWish,
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
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeyWish {
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
    #[serde(serialize_with = "shown")]
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

impl Edge {
    /// A page of principals, by id.
    pub fn principals(&self, caller: &Caller, after: &str, limit: usize) -> Result<PrincipalList, Problem> {
        caller.check(Right::ManageCluster, None)?;
        let limit = limit.clamp(1, 500);
        let found = self.cluster().principals().list(after, limit + 1);
        let next_cursor = found.get(limit).and_then(|_| found.get(limit - 1)).map(|last| last.id.clone());
        Ok(PrincipalList { items: found.iter().take(limit).map(|one| answer(one)).collect(), next_cursor })
    }

    /// One principal.
    pub fn principal(&self, caller: &Caller, id: &str) -> Result<PrincipalAnswer, Problem> {
        caller.check(Right::ManageCluster, None)?;
        let found = self.cluster().principals().find(id).cloned().ok_or_else(unknown)?;
        caller.note(PropertyNumber(0), Some(record(found.number)));
        Ok(answer(&found))
    }

    /// Makes a principal or changes it.
    pub async fn put_principal(
        &self,
        mutation: &Mutation,
        id: &str,
        wish: PrincipalWish,
        expected_revision: Option<u32>,
    ) -> Result<PrincipalAnswer, Problem> {
        mutation.caller.check(Right::ManageCluster, None)?;
        let principal = wished(id, wish)?;
        let change = Change::Put { principal, expected_revision: expected_revision.map(u64::from) };
        self.change(mutation, change).await.map(|changed| answer(&changed))
    }

    /// Withdraws a principal with all its credentials, for good, on all nodes.
    pub async fn revoke_principal(&self, mutation: &Mutation, id: &str) -> Result<PrincipalAnswer, Problem> {
        mutation.caller.check(Right::ManageCluster, None)?;
        self.change(mutation, Change::Revoke { id: id.to_owned() }).await.map(|changed| answer(&changed))
    }

    /// Gives a principal another key, which is shown this once.
    pub async fn create_key(&self, mutation: &Mutation, id: &str, wish: KeyWish) -> Result<NewKeyAnswer, Problem> {
        mutation.caller.check(Right::ManageCluster, None)?;
        text("label", &wish.label)?;
        let seconds = wish.expires_in_seconds.unwrap_or(0);
        if wish.expires_in_seconds == Some(0) || seconds > 100 * 366 * 86_400 {
            return Err(Problem::field("expiresInSeconds", "at least 1, at most a hundred years"));
        }
        let overlap_seconds = wish.overlap_seconds.unwrap_or(86_400);
        if overlap_seconds > MAX_OVERLAP_SECONDS {
            return Err(Problem::field("overlapSeconds", "at most 604800, a week"));
        }
        let drawn = NewKey::draw().map_err(|cause| {
            tracing::error!(%cause, "no randomness from the operating system");
            Problem::new(Code::Internal, "this node has no source of randomness")
        })?;
        let key = ApiKey {
            credential: 0,
            prefix: drawn.prefix.clone(),
            hash: drawn.hash,
            label: wish.label,
            created_at_ms: 0,
            expires_at_ms: if seconds == 0 { 0 } else { now_ms() + seconds * 1_000 },
            revoked_at_ms: 0,
        };
        let replaces = wish.replaces.map(|prefix| (prefix, overlap_seconds * 1_000));
        let changed = self.change(mutation, Change::AddKey { principal: id.to_owned(), key, replaces }).await?;
        let known = changed.keys.iter().find(|key| key.prefix == drawn.prefix).map(key_answer);
        let known = known.ok_or_else(|| Problem::new(Code::Internal, "the key was not taken up"))?;
        Ok(NewKeyAnswer { key: drawn.secret, known })
    }

    /// Withdraws one key, on all nodes.
    pub async fn revoke_key(&self, mutation: &Mutation, id: &str, prefix: &str) -> Result<PrincipalAnswer, Problem> {
        mutation.caller.check(Right::ManageCluster, None)?;
        let change = Change::RevokeKey { principal: id.to_owned(), prefix: prefix.to_owned() };
        self.change(mutation, change).await.map(|changed| answer(&changed))
    }

    /// Makes a node nobody's peer, or admits it again; returns the nodes that are out.
    pub async fn fence_node(&self, mutation: &Mutation, node: u64, admit: bool) -> Result<Vec<u64>, Problem> {
        mutation.caller.check(Right::ManageCluster, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node).to_be_bytes()));
        let members = self.cluster().members();
        if !admit && members.iter().all(|(id, _)| *id != node) {
            return Err(Problem::new(Code::NotFound, "there is no such node"));
        }
        // Without a majority nobody could admit anybody again.
        let fenced = self.cluster().fenced();
        let out = members.iter().filter(|(id, _)| fenced.contains(id) || *id == node).count();
        if !admit && out * 2 >= members.len() {
            return Err(Problem::new(Code::WrongState, "the nodes that are left would be no majority"));
        }
        self.cluster().fence(node, admit, mutation.deadline).await?;
        Ok(self.cluster().fenced())
    }

    /// Begins to hand the leadership of a shard to a node.
    pub async fn hand_over(&self, mutation: &Mutation, shard: u32, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Right::ManageCluster, None)?;
        mutation.caller.note(PropertyNumber(0), Some(record(node as u32)));
        if self.cluster().members().iter().all(|(id, _)| *id != node) {
            return Err(Problem::new(Code::NotFound, "there is no such node"));
        }
        self.cluster().hand_over(shard, node).await.map_err(|why| Problem::new(Code::WrongState, why.to_string()))
    }

    async fn change(&self, mutation: &Mutation, change: Change) -> Result<Arc<Principal>, Problem> {
        let deadline: Instant = mutation.deadline;
        let changed = self.cluster().change(change, &mutation.caller.actor(), deadline).await?.map_err(refused)?;
        mutation.caller.note(PropertyNumber(0), Some(record(changed.number)));
        Ok(changed)
    }
}

/// A principal's number as the audit trail has it.
fn record(number: u32) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

fn wished(id: &str, wish: PrincipalWish) -> Result<Principal, Problem> {
    let good_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !good_id {
        return Err(Problem::field("principal", "an id of 1 to 64 lower-case letters, digits and '-'"));
    }
    let role = Role::parse(&wish.role).filter(|role| *role != Role::Guest);
    let role = role.ok_or_else(|| Problem::field("role", "operator, manager, channel, desk or auditor"))?;
    text("name", &wish.name)?;
    for (name, list) in [("properties", &wish.properties), ("regions", &wish.regions)] {
        if list.len() > MAX_ENTRIES || list.iter().any(|entry| entry.is_empty() || entry.len() > MAX_TEXT) {
            return Err(Problem::field(name, "at most 1000 entries of 1 to 255 bytes"));
        }
    }
    let good =
        |known: &StaffSubject| (1..=MAX_TEXT).contains(&known.issuer.len()) && (1..=MAX_TEXT).contains(&known.subject.len());
    if wish.subjects.len() > MAX_ENTRIES || !wish.subjects.iter().all(good) {
        return Err(Problem::field("subjects", "at most 1000, issuer and subject of 1 to 255 bytes each"));
    }
    Ok(Principal {
        id: id.to_owned(),
        number: 0,
        revision: 0,
        name: wish.name,
        role,
        revoked: false,
        properties: wish.properties,
        regions: wish.regions,
        own_only: wish.own_only.unwrap_or(role == Role::Channel),
        hold_room_minutes: wish.hold_room_minutes,
        requests_per_second: wish.requests_per_second,
        keys: Vec::new(),
        subjects: wish.subjects.into_iter().map(|known| (known.issuer, known.subject)).collect(),
        certificate: wish.certificate,
        created_at_ms: 0,
    })
}

fn text(name: &str, text: &str) -> Result<(), Problem> {
    if text.len() > MAX_TEXT { Err(Problem::field(name, "at most 255 bytes")) } else { Ok(()) }
}

fn answer(principal: &Principal) -> PrincipalAnswer {
    let subject = |(issuer, subject): &(String, String)| StaffSubject { issuer: issuer.clone(), subject: subject.clone() };
    PrincipalAnswer {
        id: principal.id.clone(),
        number: principal.number,
        revision: principal.revision,
        revoked: principal.revoked,
        created_at: answers::time(principal.created_at_ms),
        wish: PrincipalWish {
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

fn key_answer(key: &ApiKey) -> KeyAnswer {
    let time = |ms: u64| (ms != 0).then(|| answers::time(ms));
    KeyAnswer {
        prefix: key.prefix.clone(),
        label: key.label.clone(),
        created_at: answers::time(key.created_at_ms),
        expires_at: time(key.expires_at_ms),
        revoked_at: time(key.revoked_at_ms),
    }
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "there is no such principal")
}

fn refused(refused: ChangeRefused) -> Problem {
    match refused {
        ChangeRefused::UnknownPrincipal => unknown(),
        ChangeRefused::UnknownKey => Problem::new(Code::NotFound, "the principal has no such key"),
        ChangeRefused::Revoked => Problem::new(Code::WrongState, "the principal was revoked, and that is for good"),
        ChangeRefused::Revision => Problem::new(Code::PreconditionFailed, "the principal has another revision"),
        ChangeRefused::SubjectTaken => Problem::new(Code::WrongState, "another principal has one of these staff subjects"),
        ChangeRefused::TooManyKeys => Problem::new(Code::WrongState, "at most 16 good keys; revoke one first"),
        ChangeRefused::TooManyPrincipals => Problem::new(Code::WrongState, "there are as many principals as there may be"),
    }
}

fn shown<S: serde::Serializer>(key: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key)
}
