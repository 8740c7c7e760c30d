//! The help of every command of the programs, as one Markdown page.

use std::fmt::Write;

use crate::binaries::command;

const HEAD: &str = "# Commands

The help of every command. A test writes this page from the programs: `make messages`.

";

/// The help of the programs and of all their commands.
pub fn command_page() -> String {
    let mut page = HEAD.to_owned();
    for program in ["keyrack", "keyrackd"] {
        add(&mut page, program, &[]);
    }
    page.trim_end().to_owned() + "\n"
}

/// Adds a command, then its own commands in the order of its help.
fn add(page: &mut String, program: &str, path: &[String]) {
    // Settings of the caller would be shown as values.
    let output = command(program).args(path).arg("--help").env_clear().output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !help.is_empty(), "{program} {} --help failed", path.join(" "));
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let title = [program].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let _ = write!(page, "## {title}\n\n```text\n{}\n```\n\n", help.join("\n"));
    for name in names(&help) {
        add(page, program, &[path, &[name]].concat());
    }
}

/// The names below `Commands:`; `help` repeats what is shown anyway.
fn names(help: &[&str]) -> Vec<String> {
    let commands = help.iter().skip_while(|line| **line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let name = |line: &&str| {
        line.strip_prefix("  ").filter(|line| !line.starts_with(' ')).and_then(|line| line.split(' ').next().map(str::to_owned))
    };
    commands.filter_map(name).filter(|name| name != "help").collect()
}
