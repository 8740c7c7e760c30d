//! The words by which a guest is found: those of the name, and the whole e-mail address.

use keyrack_inventory::MAX_LOOKUPS;
use keyrack_proto::internal::GuestData;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a guest, at most [`MAX_LOOKUPS`].
pub fn words_of(guest: &GuestData) -> Vec<String> {
    let email = Some(folded(&guest.email)).filter(|email| !email.is_empty());
    let mut words: Vec<String> = email.into_iter().collect();
    for word in words_in(&guest.name) {
        if !words.contains(&word) && words.len() < MAX_LOOKUPS {
            words.push(word);
        }
    }
    words
}

/// The words that a caller looks for: an e-mail address, or words of a name.
pub fn words_in(text: &str) -> Vec<String> {
    if text.contains('@') {
        return vec![folded(text.trim())];
    }
    text.split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter))
        .map(folded)
        .filter(|word| !word.is_empty())
        .collect()
}

/// A text as searches compare it: without case and accents, so that `Muller` finds `MÜLLER`.
pub fn folded(text: &str) -> String {
    text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|letter| !is_combining_mark(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_hyphens_do_not_matter() {
        let guest =
            GuestData { name: "María-José MÜLLER".into(), email: "M.Mueller@Example.org".into(), ..Default::default() };
        assert_eq!(words_of(&guest), ["m.mueller@example.org", "maria", "jose", "muller"]);
        assert_eq!(words_in("müller"), ["muller"]);
        assert_eq!(words_in("M.MUELLER@example.ORG "), ["m.mueller@example.org"]);
        assert!(words_in(" - ").is_empty());
    }
}
