//! Principals: the callers, their credentials and their rights.

use keyrack_inventory::{Credential, Grant, Role};
use keyrack_proto::access::{role_number, role_of};
use keyrack_proto::internal as pb;
use keyrack_proto::{Malformed, array};

/// A caller with a role and a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Chosen by the operator; also the name in its certificate.
    pub id: String,
    /// The directory's number for it, from 1; never given again.
    pub number: u32,
    /// Counts its changes.
    pub revision: u64,
    /// The name to show to people.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Whether it is revoked. A revocation is permanent.
    pub revoked: bool,
    /// See [`Grant::properties`].
    pub properties: Vec<String>,
    /// See [`Grant::regions`].
    pub regions: Vec<String>,
    /// See [`Grant::own_only`].
    pub own_only: bool,
    /// See [`Grant::hold_room_minutes`].
    pub hold_room_minutes: u32,
    /// The quota in requests per second, for all nodes together; 0 for the quota in the nodes' configuration.
    pub requests_per_second: u32,
    /// Its API keys, revoked ones too.
    pub keys: Vec<ApiKey>,
    /// The OpenID Connect identities that sign in as this principal: issuer and subject.
    pub subjects: Vec<(String, String)>,
    /// Whether a desk certificate with this id signs in as this principal.
    pub certificate: bool,
    /// When it was created, ms since 1970.
    pub created_at_ms: u64,
}

/// An API key, without the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number among the principal's credentials.
    pub credential: u32,
    /// The part of the key that is not secret.
    pub prefix: String,
    /// SHA-256 of the whole key.
    pub hash: [u8; 32],
    /// The label to show to people.
    pub label: String,
    /// When it was created, ms since 1970.
    pub created_at_ms: u64,
    /// When it expires, ms since 1970; 0 for never.
    pub expires_at_ms: u64,
    /// When it was revoked, ms since 1970; 0 if it is not revoked.
    pub revoked_at_ms: u64,
}

impl Principal {
    /// The grant: the part of a principal that the data shards keep.
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
