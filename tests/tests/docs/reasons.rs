//! Which blocks may be left out.

use keyrack_tests::docs::{Document, Kind};
use keyrack_tests::sources::workspace;

use super::documents;

/// The reasons to leave a block out. A new one needs a good one.
const REASONS: [&str; 5] = [
    "long-running build",
    "long-running benchmark",
    "long-running fault tests",
    "installs from the internet",
    "needs a cluster that was harmed",
];

#[test]
fn blocks_are_left_out_only_for_known_reasons() {
    let (mut blocks, mut unknown) = (0, Vec::new());
    for path in documents() {
        // The test that runs the document reports why it cannot be read.
        let Ok(document) = Document::read(&workspace(), &path) else { continue };
        for block in document.blocks {
            blocks += 1;
            let Kind::Skip(reason) = block.kind else { continue };
            println!("not run: {path}:{}: {reason}", block.line);
            if !REASONS.contains(&reason.as_str()) {
                unknown.push(format!("{path}:{}: {reason}", block.line));
            }
        }
    }
    assert!(blocks > 0, "the search finds blocks");
    assert!(unknown.is_empty(), "none of {REASONS:?}:\n{}", unknown.join("\n"));
}
