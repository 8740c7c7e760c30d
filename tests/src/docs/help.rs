//! Checks that the commands and flags that a document names exist, by the programs' own `--help`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::markdown::Code;
use crate::run_until_exit;

/// The programs that documents name.
const PROGRAMS: [&str; 3] = ["keyrack", "keyrackd", "keyrack-jepsen"];
const HELP_ENDS_WITHIN: Duration = Duration::from_secs(30);

/// A program or one of its commands.
#[derive(Debug, Default)]
struct Command {
    commands: BTreeMap<String, Command>,
    /// Whether each flag takes a value.
    flags: BTreeMap<String, bool>,
}

/// What the programs understand.
pub struct Programs {
    programs: BTreeMap<String, Command>,
}

impl Programs {
    /// Asks each program and each of its commands for help.
    pub fn ask() -> Programs {
        let programs = PROGRAMS.iter().map(|program| (program.to_string(), asked(program, &[]))).collect();
        Programs { programs }
    }

    /// `path:line: what is wrong` for every command and flag that does not exist. A flag alone must exist somewhere.
    pub fn unknown(&self, path: &str, code: &[Code], foreign_flags: &[&str]) -> Vec<String> {
        let mut unknown = Vec::new();
        for code in code {
            let words: Vec<&str> = code.text.split_whitespace().collect();
            let wrong = match words.first() {
                Some(flag) if flag.starts_with("--") && flag.len() > 2 => {
                    let flag = name_of(flag);
                    let known = foreign_flags.contains(&flag) || self.programs.values().any(|program| program.has(flag));
                    (!known).then(|| format!("no program has the flag {flag}"))
                }
                _ => calls(&words, code.is_command).into_iter().find_map(|call| self.wrong(call)),
            };
            unknown.extend(wrong.map(|wrong| format!("{path}:{}: `{}`: {wrong}", code.line, code.text)));
        }
        unknown
    }

    fn wrong(&self, call: &[&str]) -> Option<String> {
        let mut name = call[0].to_string();
        let mut command = &self.programs[call[0]];
        let mut words = call[1..].iter();
        while let Some(word) = words.next() {
            if word.starts_with("--") && word.len() > 2 {
                let flag = name_of(word);
                match command.flags.get(flag) {
                    None => return Some(format!("{name} has no flag {flag}")),
                    Some(true) if !word.contains('=') => drop(words.next()),
                    Some(_) => {}
                }
            } else if !command.commands.is_empty() && !word.starts_with('-') {
                // A placeholder such as COMMAND or `...` ends what can be checked.
                if !word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
                    return None;
                }
                let Some(next) = command.commands.get(*word) else {
                    return Some(format!("{name} has no command {word}"));
                };
                name = format!("{name} {word}");
                command = next;
            }
        }
        None
    }
}

impl Command {
    fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag) || self.commands.values().any(|command| command.has(flag))
    }
}

fn asked(program: &str, path: &[&str]) -> Command {
    let report = run_until_exit(program, &[path, &["--help"]].concat(), HELP_ENDS_WITHIN);
    assert_eq!(report.code, Some(0), "{program} {path:?} --help: {}", report.stderr);
    let (names, flags) = read(&report.stdout);
    let commands = names.into_iter().map(|name| {
        let command = asked(program, &[path, &[name.as_str()]].concat());
        (name, command)
    });
    Command { commands: commands.collect(), flags }
}

/// The names of the commands and the flags of a help text.
fn read(help: &str) -> (Vec<String>, BTreeMap<String, bool>) {
    let mut names = Vec::new();
    let mut flags = BTreeMap::from([("--help".to_string(), false)]);
    let mut in_commands = false;
    for line in help.lines() {
        if !line.starts_with(' ') {
            in_commands = line == "Commands:";
        } else if in_commands && line.starts_with("  ") && !line.starts_with("   ") {
            names.extend(line.split_whitespace().next().filter(|name| *name != "help").map(str::to_string));
        } else if let Some(flag) = line.split_whitespace().find(|word| word.starts_with("--"))
            && line.trim_start().starts_with('-')
        {
            let described = line.trim_start();
            let shown = &described[..described.find("  ").unwrap_or(described.len())];
            flags.insert(name_of(flag).to_string(), shown.contains('<'));
        }
    }
    (names, flags)
}

