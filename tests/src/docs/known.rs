//! What the values of a document are in this run: learned from outputs, used in later commands and outputs.

use std::collections::BTreeMap;

use super::matching::Capture;
use super::values::{Form, Piece, pieces};

/// Values of a document, each with its form and the value of this run.
#[derive(Default)]
pub struct Known {
    values: BTreeMap<String, (Form, String)>,
    /// The order in which the values were learned.
    order: Vec<String>,
}

impl Known {
    /// The key of a role: `kr_channel_...` in the documents.
    pub fn learn_role(&mut self, role: &str, key: &str) {
        self.put(Form::ApiKey, &format!("kr_{role}_..."), key);
    }

    pub fn learn(&mut self, captures: &[Capture]) {
        for Capture { form, shown, actual } in captures.iter().filter(|capture| capture.form.is_reused()) {
            self.put(*form, shown, actual);
            if let (Form::ApiKey, Some(shown), Some(actual)) = (form, prefix_of(shown), prefix_of(actual)) {
                self.put(Form::KeyPrefix, shown, actual);
            }
        }
    }

    /// A command with the values of this run.
    pub fn in_command(&self, command: &str) -> String {
        let mut command = command.to_string();
        for (shown, (_, actual)) in &self.values {
            command = replaced(&command, shown, actual);
        }
        self.abbreviated(&command)
    }

    /// A line of an expected output, in which the names that are known are fixed.
    pub fn in_line(&self, line: &str) -> Vec<Piece> {
        let fixed = |piece| match piece {
            Piece::Value(form, shown) if form.is_name() => match self.values.get(&shown) {
                Some((_, actual)) => Piece::Text(actual.clone()),
                None => Piece::Value(form, shown),
            },
            piece => piece,
        };
        pieces(line).into_iter().map(fixed).collect()
    }

    /// An output of this run with the values of the document.
    pub fn in_document(&self, line: &str) -> String {
        let mut line = line.to_string();
        for (shown, (_, actual)) in &self.values {
            line = replaced(&line, actual, shown);
        }
        line
    }

    /// Replaces `bk_0000...` in a command by the newest id that the document showed and that begins so.
    fn abbreviated(&self, command: &str) -> String {
        let whole = |piece| match piece {
            Piece::Value(Form::Id, shown) if shown.ends_with("...") => {
                let begin = shown.trim_end_matches('.');
                let newest = self.order.iter().rev().find(|known| known.starts_with(begin));
                newest.map_or(shown.clone(), |known| self.values[known].1.clone())
            }
            Piece::Value(_, text) | Piece::Text(text) => text,
            Piece::Anything => "...".to_string(),
        };
        pieces(command).into_iter().map(whole).collect()
    }

    fn put(&mut self, form: Form, shown: &str, actual: &str) {
        self.order.retain(|known| known != shown);
        self.order.push(shown.to_string());
        self.values.insert(shown.to_string(), (form, actual.to_string()));
    }
}

/// The part of a key that names it: `a98n6yc0hhnq` in `kr_a98n6yc0hhnq_...`.
fn prefix_of(key: &str) -> Option<&str> {
    key.strip_prefix("kr_")?.split('_').next().filter(|prefix| prefix.len() == 12)
}

/// Replaces whole words.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        result.push_str(before);
        rest = &found[from.len()..];
        let begins = from.starts_with('+') || !result.ends_with(belongs);
        let ends = from.ends_with("...") || !rest.starts_with(belongs);
        result.push_str(if begins && ends { to } else { from });
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::super::matching::Capture;
    use super::super::values::{Form, Piece};
    use super::Known;

    const SHOWN: &str = "bk_00000020d1z5a4p70v65mx4g1r";
    const ACTUAL: &str = "bk_00000099aaaaaaaaaaaaaaaaaa";

    fn known() -> Known {
        let mut known = Known::default();
        known.learn_role("channel", "kr_channel_00112233445566778899aabbccddeeff");
        let capture = |form, shown: &str, actual: &str| Capture { form, shown: shown.into(), actual: actual.into() };
        let secret = "x".repeat(43);
        known.learn(&[
            capture(Form::Id, SHOWN, ACTUAL),
            capture(Form::ApiKey, "kr_a98n6yc0hhnq_...", &format!("kr_b11b22b33b44_{secret}")),
            capture(Form::Time, "2026-11-20T16:23:31Z", "2027-01-01T00:00:00Z"),
        ]);
        known
    }

    #[test]
    fn commands_get_the_values_of_this_run() {
        let table = [
            (format!("keyrack receipt get {SHOWN}"), format!("keyrack receipt get {ACTUAL}")),
            ("keyrack receipt get bk_0000...".to_string(), format!("keyrack receipt get {ACTUAL}")),
            ("keyrack receipt get bk_1...".to_string(), "keyrack receipt get bk_1...".to_string()),
            ("KEY=kr_channel_...".to_string(), "KEY=kr_channel_00112233445566778899aabbccddeeff".to_string()),
            ("--replaces a98n6yc0hhnq".to_string(), "--replaces b11b22b33b44".to_string()),
            (format!("echo {SHOWN}x"), format!("echo {SHOWN}x")),
            ("since 2026-11-20T16:23:31Z".to_string(), "since 2026-11-20T16:23:31Z".to_string()),
        ];
        for (document, run) in table {
            assert_eq!(known().in_command(&document), run);
        }
    }

    #[test]
    fn a_name_that_is_known_must_be_the_same_again() {
        assert_eq!(known().in_line(SHOWN), [Piece::Text(ACTUAL.to_string())]);
        let other = "bk_00000020d1z5a4pe8xax8bs373";
        assert_eq!(known().in_line(other), [Piece::Value(Form::Id, other.to_string())]);
    }

    #[test]
    fn an_output_gets_the_documents_values_back() {
        assert_eq!(known().in_document(&format!("confirmed  {ACTUAL}")), format!("confirmed  {SHOWN}"));
        assert_eq!(known().in_document(&format!("kr_b11b22b33b44_{}", "x".repeat(43))), "kr_a98n6yc0hhnq_...");
    }
}
