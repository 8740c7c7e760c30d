//! The audit trail as an auditor gets it, checked from its description alone: SHA-256 over `keyrack audit v1`, a zero
//! byte, the previous link and the record's bytes. A record is a CBOR array of eleven items.

use base64ct::{Base64, Encoding};
use keyrack_tests::receipts::cbor::{self, Item};
use keyrack_tests::{Api, percent_encoded};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Each action's name, and its number in the hashed bytes.
const ACTIONS: [(&str, u64); 37] = [
    ("property.put", 1),
    ("room-type.put", 2),
    ("rate-plan.put", 3),
    ("ari.update", 4),
    ("hold.place", 5),
    ("hold.confirm", 6),
    ("hold.release", 7),
    ("booking.take", 8),
    ("booking.amend", 9),
    ("booking.cancel", 10),
    ("booking.check-in", 11),
    ("booking.check-out", 12),
    ("booking.no-show", 13),
    ("business-date.close", 14),
    ("guest.erase", 15),
    ("grant.put", 16),
    ("booking.read", 32),
    ("booking.list", 33),
    ("receipt.read", 34),
    ("answer.replay", 35),
    ("guest.link", 36),
    ("guest.sign-in", 37),
    ("inventory.read", 38),
    ("events.read", 39),
    ("hold.read", 40),
    ("topology.read", 48),
    ("log.read", 49),
    ("audit.read", 50),
    ("principal.read", 51),
    ("principal.put", 52),
    ("principal.revoke", 53),
    ("key.create", 54),
    ("key.revoke", 55),
    ("node.fence", 56),
    ("node.admit", 57),
    ("node.lead", 58),
    ("other", 63),
];

/// One shard's trail, from its first record on.
pub struct Trail {
    pub shard: u64,
    /// As exported.
    pub records: Vec<Value>,
    /// The chain's link after each number of records, as computed here.
    pub links: Vec<[u8; 32]>,
    /// The number of records that a leaf has sealed, from the last page.
    pub sealed: u64,
    /// Everything that was exported, including the decoded bytes that are hashed.
    pub said: Vec<u8>,
}

impl Trail {
    /// Reads all of a shard's trail in pages of `limit` records and checks that it is a chain: every exported link, and
    /// the head on the last page.
    pub async fn read(auditor: &Api, shard: u64, limit: usize) -> Trail {
        let mut trail = Trail { shard, records: Vec::new(), links: vec![[0; 32]], sealed: 0, said: Vec::new() };
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/audit?shard={shard}&limit={limit}&cursor={}", percent_encoded(&cursor));
            let page = auditor.get(&path).send().await.expect(200).json();
            assert_eq!(page["complete"], true, "an auditor of everything");
            trail.said.extend(page.to_string().into_bytes());
            page["items"].as_array().expect("items").iter().for_each(|item| trail.take(item));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = next.to_string(),
                None => {
                    assert_eq!(page["count"], trail.records.len(), "shard {shard}: the number of records");
                    assert_eq!(page["link"], hex(trail.head()), "shard {shard}: the head of the chain");
                    trail.sealed = page["sealed"].as_u64().expect("a number");
                    return trail;
                }
            }
        }
    }

    pub fn head(&self) -> &[u8; 32] {
        self.links.last().expect("the first is zeros")
    }

    fn take(&mut self, item: &Value) {
        let encoded = Base64::decode_vec(item["encoded"].as_str().expect("bytes")).unwrap();
        let link = Sha256::digest([&b"keyrack audit v1\0"[..], self.head(), &encoded].concat()).into();
        if !item["link"].is_null() {
            assert_eq!(item["link"], hex(&link), "the chain breaks at {item}");
        }
        if let Some(before) = self.records.last() {
            let place = |item: &Value| (item["line"].as_u64(), item["place"].as_u64());
            assert!(place(before) < place(item), "{before} comes before {item}");
        }
        assert_says(item, &encoded);
        self.said.extend_from_slice(&encoded);
        self.links.push(link);
        self.records.push(item.clone());
    }
}

/// The displayed fields must equal the hashed ones.
fn assert_says(item: &Value, encoded: &[u8]) {
    let Item::Array(told) = cbor::read(encoded).unwrap() else { panic!("not an array: {item}") };
    let [line, place, at, who, credential, from, action, property, record, verdict, times] = told.as_slice() else {
        panic!("a record has eleven items: {told:?}")
    };
    for (name, item_of) in [("line", line), ("place", place), ("credential", credential), ("verdict", verdict), ("times", times)]
    {
        assert_eq!(*item_of, Item::Uint(item[name].as_u64().expect("a number")), "{name} of {item}");
    }
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    assert_eq!(*who, Item::Text(text("who").into()), "{item}");
    let at_ms = text("at").parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert_eq!(*at, Item::Uint(at_ms as u64), "{item}");
    let known = ACTIONS.iter().find(|(name, _)| *name == text("action")).unwrap_or_else(|| panic!("an unknown action: {item}"));
    assert_eq!(*action, Item::Uint(known.1), "{item}");
    assert_eq!(*property == Item::Uint(0), item["propertyId"].is_null(), "{item}");
    let from = match from {
        Item::Bytes(bytes) => {
            std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).unwrap()).to_canonical().to_string()
        }
        other => panic!("not an address: {other:?}"),
    };
    assert_eq!(from, text("from"), "{item}");
    assert_eq!(item["allowed"], *verdict == Item::Uint(0), "{item}");
    match record {
        Item::Null => assert!(item["record"].is_null(), "{item}"),
        Item::Bytes(bytes) => {
            let number = u128::from_be_bytes(bytes.as_slice().try_into().unwrap());
            let (kind, id) = text("record").split_at(text("record").find(['_', '/']).unwrap_or_else(|| panic!("{item}")) + 1);
            let same = match kind {
                "bk_" | "hd_" => id == base32(number),
                "principal/" | "node/" => id == number.to_string(),
                _ => panic!("a record of unknown kind: {item}"),
            };
            assert!(same, "{number:x} is shown as {item}");
        }
        other => panic!("not a record: {other:?}"),
    }
}

/// Crockford's base 32, in lower case.
fn base32(number: u128) -> String {
    let digit = |place: u32| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[(number >> (5 * place) & 31) as usize]);
    (0..26).rev().map(digit).collect()
}

fn hex(bytes: &[u8; 32]) -> String {
    base16ct::lower::encode_string(bytes)
}