/// The calls of our programs: the words from a program's name to the end of its command.
fn calls<'a>(words: &'a [&'a str], anywhere: bool) -> Vec<&'a [&'a str]> {
    let ends = |word: &&str| word.starts_with(['|', ';', '&', '#', '>', '<']) || word.starts_with("2>");
    let begins = |at: usize| {
        let before = at.checked_sub(1).map(|before| words[before]);
        let after_another = |word: &str| word.ends_with([';', '|', '&', '(']) || ["do", "then", "{", "!"].contains(&word);
        PROGRAMS.contains(&words[at]) && before.is_none_or(|word| anywhere && (after_another(word) || word.contains('=')))
    };
    let starts = (0..words.len()).filter(|at| begins(*at));
    starts
        .map(|at| {
            let call = &words[at..];
            let end = call.iter().position(ends).unwrap_or(call.len());
            // `a; b`: the first word with a semicolon at its end is the last of the call.
            let last = call[..end].iter().position(|word| word.ends_with(';')).map_or(end, |last| last + 1);
            &call[..last]
        })
        .collect()
}

/// `--flag` of `--flag=value`, `--flag;` or `--flag,`.
fn name_of(flag: &str) -> &str {
    let length = flag.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')).unwrap_or(flag.len());
    &flag[..length]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::markdown::code_of;
    use super::{Command, Programs, read};

    const HELP: &str = "Manage keys.\n\nUsage: keyrack [OPTIONS] <COMMAND>\n\nCommands:\n  create  Create a key,\n          wrapped --no\n  help    \
                        Print help\n\nOptions:\n      --json        Print JSON, like --not-this\n  -k, --key <KEY>   A key\n  -h, --help\n";

    fn programs() -> Programs {
        let (names, flags) = read(HELP);
        let create = |_| Command { flags: BTreeMap::from([("--label".to_string(), true)]), ..Command::default() };
        let keyrack = Command { commands: names.into_iter().map(|name| (name.clone(), create(name))).collect(), flags };
        let others = ["keyrackd", "keyrack-jepsen"].map(|name| (name.to_string(), Command::default()));
        Programs { programs: others.into_iter().chain([("keyrack".to_string(), keyrack)]).collect() }
    }

    #[test]
    fn a_help_text_has_commands_and_flags() {
        let (names, flags) = read(HELP);
        assert_eq!(names, ["create"]);
        let expected = [("--help", false), ("--json", false), ("--key", true)];
        assert_eq!(flags.into_iter().collect::<Vec<_>>(), expected.map(|(flag, value)| (flag.to_string(), value)));
    }

    #[test]
    fn unknown_commands_and_flags_are_found() {
        let table = [
            ("`keyrack --key kr_x create --label a`", None),
            ("`keyrack --key secret create`", None),
            ("`keyrack --json secret create`", Some("keyrack has no command secret")),
            ("`keyrack COMMAND --help`", None),
            ("`keyrack ...`", None),
            ("`keyrack destroy`", Some("keyrack has no command destroy")),
            ("`keyrack create --lable a`", Some("keyrack create has no flag --lable")),
            ("`--json`, `--locked`", None),
            ("`--jsno`", Some("no program has the flag --jsno")),
            ("say `keyrack`", None),
            ("```console\n$ cat a | keyrack destroy\n```", Some("keyrack has no command destroy")),
            ("```console\n$ for n in 1; do keyrack create; done\n```", None),
            ("```console\n$ A=1 keyrack destroy 2> log\n```", Some("keyrack has no command destroy")),
            ("```console\n$ mkdir keyrack destroy\n```", None),
        ];
        for (text, wrong) in table {
            let unknown = programs().unknown("a.md", &code_of(text), &["--locked"]);
            match wrong {
                None => assert_eq!(unknown, Vec::<String>::new(), "{text}"),
                Some(wrong) => assert!(unknown.len() == 1 && unknown[0].ends_with(wrong), "{text}: {unknown:?}"),
            }
        }
    }
}
