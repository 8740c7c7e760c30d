//! Principals: who may call, by which credentials, and what they may do.

use keyrack_inventory::{Credential, Grant, Role};
use keyrack_proto::access::{role_number, role_of};
use keyrack_proto::internal as pb;
use keyrack_proto::{Malformed, array};

/// Somebody who may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Chosen by the operator; also the name in its certificate.
    pub id: String,
    /// The directory's number for it, from 1; never given again.
    pub number: u32,
    /// Counts its changes.
    pub revision: u64,
    /// For people.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Withdrawn for good.
    pub revoked: bool,
    /// See [`Grant::properties`].
    pub properties: Vec<String>,
    /// See [`Grant::regions`].
    pub regions: Vec<String>,
    /// See [`Grant::own_only`].
    pub own_only: bool,
    /// See [`Grant::hold_room_minutes`].
    pub hold_room_minutes: u32,
    /// Requests per second, all nodes together; 0: as the nodes are configured.
    pub requests_per_second: u32,
    /// Its API keys, revoked ones too.
    pub keys: Vec<ApiKey>,
    /// Whom an OpenID Connect issuer must vouch for to sign in as it: issuer and subject.
    pub subjects: Vec<(String, String)>,
    /// Whether a desk's certificate with its id signs in as it.
    pub certificate: bool,
    /// When it was made, ms since 1970.
    pub created_at_ms: u64,
}

/// What is known of an API key: the key itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number among the principal's credentials.
    pub credential: u32,
    /// The part of it that is no secret.
    pub prefix: String,
    /// SHA-256 of all of it.
    pub hash: [u8; 32],
    /// For people.
    pub label: String,
    /// When it was made, ms since 1970.
    pub created_at_ms: u64,
    /// From when on it is refused, ms since 1970; 0 for never.
    pub expires_at_ms: u64,
    /// When it was revoked; 0 while it is good.
    pub revoked_at_ms: u64,
}

impl Principal {
    /// What the data shards keep of it.
    pub fn grant(&self) -> Grant {
        let good = self.keys.iter().filter(|key| key.revoked_at_ms == 0);
        let credential = |key: &ApiKey| Credential { number: key.credential, expires_at_ms: key.expires_at_ms };
        Grant {
            revision: self.revision,
            role: self.role,
            revoked: self.revoked,
            properties: self.properties.clone(),
            regions: self.regions.clone(),
            own_only: self.own_only,
            hold_room_minutes: self.hold_room_minutes,
            credentials: good.map(credential).collect(),
        }
    }
}

impl From<&Principal> for pb::PrincipalRow {
    fn from(principal: &Principal) -> Self {
        let subject =
            |(issuer, subject): &(String, String)| pb::StaffSubject { issuer: issuer.clone(), subject: subject.clone() };
        pb::PrincipalRow {
            id: principal.id.clone(),
            number: principal.number,
            revision: principal.revision,
            name: principal.name.clone(),
            role: role_number(principal.role),
            revoked: principal.revoked,
            properties: principal.properties.clone(),
            regions: principal.regions.clone(),
            own_only: principal.own_only,
            hold_room_minutes: principal.hold_room_minutes,
            requests_per_second: principal.requests_per_second,
            keys: principal.keys.iter().map(Into::into).collect(),
            subjects: principal.subjects.iter().map(subject).collect(),
            certificate: principal.certificate,
            created_at_ms: principal.created_at_ms,
            last_credential: principal.keys.iter().map(|key| key.credential).max().unwrap_or(0),
        }
    }
}

impl TryFrom<&pb::PrincipalRow> for Principal {
    type Error = Malformed;

    fn try_from(row: &pb::PrincipalRow) -> Result<Self, Malformed> {
        Ok(Principal {
            id: row.id.clone(),
            number: row.number,
            revision: row.revision,
            name: row.name.clone(),
            role: role_of(row.role)?,
            revoked: row.revoked,
            properties: row.properties.clone(),
            regions: row.regions.clone(),
            own_only: row.own_only,
            hold_room_minutes: row.hold_room_minutes,
            requests_per_second: row.requests_per_second,
            keys: row.keys.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            subjects: row.subjects.iter().map(|known| (known.issuer.clone(), known.subject.clone())).collect(),
            certificate: row.certificate,
            created_at_ms: row.created_at_ms,
        })
    }
}

impl From<&ApiKey> for pb::KeyRow {
    fn from(key: &ApiKey) -> Self {
        pb::KeyRow {
            credential: key.credential,
            prefix: key.prefix.clone(),
            hash: bytes::Bytes::copy_from_slice(&key.hash),
            label: key.label.clone(),
            created_at_ms: key.created_at_ms,
            expires_at_ms: key.expires_at_ms,
            revoked_at_ms: key.revoked_at_ms,
        }
    }
}

impl TryFrom<&pb::KeyRow> for ApiKey {
    type Error = Malformed;

    fn try_from(row: &pb::KeyRow) -> Result<Self, Malformed> {
        Ok(ApiKey {
            credential: row.credential,
            prefix: row.prefix.clone(),
            hash: array(&row.hash, "key hash")?,
            label: row.label.clone(),
            created_at_ms: row.created_at_ms,
            expires_at_ms: row.expires_at_ms,
            revoked_at_ms: row.revoked_at_ms,
        })
    }
}
