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
