//! The hash chain of the audit trail.

use base64ct::{Base64, Encoding};
use keyrack_merkle::decode_hash;
use sha2::{Digest, Sha256};

use super::page::Record;
use crate::messages::trail::TrailError;
use crate::messages::usage::Usage;

/// The chain up to a record.
#[derive(Default)]
pub struct Chain {
    link: [u8; 32],
    /// The number of records in it.
    pub records: u64,
}

/// A number of records and the link after them, from a leaf of the receipts log.
#[derive(Debug, PartialEq, Eq)]
pub struct Seal {
    /// The number of records.
    pub records: u64,
    /// The link after them, in lower-case hexadecimal.
    pub link: String,
}

impl Chain {
    /// Adds a record.
    ///
    /// # Errors
    /// If the record's own link does not follow from the records before it.
    pub fn follow(&mut self, record: &Record) -> Result<(), TrailError> {
        let bytes = Base64::decode_vec(&record.encoded).map_err(|_| TrailError::NoBytes(self.records + 1))?;
        let sum = Sha256::new_with_prefix(b"keyrack audit v1\0").chain_update(self.link).chain_update(&bytes);
        self.link = sum.finalize().into();
        self.records += 1;
        match &record.link {
            Some(link) if *link != self.link() => Err(TrailError::Broken { record: self.records, line: record.line }),
            _ => Ok(()),
        }
    }

    /// The newest link in lower-case hexadecimal.
    pub fn link(&self) -> String {
        base16ct::lower::encode_string(&self.link)
    }
}

impl Seal {
    /// Parses `RECORDS:LINK`. The link is 64 hexadecimal digits, or base64 as `keyrack audit` prints it.
    pub fn parse(text: &str) -> Result<Seal, Usage> {
        let parsed = text.split_once(':').and_then(|(records, link)| {
            let mut bytes = [0; 32];
            let is_hex = base16ct::mixed::decode(link, &mut bytes).is_ok_and(|bytes| bytes.len() == 32);
            if !is_hex {
                bytes = decode_hash(link)?;
            }
            Some(Seal { records: records.parse().ok()?, link: base16ct::lower::encode_string(&bytes) })
        });
        parsed.ok_or_else(|| Usage::Seal(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(encoded: &str, link: Option<&str>) -> Record {
        let mut record = Record::default();
        record.encoded = encoded.into();
        record.link = link.map(str::to_owned);
        record
    }

    #[test]
    fn a_changed_record_breaks_the_chain() {
        let mut chain = Chain::default();
        chain.follow(&record("AAAA", None)).expect("it has no link");
        chain.follow(&record("BBBB", None)).expect("it has no link");
        let link = chain.link();
        for (bytes, fits) in [("BBBB", true), ("BBBA", false)] {
            let mut chain = Chain::default();
            chain.follow(&record("AAAA", None)).expect("the first");
            assert_eq!(chain.follow(&record(bytes, Some(&link))).is_ok(), fits, "{bytes}");
        }
        let error = Chain::default().follow(&record("?", None)).expect_err("it is not base64").to_string();
        assert!(error.starts_with("record 1 has no bytes to hash"), "{error}");
    }

    #[test]
    fn a_seal_is_a_number_and_a_link_in_hexadecimal_or_base64() {
        let link = "ab".repeat(32);
        let seal = Seal { records: 15, link: link.clone() };
        assert_eq!(Seal::parse(&format!("15:{}", link.to_uppercase())).expect("a seal"), seal);
        assert_eq!(Seal::parse(&format!("15:{}", keyrack_merkle::encode_hash(&[0xab; 32]))).expect("a seal"), seal);
        for wrong in ["15", "15:abcd", &format!("x:{link}"), &format!("15:{link}00")] {
            assert!(Seal::parse(wrong).is_err(), "{wrong}");
        }
    }
}
