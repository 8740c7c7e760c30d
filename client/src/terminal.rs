//! What strangers wrote must not steer the terminal it is shown on.

/// The text with every control character but newlines spelled out.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        // Besides escape sequences: marks that turn the direction of writing around.
        let steers = letter.is_control() && letter != '\n';
        if steers || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    #[test]
    fn escape_sequences_are_spelled_out() {
        assert_eq!(super::plain("a\x1b[2Jb\rc\n\u{202e}d ä"), "a\\u{1b}[2Jb\\rc\n\\u{202e}d ä");
    }
}
