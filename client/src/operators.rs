//! The JSON messages of the operators' API: `/v1/principals` and `/v1/nodes`.
//!
//! Requests and answers are typed, so a field with a wrong name does not compile. Unknown fields of an answer are ignored
//! and missing ones are empty, because the nodes may have another version.

use serde::{Deserialize, Serialize};

/// The role, scope and credentials of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrincipalSpec {
    /// A name for people.
    pub name: String,
    /// operator, manager, channel, desk or auditor.
    pub role: String,
    /// Its properties. All of them if both this and `regions` are empty.
    pub properties: Vec<String>,
    /// Home regions whose properties it has too.
    pub regions: Vec<String>,
    /// Whether it has all properties. Needed to change from some of them to all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_properties: bool,
    /// Whether it sees only its own bookings and holds. The role decides if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_only: Option<bool>,
    /// Room-minutes of one property that its open holds may take; 0 sets no limit.
    pub hold_room_minutes: u32,
    /// Requests per second over all nodes; 0 means the nodes' configured limit.
    pub requests_per_second: u32,
    /// Staff who sign in as this principal.
    pub subjects: Vec<StaffSubject>,
    /// Whether a desk's certificate with this id signs in as the principal.
    pub certificate: bool,
}

/// A member of staff, known to an OpenID Connect issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StaffSubject {
    /// The URL of the issuer.
    pub issuer: String,
    /// The `sub` of its tokens.
    pub subject: String,
}

/// A property that was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemovedProperty {
    /// Its id.
    pub property_id: String,
}

/// A principal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Principal {
    /// Its id.
    pub id: String,
    /// Its number in the audit trail: `principal/<number>`.
    pub number: u32,
    /// The number of its changes.
    pub revision: u64,
    /// Whether it was revoked, which is final.
    pub revoked: bool,
    /// When it was created.
    pub created_at: String,
    /// Its role, scope and credentials.
    #[serde(flatten)]
    pub wish: PrincipalSpec,
    /// Its keys, including revoked and expired ones.
    pub keys: Vec<Key>,
}

/// An API key without its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Key {
    /// The public part of the key.
    pub prefix: String,
    /// A label for people.
    pub label: String,
    /// When it was created.
    pub created_at: String,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// The properties of a new API key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeySpec {
    /// A label for people.
    pub label: String,
    /// Its lifetime in seconds. It never expires if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u64>,
    /// The prefix of the key that it replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// How many seconds the replaced key stays valid; one day if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
}

/// A new API key. Only this answer shows its secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NewKey {
    /// The key with its secret.
    pub key: String,
    /// The key without its secret.
    #[serde(flatten)]
    pub known: Key,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Its id.
    pub id: u64,
    /// Its region.
    pub region: String,
    /// The address of its HTTP edge.
    pub http: String,
    /// Whether the other nodes refuse to talk to it.
    pub fenced: bool,
}

/// The shard whose leadership a node takes over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lead {
    /// The shard; 0 is the directory.
    pub shard: u32,
}

/// The body of a request that has no fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// A list, or one page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct List<T> {
    /// Its items.
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn principal() -> Value {
        json!({
            "id": "booking-com", "number": 7, "revision": 3, "revoked": false, "createdAt": "2026-11-28T10:00:00Z",
            "name": "Booking", "role": "channel", "properties": ["lisbon-alfama"], "regions": [], "ownOnly": true,
            "holdRoomMinutes": 600, "requestsPerSecond": 0, "certificate": false,
            "subjects": [{ "issuer": "https://id.example", "subject": "00u1" }],
            "keys": [{ "prefix": "a98n", "label": "old", "createdAt": "2026-11-28T10:00:00Z", "revokedAt": "2026-11-29T10:00:00Z" }],
        })
    }

    /// The types have every field of the service: nothing is lost on the way through them.
    #[test]
    fn a_read_answer_keeps_every_field() {
        let read: Principal = serde_json::from_value(principal()).expect("a principal");
        assert_eq!(serde_json::to_value(read).expect("JSON"), principal());
        let node = json!({ "items": [{ "id": 1, "region": "eu-west", "http": "https://a:7110", "fenced": true }] });
        let read: List<Node> = serde_json::from_value(node.clone()).expect("nodes");
        assert_eq!(serde_json::to_value(read).expect("JSON"), node);
        let key = json!({ "key": "kr_x_y", "prefix": "x", "label": "", "createdAt": "2026-11-28T10:00:00Z" });
        let read: NewKey = serde_json::from_value(key.clone()).expect("a key");
        assert_eq!(serde_json::to_value(read).expect("JSON"), key);
    }

    #[test]
    fn missing_and_unknown_fields_are_accepted() {
        let older: Principal = serde_json::from_value(json!({ "id": "anna", "role": "manager" })).expect("a principal");
        assert_eq!((older.id.as_str(), older.keys.len(), older.wish.own_only), ("anna", 0, None));
        let newer: List<Node> =
            serde_json::from_value(json!({ "items": [{ "id": 2, "zone": "b" }], "total": 1 })).expect("nodes");
        assert_eq!((newer.items[0].id, newer.next_cursor), (2, None));
    }

    #[test]
    fn absent_options_are_not_sent() {
        assert_eq!(serde_json::to_value(KeySpec::default()).expect("JSON"), json!({ "label": "" }));
        assert_eq!(serde_json::to_value(Empty {}).expect("JSON"), json!({}));
        assert!(serde_json::to_value(PrincipalSpec::default()).expect("JSON").get("ownOnly").is_none());
    }
}
