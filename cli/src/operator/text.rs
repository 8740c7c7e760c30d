//! Principals, keys and nodes as text for people.

use keyrack_client::operators::{Key, NewKey, Node, Principal, PrincipalSpec};

use crate::terminal::line;

/// A principal on one line.
pub fn principal(principal: &Principal) -> String {
    let keys = principal.keys.iter().filter(|key| key.revoked_at.is_none()).count();
    let keys = if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") };
    let state = if principal.revoked { "revoked" } else { "" };
    let (id, role) = (line(&principal.id), line(&principal.wish.role));
    format!("{id:<24} {role:<9} {:<28} {keys}  {state}\n", scope(&principal.wish))
}

/// A principal with the staff that signs in as it and with its keys.
pub fn principal_with_keys(whole: &Principal) -> String {
    let mut out = principal(whole);
    for subject in &whole.wish.subjects {
        out += &format!("  signs in as {} at {}\n", line(&subject.subject), line(&subject.issuer));
    }
    if whole.wish.certificate {
        out += &format!("  signs in with the certificate of the desk {}\n", line(&whole.id));
    }
    whole.keys.iter().for_each(|one| out += &key(one));
    out
}

/// A new key with its secret.
pub fn new_key(new: &NewKey) -> String {
    format!("{}\n\nStore this key now: it is shown only once. Its prefix is {}.\n", line(&new.key), line(&new.known.prefix))
}

/// A node on one line.
pub fn node(node: &Node) -> String {
    let fenced = if node.fenced { "fenced" } else { "" };
    format!("{} {:<12} {}  {fenced}\n", node.id, line(&node.region), line(&node.http))
}

fn key(key: &Key) -> String {
    let ends = match (&key.revoked_at, &key.expires_at) {
        (Some(at), _) => format!("revoked {}", line(at)),
        (None, Some(at)) => format!("expires {}", line(at)),
        (None, None) => String::new(),
    };
    format!("  kr_{}  created {}  {ends}  {}\n", line(&key.prefix), line(&key.created_at), line(&key.label))
}

fn scope(wish: &PrincipalSpec) -> String {
    let places: Vec<String> = wish.properties.iter().chain(&wish.regions).map(|place| line(place)).collect();
    let places = if places.is_empty() { "all properties".to_owned() } else { places.join(",") };
    if wish.own_only == Some(true) { format!("{places}, own bookings") } else { places }
}

#[cfg(test)]
mod tests {
    use keyrack_client::operators::List;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_principal_is_shown_with_its_keys() {
        let whole: Principal = serde_json::from_value(json!({
            "id": "booking-com", "role": "channel", "properties": ["lisbon-alfama"], "regions": ["eu"], "ownOnly": true,
            "subjects": [{ "issuer": "https://id.example", "subject": "ada\u{1b}" }],
            "keys": [
                { "prefix": "a1", "label": "old", "createdAt": "T1", "revokedAt": "T2", "expiresAt": "T3" },
                { "prefix": "b2", "label": "", "createdAt": "T4" },
            ],
        }))
        .expect("a principal");
        let expected = "booking-com              channel   lisbon-alfama,eu, own bookings 1 key  \n  signs in as ada\\u{1b} at \
                        https://id.example\n  kr_a1  created T1  revoked T2  old\n  kr_b2  created T4    \n";
        assert_eq!(principal_with_keys(&whole), expected);
        let new: NewKey = serde_json::from_value(json!({ "key": "kr_b2_x", "prefix": "b2" })).expect("a key");
        assert_eq!(new_key(&new), "kr_b2_x\n\nStore this key now: it is shown only once. Its prefix is b2.\n");
    }

    #[test]
    fn nodes_are_shown_line_by_line() {
        let nodes = json!({ "items": [
            { "id": 1, "region": "eu-west", "http": "https://a:7110", "fenced": false },
            { "id": 12, "region": "us", "http": "https://b:7110", "fenced": true },
        ] });
        let nodes: List<Node> = serde_json::from_value(nodes).expect("nodes");
        let text: String = nodes.items.iter().map(node).collect();
        assert_eq!(text, "1 eu-west      https://a:7110  \n12 us           https://b:7110  fenced\n");
    }
}
