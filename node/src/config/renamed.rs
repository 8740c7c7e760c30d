//! Settings that have a new name. The old name still works, with a warning.

/// A setting's old and new name, each with its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The name in older files.
    pub old: &'static str,
    /// The name today.
    pub new: &'static str,
}

/// The new names say when the seal is made, and what the limit counts. `settings.rs` has the old names as aliases.
const RENAMED: [Renamed; 2] = [
    Renamed { old: "audit.seal_secs", new: "audit.seal_after_secs" },
    Renamed { old: "limits.failed_sign_ins_per_minute", new: "limits.failed_sign_ins_per_minute_per_address" },
];

/// The value of a setting's variable, or of the variable with its old name.
pub fn variable(name: &str, environment: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let old = RENAMED.iter().find(|renamed| variable_name(renamed.new) == name);
    environment(name).or_else(|| old.and_then(|renamed| environment(&variable_name(renamed.old))))
}

/// The old names that a file or the environment uses.
pub fn old_names(file: &toml::Table, environment: &impl Fn(&str) -> Option<String>) -> Vec<Renamed> {
    let is_in_file = |path: &str| {
        let (table, key) = path.split_once('.').unwrap_or(("", path));
        file.get(table).and_then(toml::Value::as_table).is_some_and(|table| table.contains_key(key))
    };
    let is_used = |renamed: &Renamed| is_in_file(renamed.old) || environment(&variable_name(renamed.old)).is_some();
    RENAMED.into_iter().filter(is_used).collect()
}

/// The variables with old names.
pub fn old_variables() -> impl Iterator<Item = String> {
    RENAMED.iter().map(|renamed| variable_name(renamed.old))
}

fn variable_name(path: &str) -> String {
    format!("KEYRACK_{}", path.replace('.', "_").to_ascii_uppercase())
}
