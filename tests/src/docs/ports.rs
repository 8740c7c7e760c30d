//! The ports of the documents and those of the test's cluster.
//!
//! In the documents node i listens on 7100 + 10 i (HTTP), and the three ports after it. A test uses other ports with the
//! same last two digits, so that `71%s0` and `71${node}0` can be replaced, too.

use std::net::TcpListener;

use crate::free_port_base;

/// The base of the documents without its last two digits.
const DOCUMENTED: &str = "71";
/// What a script may have instead of the node's digit.
const PLACEHOLDERS: [&str; 4] = ["%s", "%d", "${node}", "${n}"];

/// A range of ports for one cluster.
pub struct Ports {
    base: u16,
    /// Held so that no other test takes the range.
    _lease: Option<TcpListener>,
}

impl Ports {
    pub fn choose() -> Ports {
        // Ranges that are not used are held until one fits. So the search does not find them again.
        let mut unfit = Vec::new();
        loop {
            let (base, lease) = free_port_base();
            if base.is_multiple_of(100) {
                return Ports { base, _lease: Some(lease) };
            }
            unfit.push(lease);
        }
    }

    /// For `--port-base`.
    pub fn base(&self) -> u16 {
        self.base
    }

    /// A documented text with the test's ports.
    pub fn of_test(&self, text: &str) -> String {
        exchanged(text, DOCUMENTED, &self.prefix())
    }

    /// An output of the test with the documented ports.
    pub fn of_document(&self, text: &str) -> String {
        exchanged(text, &self.prefix(), DOCUMENTED)
    }

    fn prefix(&self) -> String {
        (self.base / 100).to_string()
    }
}

/// Replaces the prefix where a node's digit (or a placeholder) and the digit of a listener follow, and nothing else.
fn exchanged(text: &str, from: &str, to: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        result.push_str(before);
        let last = result.chars().next_back();
        let begins = !last.is_some_and(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
        result.push_str(if begins && is_port(&found[from.len()..]) { to } else { from });
        rest = &found[from.len()..];
    }
    result + rest
}

fn is_port(after: &str) -> bool {
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let placeholder =
        PLACEHOLDERS.iter().find(|placeholder| after.starts_with(**placeholder)).map(|placeholder| placeholder.len());
    let Some(node) = placeholder.or_else(|| digit(after).then_some(1)) else { return false };
    let listener = &after[node..];
    listener.starts_with(['0', '1', '2', '3']) && !listener[1..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::Ports;

    #[test]
    fn documented_ports_are_exchanged_and_other_numbers_are_not() {
        let ports = Ports { base: 12_400, _lease: None };
        let table = [
            ("http://127.0.0.1:7110/v1", "http://127.0.0.1:12410/v1"),
            ("7100 7133", "12400 12433"),
            ("127.0.0.1:71%s2\\n", "127.0.0.1:124%s2\\n"),
            ("127.0.0.1:71${node}0", "127.0.0.1:124${node}0"),
            ("7114 71100 17110 7.7110 a7110 71 OTA-4711", "7114 71100 17110 7.7110 a7110 71 OTA-4711"),
        ];
        for (document, test) in table {
            assert_eq!(ports.of_test(document), test);
            assert_eq!(ports.of_document(test), document);
        }
    }
}
