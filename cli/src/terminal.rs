//! Makes text from servers and files safe to print.

/// Escapes every character that can steer a terminal, and line breaks too: the value cannot add lines.
pub fn line(value: &str) -> String {
    plain(value).replace('\n', "\\n")
}

/// Escapes every control character except newlines, so that the text cannot steer the terminal.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let is_control = letter.is_control() && letter != '\n';
        // Marks that change the writing direction can make a text look like another one.
        let is_direction_mark = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if is_control || is_direction_mark {
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
        assert_eq!(super::line("a\nb\t"), "a\\nb\\t");
        assert_eq!(super::plain("a\x1b[2Jb\rc\n\u{202e}d ä"), "a\\u{1b}[2Jb\\rc\n\\u{202e}d ä");
    }
}
