//! Callers' texts inside messages.

/// The characters of an API key's prefix.
const PREFIX_CHARS: usize = 12;

/// A caller's text inside a message: quoted, with control characters escaped, and cut.
pub fn quoted(text: &str) -> String {
    cut(text, 64)
}

/// A key's prefix inside a message. A caller may send the whole key by mistake, so no more than a prefix is shown.
pub fn quoted_prefix(text: &str) -> String {
    cut(text, PREFIX_CHARS)
}

fn cut(text: &str, longest: usize) -> String {
    let shown: String = text.chars().take(longest).collect();
    format!("{shown:?}{}", if shown.len() < text.len() { "..." } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_escaped_and_cut() {
        assert_eq!(quoted("a\u{1b}[2J\"b"), r#""a\u{1b}[2J\"b""#);
        assert_eq!(quoted(&"é".repeat(64)), format!("\"{}\"", "é".repeat(64)));
        assert_eq!(quoted(&"é".repeat(65)), format!("\"{}\"...", "é".repeat(64)));
    }

    #[test]
    fn no_more_of_a_key_than_its_prefix_is_shown() {
        assert_eq!(quoted_prefix("a98n6yc0hhnq"), "\"a98n6yc0hhnq\"");
        assert_eq!(quoted_prefix("kr_a98n6yc0hhnq_secretsecret"), "\"kr_a98n6yc0h\"...");
    }
}
