//! Receipts as files: JSON, a booking's confirmation with one inside, or the text of a `.tlog-proof`.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use keyrack_inventory::Disclosure;
use keyrack_merkle::{ProofFile, ProofFileError};
use serde::{Deserialize, Serialize};

/// The longest file that is read as a receipt, in bytes.
pub const MAX_FILE_BYTES: usize = 4 << 20;

/// A receipt as its file has it. Nothing is verified yet.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// The way from the leaf to a signed checkpoint.
    pub proof: ProofFile,
    /// Claims that are shown.
    pub disclosures: Vec<Disclosure>,
    /// What the JSON around the proof says, and must say rightly.
    pub stated: Stated,
}

/// What stands beside a proof. None of it is signed: it has to agree with what is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// The log.
    pub origin: Option<String>,
    /// The leaf.
    pub index: Option<u64>,
    /// The confirmation around the receipt.
    pub booking: Option<String>,
    /// Its property.
    pub property: Option<String>,
    /// Its first night.
    pub arrival: Option<String>,
    /// Its day of leaving.
    pub departure: Option<String>,
    /// What is read out at the desk.
    pub confirmation_number: Option<String>,
    /// Its rooms: how many of which type.
    pub rooms: Option<BTreeMap<String, u64>>,
    /// What it says of things that the leaf has as claims, by the claim's name.
    pub claims: Vec<(&'static str, String)>,
}

/// A receipt in JSON, field by field as the API has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonReceipt {
    /// The log.
    pub origin: String,
    /// The leaf's place in it.
    pub index: u64,
    /// The leaf, base64.
    pub leaf: String,
    /// Claims that are shown.
    #[serde(default)]
    pub disclosures: Vec<JsonDisclosure>,
    /// The text of a `.tlog-proof`.
    pub proof: String,
}

/// A claim in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonDisclosure {
    /// Of what.
    pub name: String,
    /// What is claimed.
    pub value: String,
    /// 16 bytes, base64.
    pub salt: String,
}

/// What of a confirmation is of interest; it has more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Confirmation {
    booking_id: Option<String>,
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
    fn stated(self) -> Stated {
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
        Stated {
            booking: self.booking_id,
            property: self.property_id,
            arrival: self.arrival,
            departure: self.departure,
            confirmation_number: self.confirmation_number,
            rooms,
            claims,
            ..Stated::default()
        }
    }
}

/// Why a file is not a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More than [`MAX_FILE_BYTES`].
    #[error("a receipt has at most {MAX_FILE_BYTES} bytes")]
    TooLong,
    /// Neither JSON nor a proof file.
    #[error("this is not a receipt: neither JSON nor a text that begins with c2sp.org/tlog-proof@v1")]
    Other,
    /// JSON of another shape.
    #[error("this JSON is not a receipt: {0}")]
    Json(String),
    /// A confirmation without its receipt.
    #[error("the receipt was not there yet when this confirmation was given; fetch it: keyrack receipt get {booking}")]
    NotYet {
        /// Whose.
        booking: String,
    },
    /// The proof is damaged.
    #[error("the proof is damaged: {0}")]
    Proof(#[from] ProofFileError),
    /// Not canonical base64.
    #[error("{0} is not canonical base64")]
    Base64(String),
    /// A salt has 16 bytes.
    #[error("the salt of the claim {0} does not have 16 bytes")]
    Salt(String),
    /// The proof brings no leaf.
    #[error("the proof has no leaf in it; give the leaf's bytes with --leaf")]
    NoLeaf,
    /// Two leaves are given.
    #[error("the leaf given beside the proof is not the one inside it")]
    TwoLeaves,
}

impl Receipt {
    /// Reads a receipt in any of its forms; `leaf` is the leaf's bytes, where they come apart.
    ///
    /// # Errors
    /// [`FileError`]. Strict: unknown fields, second spellings and trailing bytes are refused.
    pub fn parse(bytes: &[u8], leaf: Option<&[u8]>) -> Result<Receipt, FileError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FileError::Other)?;
        if text.starts_with("c2sp.org/tlog-proof") {
            let proof = ProofFile::parse(text)?;
            return Receipt { leaf: Vec::new(), proof, disclosures: Vec::new(), stated: Stated::default() }.with(leaf);
        }
        if !text.trim_start().starts_with('{') {
            return Err(FileError::Other);
        }
        let (json, stated) = read_json(text)?;
        let mut receipt = Receipt::from_json(&json)?;
        receipt.stated = Stated { origin: receipt.stated.origin, index: receipt.stated.index, ..stated };
        match leaf {
            Some(leaf) if leaf != receipt.leaf => Err(FileError::TwoLeaves),
            _ => Ok(receipt),
        }
    }

    fn from_json(json: &JsonReceipt) -> Result<Receipt, FileError> {
        let leaf = decode(&json.leaf, "the leaf")?;
        let proof = ProofFile::parse(&json.proof)?;
        if proof.extra.as_ref().is_some_and(|extra| *extra != leaf) {
            return Err(FileError::TwoLeaves);
        }
        let disclosure = |claim: &JsonDisclosure| {
            let salt = decode(&claim.salt, &format!("the salt of the claim {}", claim.name))?;
            let salt = salt.try_into().map_err(|_| FileError::Salt(claim.name.clone()))?;
            Ok(Disclosure { salt, value: claim.value.clone(), name: claim.name.clone() })
        };
        let disclosures = json.disclosures.iter().map(disclosure).collect::<Result<_, FileError>>()?;
        let stated = Stated { origin: Some(json.origin.clone()), index: Some(json.index), ..Stated::default() };
        Ok(Receipt { leaf, proof, disclosures, stated })
    }

    /// Takes the leaf from the proof's extra line or from beside it.
    fn with(mut self, leaf: Option<&[u8]>) -> Result<Receipt, FileError> {
        self.leaf = match (&self.proof.extra, leaf) {
            (Some(extra), Some(leaf)) if extra != leaf => return Err(FileError::TwoLeaves),
            (Some(leaf), _) => leaf.clone(),
            (None, Some(leaf)) => leaf.to_vec(),
            (None, None) => return Err(FileError::NoLeaf),
        };
        Ok(self)
    }
}

/// The receipt of a JSON text, and what the confirmation around it says.
///
/// # Errors
/// [`FileError`].
pub fn read_json(text: &str) -> Result<(JsonReceipt, Stated), FileError> {
    let shape = |cause: serde_json::Error| FileError::Json(cause.to_string());
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(shape)?;
    if !fields.contains_key("bookingId") && !fields.contains_key("receipt") {
        return Ok((serde_json::from_str(text).map_err(shape)?, Stated::default()));
    }
    let mut around: Confirmation = serde_json::from_str(text).map_err(shape)?;
    let Some(receipt) = around.receipt.take() else {
        let id = around.receipt_url.split('/').find(|part| part.starts_with("bk_"));
        let booking = around.booking_id.or(id.map(str::to_owned)).unwrap_or_else(|| "BOOKING".into());
        return Err(FileError::NotYet { booking });
    };
    Ok((receipt, around.stated()))
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, FileError> {
    Base64::decode_vec(text).map_err(|_| FileError::Base64(what.to_owned()))
}
