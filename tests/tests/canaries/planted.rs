//! Random texts that are sent to one place and must not appear elsewhere.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use base64ct::{Base64Unpadded, Encoding};
use sha2::{Digest, Sha256};

/// Enough that no spelling occurs by chance, or from pieces that a compressor found elsewhere.
const LETTERS: usize = 20;
/// A spelling is indexed by its first bytes.
const HEAD: usize = 4;

/// Everything that was planted so far.
#[derive(Default)]
pub struct Planted {
    canaries: Vec<Canary>,
}

struct Canary {
    /// The place it was sent to.
    what: String,
    text: String,
    /// Why it may be in a node's data, if it may. It may never be in logs and metrics.
    may_rest: Option<&'static str>,
}

impl Planted {
    /// A random text for a place that it must not leave.
    pub fn plant(&mut self, what: &str) -> String {
        let text = random_letters();
        self.secret(what, &text);
        text
    }

    /// A random text for a place from which it reaches the data, with the reason.
    pub fn plant_at_rest(&mut self, what: &str, why: &'static str) -> String {
        let text = random_letters();
        self.canaries.push(Canary { what: what.to_string(), text: text.clone(), may_rest: Some(why) });
        text
    }

    /// A secret that a node issued. It must not appear elsewhere either. Only its end is searched, because its
    /// beginning need not be secret.
    pub fn secret(&mut self, what: &str, text: &str) {
        let end = text.len().checked_sub(LETTERS).expect("a secret has many letters");
        self.canaries.push(Canary { what: what.to_string(), text: text[end..].to_string(), may_rest: None });
    }

    pub fn count(&self) -> usize {
        self.canaries.len()
    }

    /// The texts found where they must not be: `what, spelling, in file`.
    pub fn leaks<'a>(&self, files: impl IntoIterator<Item = (&'a Path, &'a [u8])>, are_data: bool) -> Vec<String> {
        let forbidden = self.canaries.iter().filter(|canary| !are_data || canary.may_rest.is_none());
        found(forbidden, files).into_iter().map(|(canary, spelling, path)| format!("{canary}, {spelling}, in {path}")).collect()
    }

    /// The texts that may be in the data and were found there, with the reason.
    pub fn at_rest<'a>(&self, files: impl IntoIterator<Item = (&'a Path, &'a [u8])>) -> BTreeSet<(String, &'static str)> {
        let resting = self.canaries.iter().filter(|canary| canary.may_rest.is_some());
        let seen: BTreeSet<String> = found(resting, files).into_iter().map(|(canary, ..)| canary).collect();
        let named = self.canaries.iter().filter(|canary| seen.contains(&canary.what));
        named.filter_map(|canary| Some((canary.what.clone(), canary.may_rest?))).collect()
    }
}

/// A canary, and the name and the bytes of one spelling.
type Spelt<'c> = (&'c Canary, &'static str, Vec<u8>);
/// The canary, the spelling and the file.
type Found = BTreeSet<(String, &'static str, String)>;

fn found<'a, 'c>(canaries: impl IntoIterator<Item = &'c Canary>, files: impl IntoIterator<Item = (&'a Path, &'a [u8])>) -> Found {
    let mut by_head: HashMap<[u8; HEAD], Vec<Spelt>> = HashMap::new();
    for canary in canaries {
        for (spelling, bytes) in spellings(canary.text.as_bytes()) {
            let head = *bytes.first_chunk().unwrap();
            by_head.entry(head).or_default().push((canary, spelling, bytes));
        }
    }
    let mut found = Found::new();
    for (path, bytes) in files {
        for at in 0..bytes.len().saturating_sub(HEAD - 1) {
            let Some(wanted) = by_head.get(bytes[at..].first_chunk::<HEAD>().unwrap()) else { continue };
            for (canary, spelling, _) in wanted.iter().filter(|(.., wanted)| bytes[at..].starts_with(wanted)) {
                found.insert((canary.what.clone(), spelling, path.display().to_string()));
            }
        }
    }
    found
}

/// The encodings in which a log or a file may contain a text.
fn spellings(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex = base16ct::lower::encode_string(text);
    let decimal: Vec<String> = text.iter().map(u8::to_string).collect();
    let mut all = vec![
        ("as it is", text.to_vec()),
        ("in small letters", text.to_ascii_lowercase()),
        ("in hexadecimal", hex.clone().into_bytes()),
        ("in HEXADECIMAL", hex.to_uppercase().into_bytes()),
        ("as a list of bytes", decimal.join(", ").into_bytes()),
    ];
    // Within longer base64 a text has three possible encodings, depending on the bytes before it. The characters at its
    // ends also depend on its neighbours and are left out.
    for before in 0..3 {
        let shifted = [&vec![0; before][..], text].concat();
        let encoded = Base64Unpadded::encode_string(&shifted).into_bytes();
        let end = encoded.len() - usize::from(!shifted.len().is_multiple_of(3));
        all.push(("in base64", encoded[(before * 4).div_ceil(3)..end].to_vec()));
    }
    all
}

fn random_letters() -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    let digest = Sha256::digest(random);
    digest[..LETTERS].iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

/// A search that finds nothing proves something only if it can find texts.
#[test]
fn a_planted_text_is_found_in_every_spelling() {
    let mut planted = Planted::default();
    let text = planted.plant("a name");
    let resting = planted.plant_at_rest("a reference", "it is looked up by");
    let file = Path::new("keyrackd.log");
    let leaks = |content: &str, are_data: bool| planted.leaks([(file, content.as_bytes())], are_data);
    assert_eq!(leaks("nothing", false), Vec::<String>::new());
    assert_eq!(leaks(&format!("name={text}"), true), ["a name, as it is, in keyrackd.log"]);
    assert_eq!(leaks(&format!("{:?}", text.as_bytes()), false), ["a name, as a list of bytes, in keyrackd.log"]);
    for before in ["", "u", "us", "use", "user"] {
        let encoded = Base64Unpadded::encode_string(format!("{before}{text}:x").as_bytes());
        assert_eq!(leaks(&encoded, false), ["a name, in base64, in keyrackd.log"], "{before}");
    }
    assert_eq!(leaks(&resting, true), Vec::<String>::new());
    assert_eq!(leaks(&resting, false), ["a reference, as it is, in keyrackd.log"]);
    let at_rest = planted.at_rest([(file, resting.as_bytes())]);
    assert_eq!(at_rest, BTreeSet::from([("a reference".to_string(), "it is looked up by")]));
}
