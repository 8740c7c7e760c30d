//! Paths among the tokens of a macro. Only the macro knows its grammar.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::names::NamePath;

/// A path among tokens, and whether it is certain to be one.
pub struct TokenPath {
    pub path: NamePath,
    /// It has several segments or a capital letter, or `(` or `!` follows. A single lower-case word may be a field or a
    /// variable.
    pub is_surely_a_name: bool,
}

/// All paths, including those within parentheses, braces and brackets. Fields and methods (`.name`) are not paths.
pub fn paths(tokens: TokenStream) -> Vec<TokenPath> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => found.extend(paths(group.stream())),
            TokenTree::Ident(_) if !names_no_path(&tokens, at) => {
                let (path, end) = path_at(&tokens, at);
                found.push(path);
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether a word is not a path: `.field`, `'lifetime`, `$variable`. `$crate` is a path, and so is a word after the
/// dots of a range.
fn names_no_path(tokens: &[TokenTree], at: usize) -> bool {
    let sign = |back: usize| at.checked_sub(back).and_then(|at| punctuation(&tokens[at]));
    match sign(1) {
        Some('.') => sign(2) != Some('.'),
        Some('\'') => true,
        Some('$') => !matches!(&tokens[at], TokenTree::Ident(name) if name == "crate"),
        _ => false,
    }
}

/// The longest path that begins at a word, and the index after it.
fn path_at(tokens: &[TokenTree], start: usize) -> (TokenPath, usize) {
    let leading_colon = start >= 2 && is_double_colon(tokens, start - 2) && !ends_a_path(tokens, start - 2);
    let mut segments = Vec::new();
    let mut at = start;
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        segments.push(name.to_string());
        at += 1;
        if !is_double_colon(tokens, at) || !matches!(tokens.get(at + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        at += 2;
    }
    let called = match tokens.get(at) {
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
        Some(token) => punctuation(token) == Some('!') && punctuation_at(tokens, at + 1) != Some('='),
        None => false,
    };
    let capital = segments[0].starts_with(|c: char| c.is_uppercase());
    let is_surely_a_name = called || capital || segments.len() > 1;
    (TokenPath { path: NamePath { leading_colon, segments }, is_surely_a_name }, at)
}

fn is_double_colon(tokens: &[TokenTree], at: usize) -> bool {
    punctuation_at(tokens, at) == Some(':') && punctuation_at(tokens, at + 1) == Some(':')
}

/// Whether the token before `at` ends the type of `<Type>::name`.
fn ends_a_path(tokens: &[TokenTree], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| punctuation_at(tokens, before) == Some('>'))
}

fn punctuation_at(tokens: &[TokenTree], at: usize) -> Option<char> {
    tokens.get(at).and_then(punctuation)
}

fn punctuation(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(sign) => Some(sign.as_char()),
        _ => None,
    }
}
