//! Parses receipts: JSON, a confirmation that contains one, or the text of a `.tlog-proof`.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64, Encoding};
use keyrack_inventory::{BookingId, Disclosure};
use keyrack_merkle::ProofFile;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::messages::files::json_in_words;
use crate::messages::receipt::FileError;

/// The maximum length of a receipt.
pub const MAX_FILE_BYTES: usize = 4 << 20;

/// A parsed receipt. Nothing is verified yet.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// The hashes from the leaf to the root, and the signed checkpoint.
    pub proof: ProofFile,
    /// The disclosed claims.
    pub disclosures: Vec<Disclosure>,
    /// The values in the JSON around the proof.
    pub stated: StatedFields,
}

/// The fields beside a proof. They are not signed, so verification compares them with the signed leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedFields {
    /// The name of the log.
    pub origin: Option<String>,
    /// The index of the leaf.
    pub index: Option<u64>,
    /// The id of the booking.
    pub booking: Option<String>,
    /// The id of its property.
    pub property: Option<String>,
    /// Its first night.
    pub arrival: Option<String>,
    /// Its day of departure.
    pub departure: Option<String>,
    /// The confirmation number of the guest.
    pub confirmation_number: Option<String>,
    /// The id of its guest, which is the booking's.
    pub guest_id: Option<String>,
    /// Its state.
    pub state: Option<String>,
    /// When it last changed.
    pub updated_at: Option<String>,
    /// Its rooms: the quantity by type.
    pub rooms: Option<BTreeMap<String, u64>>,
    /// Values that the leaf has as claims, by the name of the claim.
    pub claims: Vec<(&'static str, String)>,
    /// The names of all other fields. No leaf has them.
    pub others: BTreeSet<String>,
}

/// A receipt in JSON, with the fields of the API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonReceipt {
    /// The log.
    pub origin: String,
    /// The index of the leaf.
    pub index: u64,
    /// The leaf, base64.
    pub leaf: String,
    /// The disclosed claims.
    #[serde(default)]
    pub disclosures: Vec<JsonDisclosure>,
    /// The text of a `.tlog-proof`.
    pub proof: String,
}

/// A claim in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonDisclosure {
    /// The name of the claim.
    pub name: String,
    /// Its value.
    pub value: String,
    /// 16 bytes, base64.
    pub salt: String,
}

/// The fields of a confirmation that are compared with the leaf.
const COMPARED: [&str; 16] = [
    "bookingId",
    "guestId",
    "propertyId",
    "arrival",
    "departure",
    "confirmationNumber",
    "state",
    "updatedAt",
    "rooms.roomType",
    "rooms.quantity",
    "guest.name",
    "guest.email",
    "guest.phone",
    "total.amount",
    "total.currency",
    "channelRef",
];

/// The fields of a confirmation that are compared with the leaf: [`COMPARED`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Confirmation {
    booking_id: Option<String>,
    guest_id: Option<String>,
    state: Option<String>,
    updated_at: Option<String>,
    property_id: Option<String>,
    arrival: Option<String>,
    departure: Option<String>,
    confirmation_number: Option<String>,
    rooms: Option<Vec<StatedRooms>>,
    guest: Option<BTreeMap<String, String>>,
    total: Option<StatedMoney>,
    channel_ref: Option<String>,
    receipt: Option<JsonReceipt>,
    #[serde(default)]
    receipt_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatedRooms {
    room_type: String,
    quantity: u64,
}

#[derive(Deserialize)]
struct StatedMoney {
    amount: String,
    currency: String,
}

impl Confirmation {
    fn stated(self, others: BTreeSet<String>) -> StatedFields {
        let mut claims = Vec::new();
        for (name, field) in [("guest.name", "name"), ("guest.email", "email"), ("guest.phone", "phone")] {
            claims.extend(self.guest.as_ref().and_then(|guest| guest.get(field)).map(|value| (name, value.clone())));
        }
        claims.extend(self.total.map(|total| ("price", format!("{} {}", total.amount, total.currency))));
        claims.extend(self.channel_ref.map(|reference| ("channelRef", reference)));
        let rooms = self.rooms.map(|lines| {
            lines.into_iter().fold(BTreeMap::new(), |mut rooms, line| {
                let count: &mut u64 = rooms.entry(line.room_type).or_default();
                *count = count.saturating_add(line.quantity);
                rooms
            })
        });
        StatedFields {
            booking: self.booking_id,
            property: self.property_id,
            arrival: self.arrival,
            departure: self.departure,
            confirmation_number: self.confirmation_number,
            guest_id: self.guest_id,
            state: self.state,
            updated_at: self.updated_at,
            rooms,
            claims,
            others,
            ..StatedFields::default()
        }
    }
}

