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

/// A text as searches compare it: without case and accents, so that `Muller` finds `MÜLLER`, and `STRASSE` finds `Straße`.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            // Their capital letters are other letters.
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            // Letters that have no accent to leave out.
            'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            '’' => folded.push('\''),
            other => folded.push(other),
        }
    }
    folded
}

/// Whether a person sees a character.
pub fn is_visible(letter: char) -> bool {
    // A Braille pattern without dots is blank.
    !letter.is_whitespace() && !letter.is_control() && !is_combining_mark(letter) && !is_ignorable(letter) && letter != '\u{2800}'
}

/// Whether a character is not shown (`Default_Ignorable_Code_Point` of Unicode).
pub fn is_ignorable(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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
        for (one, other) in [("Straße", "STRASSE"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"), ("Łódź", "lodz"), ("D’Arc", "d'arc"), ("Ærø", "aero")]
        {
            assert_eq!(folded(one), folded(other));
        }
    }

    #[test]
    fn what_nobody_sees_is_no_name() {
        for blank in ["", " ", "\u{a0}", "\u{200b}", "\u{200b}\u{200d}\u{feff}", "\u{3164}", "\u{2800}", "\u{301}", "\u{e0041}"] {
            assert!(!blank.chars().any(is_visible), "{blank:?}");
        }
        assert!("\u{200b}x".chars().any(is_visible) && "名".chars().any(is_visible) && "🔑".chars().any(is_visible));
    }
}
