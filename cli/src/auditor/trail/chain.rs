//! The hash chain of the audit trail.

use anyhow::{Context as _, ensure};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use super::page::Record;

/// The chain up to a record.
#[derive(Default)]
pub struct Chain {
    link: [u8; 32],
    /// How many records were followed.
    pub records: u64,
}

/// A number of records and the link after them, as a leaf of the receipts' log has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Seal {
    /// How many records.
    pub records: u64,
    /// The link after them, in lower-case hexadecimal.
    pub link: String,
}

impl Chain {
    /// Adds a record.
    ///
    /// # Errors
    /// If the record's own link does not follow from the records before it.
    pub fn follow(&mut self, record: &Record) -> anyhow::Result<()> {
        let bytes = Base64::decode_vec(&record.encoded).ok().context("a record without its bytes")?;
        let sum = Sha256::new_with_prefix(b"keyrack audit v1\0").chain_update(self.link).chain_update(&bytes);
        self.link = sum.finalize().into();
        self.records += 1;
        ensure!(
            record.link.as_ref().is_none_or(|link| *link == self.link()),
            "record {} (line {}) does not follow from those before it",
            self.records,
            record.line
        );
        Ok(())
    }

    /// The newest link in lower-case hexadecimal.
    pub fn link(&self) -> String {
        base16ct::lower::encode_string(&self.link)
    }
}

impl Seal {
    /// Parses `RECORDS:LINK`.
    pub fn parse(text: &str) -> anyhow::Result<Seal> {
        let (records, link) = text.split_once(':').context("--sealed is RECORDS:LINK")?;
        let records = records.parse().context("--sealed begins with a number of records")?;
        Ok(Seal { records, link: link.to_ascii_lowercase() })
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
        chain.follow(&record("AAAA", None)).expect("it has no link of its own");
        chain.follow(&record("BBBB", None)).expect("it has no link of its own");
        let good = chain.link();
        for (bytes, fits) in [("BBBB", true), ("BBBA", false)] {
            let mut chain = Chain::default();
            chain.follow(&record("AAAA", None)).expect("the first");
            assert_eq!(chain.follow(&record(bytes, Some(&good))).is_ok(), fits, "{bytes}");
        }
        let error = Chain::default().follow(&record("?", None)).expect_err("no base64").to_string();
        assert_eq!(error, "a record without its bytes");
    }

    #[test]
    fn seals_are_records_and_a_link() {
        assert_eq!(Seal::parse("15:ABcd").expect("a seal"), Seal { records: 15, link: "abcd".into() });
        assert!(Seal::parse("15").is_err() && Seal::parse("x:ab").is_err());
    }
}
