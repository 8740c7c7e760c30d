//! The log events of a node, from the macros of `tracing` in the sources.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::cell::cell;
use crate::sizes::rust_files;

/// The crates whose code runs in a node.
const CRATES: [&str; 3] = ["cluster", "node", "pki"];

/// One event at INFO or above.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogEvent {
    /// The field `event`; `None` if the call has none.
    pub name: Option<String>,
    pub level: &'static str,
    /// The fixed sentence.
    pub message: String,
    /// `cluster/src/halt.rs`.
    pub path: String,
}

/// Every call of `tracing::error!`, `warn!` and `info!` outside tests, in order of the names.
pub fn log_events(workspace: &Path) -> BTreeSet<LogEvent> {
    let mut events = BTreeSet::new();
    for name in CRATES {
        for file in rust_files(workspace, &format!("{name}/src")) {
            let parsed = syn::parse_file(&file.text).unwrap_or_else(|cause| panic!("{}: {cause}", file.path));
            let mut found = Calls::default();
            found.visit_file(&parsed);
            let path = file.path;
            events.extend(found.calls.into_iter().map(|(level, tokens)| event(level, tokens, path.clone())));
        }
    }
    events
}

pub fn section(workspace: &Path) -> String {
    let mut page = "## Log events of a node\n\n[operations.md](operations.md#log-events) says what to do.\n\n".to_owned();
    page += "| event | level | message |\n|---|---|---|\n";
    for event in log_events(workspace) {
        let name = event.name.as_deref().unwrap_or("MISSING");
        let _ = writeln!(page, "| `{name}` | {} | {} |", event.level, cell(&event.message));
    }
    page + "\n"
}

#[derive(Default)]
struct Calls {
    calls: Vec<(&'static str, TokenStream)>,
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let names: Vec<String> = call.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let level = match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["tracing", "error"] => Some("ERROR"),
            ["tracing", "warn"] => Some("WARN"),
            ["tracing", "info"] => Some("INFO"),
            _ => None,
        };
        match level {
            Some(level) => self.calls.push((level, call.tokens.clone())),
            // Such as `tokio::select!`: its branches may log.
            None => self.visit_tokens(call.tokens.clone()),
        }
        visit::visit_macro(self, call);
    }
}

impl Calls {
    fn visit_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let word = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string()).unwrap_or_default();
            let level = match (word(5).as_str(), word(2).as_str(), word(1).as_str()) {
                ("tracing", "error", "!") => "ERROR",
                ("tracing", "warn", "!") => "WARN",
                ("tracing", "info", "!") => "INFO",
                _ => {
                    self.visit_tokens(group.stream());
                    continue;
                }
            };
            self.calls.push((level, group.stream()));
        }
    }
}

fn event(level: &'static str, tokens: TokenStream, path: String) -> LogEvent {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let literal = |token: &TokenTree| token.to_string().strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    let is_name = |at: usize| matches!(&tokens[at], TokenTree::Ident(name) if name == "event");
    let name = (0..tokens.len().saturating_sub(2)).find(|at| is_name(*at)).and_then(|at| literal(&tokens[at + 2]));
    let message = tokens.iter().rev().find_map(literal).unwrap_or_default();
    LogEvent { name, level, message, path }
}
