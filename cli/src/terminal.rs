//! Makes text from servers and files safe to print.

use std::path::Path;

/// Escapes every character that can steer a terminal, and line breaks too: the value cannot add lines.
pub fn line(value: &str) -> String {
    plain(value).replace('\n', "\\n")
}

/// A text of a server or a file inside a message: on one line, and cut after `longest` characters.
pub fn part_of(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => line(&text[..end]) + "...",
        None => line(text),
    }
}

/// The name of a file on one line.
pub fn path_text(path: &Path) -> String {
    line(&path.to_string_lossy())
}

/// A message that may end with a list. A line break stays only before the two blanks that begin an item, so that a text from
/// outside cannot pretend to be another message.
pub fn list(text: &str) -> String {
    text.split("\n  ").map(line).collect::<Vec<_>>().join("\n  ")
}

/// Escapes every control character except newlines, so that the text cannot steer the terminal.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if steers(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Escapes the same characters as [`plain`] in a JSON text, as JSON does: the value stays the same.
pub fn plain_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for letter in json.chars() {
        if steers(letter) {
            // All of them have at most four hexadecimal digits.
            shown += &format!("\\u{:04x}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Control characters, and marks that change the writing direction or have no width: they can make a text look like another.
/// The joiners U+200C and U+200D are letters' neighbours in Persian and Indian names, so they stay.
fn steers(letter: char) -> bool {
    let is_control = letter.is_control() && letter != '\n';
    is_control
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_keeps_the_line_breaks_of_a_list() {
        assert_eq!(super::list("no node:\n  one\n  two"), "no node:\n  one\n  two");
        assert_eq!(
            super::list("it is \0a\nkeyrack: all is well\n\u{1b}[2J"),
            "it is \\u{0}a\\nkeyrack: all is well\\n\\u{1b}[2J"
        );
        assert_eq!(super::path_text(std::path::Path::new("a\nb\u{85}")), "a\\nb\\u{85}");
    }

    #[test]
    fn every_character_that_steers_is_escaped() {
        let bidirectional = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        for letter in ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}').chain(bidirectional) {
            let text = format!("a{letter}b");
            let shown = super::line(&text);
            assert!(shown.starts_with("a\\") && shown.ends_with('b') && !shown.contains(letter), "{shown:?}");
            let json = super::plain_json(&serde_json::to_string(&text).expect("JSON"));
            assert!(!json.contains(letter), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
        }
        assert_eq!(super::plain(&super::line("\u{1b}\n")), super::line("\u{1b}\n"), "a second pass changes nothing");
    }

    #[test]
    fn escape_sequences_are_spelled_out_and_a_json_value_stays_the_same() {
        assert_eq!(super::line("a\nb\t"), "a\\nb\\t");
        assert_eq!(super::plain("علی\u{200c}رضا\u{200b}"), "علی\u{200c}رضا\\u{200b}");
        assert_eq!(super::plain("a\x1b[2Jb\rc\n\u{202e}d ä"), "a\\u{1b}[2Jb\\rc\n\\u{202e}d ä");
        let json = "[\n  \"a\u{9b}31m\u{202e}\u{7f}ä\"\n]";
        assert_eq!(super::plain_json(json), "[\n  \"a\\u009b31m\\u202e\\u007fä\"\n]");
        let values: [Vec<String>; 2] = [json, &super::plain_json(json)].map(|text| serde_json::from_str(text).expect("JSON"));
        assert_eq!(values[0], values[1]);
        assert_eq!((super::part_of("a\nbc", 3), super::part_of("a\nbc", 4)), ("a\\nb...".to_owned(), "a\\nbc".to_owned()));
    }
}
