//! Golden scripts for the key inn, one file each in `scripts/`: a command line, `---`, its output.
//!
//! `UPDATE_GOLDEN=1 cargo test -p keyrack-inventory --test goldenscripts` rewrites the outputs; review the difference
//! before you keep it. Stays are written `arrival>departure` and exclude the departure. Date ranges are written
//! `from..to` and include both ends. `by ...` names the caller; without it the cluster is the caller.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;
mod script;

use std::fs;
use std::path::{Path, PathBuf};

use script::Inn;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ext| ext == "txt"));
    files.sort();
    files
}

/// Runs one script and returns it with the new outputs.
fn play(text: &str) -> String {
    let mut inn = Inn::new();
    let mut played = String::new();
    let mut in_output = false;
    for line in text.lines() {
        match line {
            "" => in_output = false,
            "---" => in_output = true,
            _ if in_output => continue,
            comment if comment.starts_with('#') => {}
            said => {
                let came = inn.say(said);
                played.push_str(&format!("{said}\n---\n{came}\n"));
                continue;
            }
        }
        if line != "---" {
            played.push_str(&format!("{line}\n"));
        }
    }
    played
}

#[test]
fn every_script_has_the_expected_output() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let scripts = scripts();
    assert!(scripts.len() >= 23, "scripts are missing");
    let mut differ = Vec::new();
    for file in scripts {
        let written = fs::read_to_string(&file).unwrap();
        let played = play(&written);
        if update {
            fs::write(&file, &played).unwrap();
        } else if played != written {
            let lines = written.lines().zip(played.lines()).position(|(w, p)| w != p).unwrap_or_default();
            let shown = played.lines().nth(lines).unwrap_or_default();
            differ.push(format!("{} line {} is now\n  {shown}", file.display(), lines + 1));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
