//! Makes ids of properties and codes of room types from names.
//!
//! # Invariants
//! - A code is valid in the product, and no two names of a table have the same code.
//! - A name has the same code in every table and every run. The only exception is two hotels of one table whose names
//!   differ only in case, or in a blank for a hyphen.
//!
//! A name that its code spells completely keeps it without an addition. The code of every other name ends with digits of the
//! name's SHA-256.

use std::collections::{BTreeMap, BTreeSet};

use keyrack_inventory::ShortCode;
use sha2::{Digest, Sha256};

/// The most characters of a property's id.
const MAX_PROPERTY_ID: usize = 64;
/// The most characters of a room type's code.
const MAX_ROOM_TYPE: usize = 20;
/// The digits of a digest at the end of a code.
const DIGITS: usize = 6;

/// The most characters of a prefix, so that an id has room for a part of the name.
pub const MAX_PREFIX: usize = 40;

/// The ids of hotels by their names: small letters, after the prefix.
pub fn hotels<'a>(names: impl Iterator<Item = &'a str>, prefix: &str) -> BTreeMap<String, String> {
    let most = MAX_PROPERTY_ID - prefix.len();
    let whole = |name: &str| {
        let id = name.to_lowercase().replace(' ', "-");
        is_code(&id, most).then_some(id)
    };
    let codes = assign(names, whole, |name| words(name).to_lowercase(), most);
    codes.into_iter().map(|(name, code)| (name, format!("{prefix}{code}"))).collect()
}

/// The codes of room types by their names. A name that is a code stays as it is.
pub fn room_types<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    let whole = |name: &str| (is_code(name, MAX_ROOM_TYPE) && ShortCode::new(name).is_ok()).then(|| name.to_owned());
    assign(names, whole, |name| words(name).to_uppercase(), MAX_ROOM_TYPE)
}

/// Gives each name the code that spells it, or a shortened one with digits.
fn assign<'a>(
    names: impl Iterator<Item = &'a str>,
    whole: impl Fn(&str) -> Option<String>,
    short: impl Fn(&str) -> String,
    most: usize,
) -> BTreeMap<String, String> {
    let names: BTreeSet<&str> = names.collect();
    let mut codes = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut others = Vec::new();
    for name in names {
        match whole(name).filter(|code| taken.insert(code.clone())) {
            Some(code) => _ = codes.insert(name.to_owned(), code),
            None => others.push(name),
        }
    }
    for name in others {
        let digest = base16ct::lower::encode_string(&Sha256::digest(name));
        // More digits only if the first ones are taken, which one in 16 million pairs of names needs.
        let code = (DIGITS..most).map(|digits| with_digits(&short(name), &digest[..digits.min(digest.len())], most));
        let code = code.into_iter().find(|code| !taken.contains(code)).unwrap_or(digest);
        taken.insert(code.clone());
        codes.insert(name.to_owned(), code);
    }
    codes
}

fn with_digits(words: &str, digits: &str, most: usize) -> String {
    let room = most.saturating_sub(digits.len() + 1);
    let words = words[..words.len().min(room)].trim_end_matches('-');
    if words.is_empty() { digits.to_owned() } else { format!("{words}-{digits}") }
}

/// The words of a name in Latin letters and digits, with hyphens between them.
fn words(name: &str) -> String {
    let latin = deunicode::deunicode_with_tofu(name, " ");
    let words = latin.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Whether a text is valid as an id of a property and in the path of a request.
fn is_code(text: &str, most: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=most).contains(&text.len()) && text.bytes().all(allowed) && text.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hotel(name: &str) -> String {
        hotels([name].into_iter(), "")[name].clone()
    }

    fn room(name: &str) -> String {
        room_types([name].into_iter())[name].clone()
    }

    #[test]
    fn a_plain_name_is_its_own_code_and_another_one_gets_digits() {
        for (name, code) in [
            ("Resort Hotel", "resort-hotel"),
            ("H1", "h1"),
            ("Hôtel Étoile", "hotel-etoile-b182a4"),
            ("Café & Bar", "cafe-bar-"),
            ("東京ホテル", "dong-jing-hoteru-"),
            ("..", ""),
            ("!", ""),
        ] {
            assert!(hotel(name).starts_with(code), "{name}: {}", hotel(name));
        }
        assert_eq!((room("A"), room("a"), room("DBL.2")), ("A".into(), "a".into(), "DBL.2".into()));
        assert!(room("Deluxe Room with sea view").starts_with("DELUXE-ROOM-W-"), "{}", room("Deluxe Room with sea view"));
    }

    #[test]
    fn codes_are_valid_unique_and_independent_of_the_other_names() {
        let long = ["x".repeat(64), "x".repeat(65), "x".repeat(150), "é".repeat(150), "\u{1f3e8}".repeat(150)];
        let names = ["Hôtel Étoile", "Hotel Etoile", "HOTEL ETOILE", "Hotel-Etoile", "…", "。", "a/b", "a b", "ß", "ss", "İ"];
        let names: Vec<&str> = names.into_iter().chain(long.iter().map(String::as_str)).collect();
        let prefix = "p".repeat(MAX_PREFIX);
        let all = hotels(names.iter().copied(), &prefix);
        let rooms = room_types(names.iter().copied());
        assert_eq!(all.len(), all.values().collect::<BTreeSet<_>>().len());
        assert_eq!(rooms.len(), rooms.values().collect::<BTreeSet<_>>().len());
        assert!(all.values().all(|id| is_code(id, MAX_PROPERTY_ID) && id.starts_with(&prefix)), "{all:?}");
        assert!(rooms.values().all(|code| ShortCode::new(code).is_ok()), "{rooms:?}");
        for name in &names {
            assert_eq!(rooms[*name], room(name));
            assert!(
                all[*name] == hotels([*name].into_iter(), &prefix)[*name]
                    || name.eq_ignore_ascii_case("hotel etoile")
                    || *name == "Hotel-Etoile",
                "{name}"
            );
        }
        assert_eq!(all, hotels(names.iter().rev().copied(), &prefix));
    }
}
