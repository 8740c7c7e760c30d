//! The names in braces of the tables, such as `{http}`, and the texts that no output may contain.

use std::collections::BTreeMap;
use std::path::Path;

/// A part of every secret that the tables write down themselves. No output may contain it.
pub const SECRET: &str = "s3cr3tcanary";

/// Values by name.
#[derive(Clone, Default)]
pub struct Places {
    values: BTreeMap<String, String>,
    /// Texts that no output may contain.
    pub secrets: Vec<String>,
}

impl Places {
    /// Sets a value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// Sets a path.
    pub fn set_path(&mut self, name: &str, path: &Path) {
        self.set(name, path.to_str().unwrap());
    }

    /// Sets an API key. Its secret part must not appear in any output.
    pub fn set_key(&mut self, name: &str, key: &str) {
        let secret = key.splitn(3, '_').last().unwrap();
        assert!(secret.len() >= 16, "the key {name} has a short secret");
        self.secrets.push(secret.to_owned());
        self.set(name, key);
    }

    /// The lines of a secret file must not appear in any output.
    pub fn guard_file(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).unwrap();
        let secret = |line: &&str| line.len() >= 32 && !line.starts_with("-----");
        let words = text.lines().flat_map(str::split_whitespace).filter(secret);
        self.secrets.extend(words.map(str::to_owned));
    }

    /// The text with values in place of the names. Panics if a name has no value.
    pub fn fill(&self, text: &str) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let name = after.split('}').next().unwrap_or_default();
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_name {
                filled.push('{');
                rest = after;
                continue;
            }
            let value = self.values.get(name).unwrap_or_else(|| panic!("the place {name} is not set: {text}"));
            filled.push_str(value);
            rest = &after[name.len() + 1..];
        }
        filled + rest
    }
}