impl Receipt {
    /// Parses a receipt in any of its forms. `leaf` has the bytes of the leaf if they are in a separate file.
    ///
    /// # Errors
    /// [`FileError`]. Unknown fields, non-canonical encodings and trailing bytes are refused.
    pub fn parse(bytes: &[u8], leaf: Option<&[u8]>) -> Result<Receipt, FileError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLong(MAX_FILE_BYTES));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FileError::NotAReceipt)?;
        if text.starts_with("c2sp.org/tlog-proof") {
            let proof = ProofFile::parse(text).map_err(FileError::Proof)?;
            return Receipt { leaf: Vec::new(), proof, disclosures: Vec::new(), stated: StatedFields::default() }.with_leaf(leaf);
        }
        if !text.trim_start().starts_with('{') {
            return Err(FileError::NotAReceipt);
        }
        let (json, stated) = read_json(text)?;
        let mut receipt = Receipt::from_json(&json)?;
        receipt.stated = StatedFields { origin: receipt.stated.origin, index: receipt.stated.index, ..stated };
        match leaf {
            Some(leaf) if leaf != receipt.leaf => Err(FileError::TwoLeaves),
            _ => Ok(receipt),
        }
    }

    fn from_json(json: &JsonReceipt) -> Result<Receipt, FileError> {
        let leaf = decode(&json.leaf, "the leaf")?;
        let proof = ProofFile::parse(&json.proof).map_err(FileError::Proof)?;
        if proof.extra.as_ref().is_some_and(|extra| *extra != leaf) {
            return Err(FileError::TwoLeaves);
        }
        let disclosure = |claim: &JsonDisclosure| {
            let salt = decode(&claim.salt, &format!("the salt of the claim {}", claim.name))?;
            let salt = salt.try_into().map_err(|_| FileError::Salt(claim.name.clone()))?;
            Ok(Disclosure { salt, value: claim.value.clone(), name: claim.name.clone() })
        };
        let disclosures = json.disclosures.iter().map(disclosure).collect::<Result<_, FileError>>()?;
        let stated = StatedFields { origin: Some(json.origin.clone()), index: Some(json.index), ..StatedFields::default() };
        Ok(Receipt { leaf, proof, disclosures, stated })
    }

    /// Sets the leaf from the extra line of the proof or from its own file.
    fn with_leaf(mut self, leaf: Option<&[u8]>) -> Result<Receipt, FileError> {
        self.leaf = match (&self.proof.extra, leaf) {
            (Some(extra), Some(leaf)) if extra != leaf => return Err(FileError::TwoLeaves),
            (Some(leaf), _) => leaf.clone(),
            (None, Some(leaf)) => leaf.to_vec(),
            (None, None) => return Err(FileError::NoLeaf),
        };
        Ok(self)
    }
}

/// The receipt in a JSON text, and the fields of the confirmation around it.
///
/// # Errors
/// [`FileError`].
pub fn read_json(text: &str) -> Result<(JsonReceipt, StatedFields), FileError> {
    let shape = |cause: serde_json::Error| FileError::Json(json_in_words(&cause));
    let fields: Map<String, Value> = serde_json::from_str(text).map_err(shape)?;
    if !fields.contains_key("bookingId") && !fields.contains_key("receipt") {
        return Ok((serde_json::from_str(text).map_err(shape)?, StatedFields::default()));
    }
    let mut around: Confirmation = serde_json::from_str(text).map_err(shape)?;
    let Some(receipt) = around.receipt.take() else {
        let id = around.receipt_url.split('/').find(|part| part.starts_with("bk_"));
        // The message shows a command to copy, so only an id of the right form may be in it.
        let is_id = |id: &String| BookingId::parse(id).is_ok();
        let booking = around.booking_id.or(id.map(str::to_owned)).filter(is_id).unwrap_or_else(|| "BOOKING".into());
        return Err(FileError::NotYet { booking });
    };
    Ok((receipt, around.stated(other_fields(&fields))))
}

/// The names of the fields that are not compared with the leaf, such as `rooms.adults`. Empty values state nothing.
fn other_fields(fields: &Map<String, Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "receipt") {
        names_in(&one_name(name), value, &mut names);
    }
    COMPARED.iter().for_each(|compared| _ = names.remove(*compared));
    names
}

/// A field's own name. One with a dot in it is quoted, so that it is not taken for a field inside another one.
fn one_name(name: &str) -> String {
    if name.contains('.') { format!("{name:?}") } else { name.to_owned() }
}

fn names_in(name: &str, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| names_in(&format!("{name}.{}", one_name(field)), value, names))
        }
        Value::Array(items) => items.iter().for_each(|item| names_in(name, item, names)),
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Bool(_) | Value::Number(_) => _ = names.insert(name.to_owned()),
    }
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, FileError> {
    Base64::decode_vec(text).map_err(|_| FileError::Base64(what.to_owned()))
}
