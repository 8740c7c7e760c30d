//! Runs the commands that the documents show, and compares what the documents say about them with what happens.
//!
//! A `console` block of a document has commands (lines that begin with `$ `) and their output. [`Document`] finds the
//! blocks, [`play`] runs them in bash against a real cluster, and [`Outcome`] has what differs. [`broken_links`],
//! [`missing_targets`] and [`Programs`] check what the prose names: links, make targets, commands and flags.
//!
//! An HTML comment directly before a block says where it runs:
//!
//! ```text
//! <!-- docs-test: dev -->            a development cluster with sample hotels; no key is set, the document exports one
//! <!-- docs-test: dev as manager --> the same, with the manager's key in KEYRACK_API_KEY from here on
//! <!-- docs-test: tls -->            three nodes with TLS: the document's own, if it shows `keyrackd run`
//! <!-- docs-test: shell -->          no cluster
//! <!-- docs-test: shell fails -->    a command of this block ends with an exit code other than 0, as the output shows
//! <!-- docs-test: skip REASON -->    not run
//! <!-- docs-test: file check.py -->  the block (of any language) is written to this file for the blocks after it
//! ```
//!
//! The comment may have further lines. They are put before the block's own lines, so a reader does not see them: for
//! example the booking that the block needs. A block without a comment runs where the previous one did.
//!
//! Invariants:
//! - prices, counts, states, codes, names and sentences match exactly; `values.rs` lists what may vary;
//! - an id stands for the same thing wherever the document shows it (`known.rs`);
//! - output that a document does not show is not compared, but the command must succeed;
//! - every process ends with the test (`session.rs`).
//!
//! Start with `document.rs` (blocks), then `play.rs` (running) and `matching.rs` (comparing).

mod align;
mod console;
mod directive;
mod document;
mod help;
mod known;
mod links;
mod make;
mod markdown;
mod matching;
mod play;
mod ports;
mod report;
mod scene;
mod session;
mod stage;
mod update;
mod values;

pub use directive::Kind;
pub use document::{Block, Document};
pub use help::Programs;
pub use links::{broken_links, markdown_files};
pub use make::{missing_targets, targets};
pub use markdown::{Code, code_of};
pub use play::{Outcome, play};
pub use update::{Edit, rewritten};
