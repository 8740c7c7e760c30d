//! Checks that the crate does not use the standard library, clocks, randomness, hash tables or output, and does not mention
//! hotels.

use std::fs;
use std::path::{Path, PathBuf};

const BANNED: [&str; 11] =
    ["std::", "HashMap", "HashSet", "SystemTime", "Instant", "rand", "println", "unsafe ", ".unwrap()", "hotel", "keyrack"];

#[test]
fn the_sources_have_none_of_the_banned_words() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(sources.len() > 10, "the test no longer finds the sources");
    for path in sources {
        let text = fs::read_to_string(&path).expect("a readable source");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for banned in BANNED {
                assert!(!code.contains(banned), "{banned} in {}:{}", path.display(), number + 1);
            }
        }
        assert!(text.lines().count() <= 500, "{} is too long", path.display());
    }
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("a readable source");
    assert!(lib.contains("#![no_std]") && lib.contains("#![forbid(unsafe_code)]"));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("a readable entry").path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
