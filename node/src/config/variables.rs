//! The variables of the environment that override settings.

use super::renamed;
use super::settings::Config;

/// Variables of the command line and of the tests. A node ignores them.
const OTHERS: [&str; 6] =
    ["KEYRACK_ENDPOINT", "KEYRACK_API_KEY", "KEYRACK_CA", "KEYRACK_CERT", "KEYRACK_CERT_KEY", "KEYRACK_BIN_DIR"];

/// The names that begin with `KEYRACK_` and belong to no setting, such as a mistyped one.
pub fn unknown(names: impl Iterator<Item = String>) -> anyhow::Result<Vec<String>> {
    let mut known: Vec<String> = OTHERS.iter().map(|name| (*name).to_owned()).collect();
    collect(&toml::Table::try_from(Config::default())?, "KEYRACK", &mut known);
    known.extend(renamed::old_variables());
    let is_static_key = |name: &str| name.starts_with("KEYRACK_KEYS_");
    let mut unknown: Vec<String> =
        names.filter(|name| name.starts_with("KEYRACK_") && !is_static_key(name) && !known.contains(name)).collect();
    unknown.sort_unstable();
    Ok(unknown)
}

fn collect(table: &toml::Table, prefix: &str, names: &mut Vec<String>) {
    for (key, value) in table {
        let name = format!("{prefix}_{}", key.to_ascii_uppercase());
        match value {
            toml::Value::Table(inner) => collect(inner, &name, names),
            _ => names.push(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_found() {
        let names = [
            "KEYRACK_LIMITS_QUEUE_COMMANDS",
            "KEYRACK_NODE",
            "KEYRACK_AUDIT_SEAL_SECS", // the old name of a setting
            "KEYRACK_KEYS_OPERATOR",
            "KEYRACK_ENDPOINT",
            "HOME",
            "KEYRACK_LIMIT_QUEUE_COMMANDS",
            "KEYRACK_DATA_SHARD",
        ];
        let found = unknown(names.iter().map(|name| (*name).to_owned())).expect("a table");
        assert_eq!(found, ["KEYRACK_DATA_SHARD", "KEYRACK_LIMIT_QUEUE_COMMANDS"]);
    }
}
