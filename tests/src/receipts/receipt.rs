//! A receipt, and the whole check of it against a policy.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::leaf::Leaf;
use super::merkle::Hash;
use super::note::{Checkpoint, Note};
use super::policy::Policy;
use super::text::{base64, decimal, hash};
use super::{cbor, merkle};

/// What a guest keeps of a booking: a leaf, the claims that the guest may show, and the proof that the leaf is in the
/// log.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub leaf: Vec<u8>,
    pub disclosures: Vec<Disclosure>,
    /// The tlog-proof file.
    pub proof: String,
}

/// One claim. Its digest is in the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    pub name: String,
    pub value: String,
    pub salt: Vec<u8>,
}

/// What a receipt proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub index: u64,
    pub leaf: Leaf,
    pub checkpoint: Checkpoint,
    /// The cosigners' names in the policy.
    pub cosigners: Vec<String>,
}

/// A parsed tlog-proof file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    pub extra: Option<Vec<u8>>,
    pub index: u64,
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, unchanged.
    pub note: String,
}

impl Receipt {
    /// The `receipt` of a booking's answer, or the JSON of `/v1/bookings/{id}/receipt`.
    #[track_caller]
    pub fn of_json(receipt: &Value) -> Receipt {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not a text: {value} in {receipt}")).to_string();
        let bytes = |value: &Value| base64(&text(value)).unwrap();
        let disclosure =
            |claim: &Value| Disclosure { name: text(&claim["name"]), value: text(&claim["value"]), salt: bytes(&claim["salt"]) };
        let disclosures = receipt["disclosures"].as_array().unwrap_or_else(|| panic!("no disclosures: {receipt}"));
        Receipt {
            leaf: bytes(&receipt["leaf"]),
            disclosures: disclosures.iter().map(disclosure).collect(),
            proof: text(&receipt["proof"]),
        }
    }

    /// The text of `/v1/bookings/{id}/receipt`. The leaf is in the extra line of the proof file.
    pub fn of_text(text: &str) -> Result<Receipt, String> {
        let leaf = ProofFile::parse(text)?.extra.ok_or("the proof has no extra line")?;
        Ok(Receipt { leaf, disclosures: Vec::new(), proof: text.to_string() })
    }

    /// Checks everything: the leaf's form, the inclusion proof, the log's signature, the quorum, every disclosure.
    pub fn verify(&self, policy: &Policy) -> Result<Proved, String> {
        let file = ProofFile::parse(&self.proof)?;
        let note = Note::parse(&file.note)?;
        let checkpoint = note.checkpoint()?;
        policy.check_log(&note, &checkpoint.origin)?;
        let cosigners = policy.check_quorum(&note)?;
        merkle::verify_inclusion(file.index, checkpoint.size, merkle::leaf_hash(&self.leaf), &file.hashes, checkpoint.root)?;
        let leaf = Leaf::parse(&self.leaf)?;
        for claim in &self.disclosures {
            if !leaf.digests.contains(&claim.digest()) {
                return Err(format!("the claim {} is not in the leaf", claim.name));
            }
        }
        Ok(Proved { index: file.index, leaf, checkpoint, cosigners })
    }

    /// The value of a claim.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.disclosures.iter().find(|claim| claim.name == name).map(|claim| claim.value.as_str())
    }
}

impl Disclosure {
    /// SHA-256 over the CBOR array `[salt, value, name]`.
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = vec![0x83];
        cbor::write_bytes(&mut bytes, &self.salt);
        cbor::write_text(&mut bytes, &self.value);
        cbor::write_text(&mut bytes, &self.name);
        Sha256::digest(bytes).into()
    }
}

impl ProofFile {
    pub fn parse(text: &str) -> Result<ProofFile, String> {
        let (head, note) = text.split_once("\n\n").ok_or("the proof has no empty line")?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some("c2sp.org/tlog-proof@v1") {
            return Err("the first line names another format".into());
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).map(|line| base64(&line["extra ".len()..])).transpose()?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).ok_or("no index line")?;
        let hashes = lines.map(hash).collect::<Result<_, _>>()?;
        Ok(ProofFile { extra, index: decimal(index)?, hashes, note: note.to_string() })
    }
}
