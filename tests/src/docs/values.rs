//! The values that differ from run to run: how a document writes them, and which values match them.
//!
//! | form | in a document | matches |
//! |---|---|---|
//! | id | `bk_`, `hd_`, `qt_` and letters or digits, perhaps `...` | any id with this prefix |
//! | confirmation number | `0V65M-X4G1R` | any |
//! | API key | `kr_channel_...`, `kr_a98n6yc0hhnq_...`, or a whole key | any key |
//! | key's prefix | 12 small letters and digits | any |
//! | time | RFC 3339, or a date of HTTP | any in the same form |
//! | hex | 16 digits or more, also with colons | as many digits |
//! | base64 | 16 characters or more with small and capital letters and digits | any of 16 or more |
//! | key id | `+90255ed0` after the name of a signer | any |
//! | duration | `12 ms`, `1.3 s` | any |
//! | number | after `entry`, `term`, `leaf`, `index`, `pid`, `the first`, `content-length:`; before `leaves`, `records`, `verified`; `99` in `leaf 98 of 99` | any |
//! | signer | the node's number after `cosigned by`: any majority may be first | any |
//! | port | at `127.0.0.1` or `localhost`, from 10000 on | any |
//! | path | below `/tmp` | any absolute path |
//!
//! Everything else is text and matches only itself. A value of a document that looks like text (a digest without a
//! digit) is text; the author writes `...` then.

/// What kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Id,
    Confirmation,
    ApiKey,
    KeyPrefix,
    Time,
    Hex,
    Base64,
    KeyId,
    Duration,
    Number,
    Port,
    Path,
}

impl Form {
    /// Whether the value names something, so that the same value in a document always stands for the same thing.
    pub fn is_name(self) -> bool {
        matches!(self, Form::Id | Form::Confirmation | Form::ApiKey | Form::KeyPrefix)
    }

    /// Whether a later command may contain the value.
    pub fn is_reused(self) -> bool {
        self.is_name() || matches!(self, Form::Hex | Form::Base64 | Form::KeyId)
    }
}

/// A part of a line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `...`
    Anything,
    Value(Form, String),
}

const ALPHANUMERIC: fn(char) -> bool = |c| c.is_ascii_alphanumeric();
const SMALL: fn(char) -> bool = |c| c.is_ascii_lowercase() || c.is_ascii_digit();
const URL_SAFE: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || "-_".contains(c);
const BASE64: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || "+/".contains(c);
const PATH: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || "/._-".contains(c);

const MARKED_BEFORE: [&str; 7] = ["entry", "term", "leaf", "index", "pid", "the first", "content-length:"];
const MARKED_IN_JSON: [&str; 2] = ["\"index\":", "\"pid\":"];
const MARKED_AFTER: [&str; 4] = [" leaves", " records", " verified", " of them new"];

/// The parts of a line of a document.
pub fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut at = 0;
    while let Some(next) = line[at..].chars().next() {
        let (piece, length) = if line[at..].starts_with("...") {
            (Piece::Anything, 3)
        } else if let Some((form, length)) = value_at(line, at) {
            (Piece::Value(form, line[at..at + length].to_string()), length)
        } else {
            text.push(next);
            at += next.len_utf8();
            continue;
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(piece);
        at += length;
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// The value that a document's line has at a position, and its length.
fn value_at(line: &str, at: usize) -> Option<(Form, usize)> {
    let (before, here) = line.split_at(at);
    if let Some(length) = key_id(here) {
        return before.ends_with(ALPHANUMERIC).then_some((Form::KeyId, length));
    }
    if before.ends_with(|c| ALPHANUMERIC(c) || c == '_') {
        return None;
    }
    let shown = |form: Form, length: Option<usize>| length.filter(|n| ends_at(here, *n)).map(|n| (form, n));
    shown(Form::Id, shown_id(here))
        .or_else(|| shown(Form::ApiKey, shown_api_key(here)))
        .or_else(|| shown(Form::Time, time(here)))
        .or_else(|| shown(Form::Confirmation, confirmation(here).filter(|n| has_digit(&here[..*n]))))
        .or_else(|| shown(Form::Duration, duration(here, false)))
        .or_else(|| shown(Form::Number, marked_number(before, here)))
        .or_else(|| shown(Form::Port, port(here).filter(|n| *n >= 5 && after_loopback(before))))
        .or_else(|| shown(Form::Path, here.starts_with("/tmp/").then(|| run(here, PATH))))
        .or_else(|| shown(Form::KeyPrefix, key_prefix(here)))
        .or_else(|| {
            shown(
                Form::Hex,
                hex(here).filter(|n| has_digit(&here[..*n]) && here[..*n].contains(|c: char| c.is_ascii_alphabetic())),
            )
        })
        .or_else(|| shown(Form::Base64, shown_base64(here)))
}

/// The length of the value at the beginning of `here` that matches `shown`.
pub fn accepted(form: Form, shown: &str, here: &str) -> Option<usize> {
    match form {
        Form::Id => here.starts_with(&shown[..3]).then(|| 3 + run(&here[3..], SMALL)).filter(|n| *n >= 20),
        Form::Confirmation => confirmation(here),
        Form::ApiKey => api_key(here),
        Form::KeyPrefix => Some(12).filter(|_| run(here, SMALL) == 12),
        Form::Time => time(here),
        Form::Hex => hex(here).filter(|n| *n == shown.len()),
        Form::Base64 => base64(here),
        Form::KeyId => key_id(here),
        Form::Duration => duration(here, true),
        Form::Number => Some(run(here, |c| c.is_ascii_digit())).filter(|n| *n > 0),
        Form::Port => port(here),
        Form::Path => Some(run(here, PATH)).filter(|n| *n > 0 && here.starts_with('/')),
    }
}

/// A value ends where a word ends, or with `...`.
fn ends_at(here: &str, length: usize) -> bool {
    here[..length].ends_with("...") || !here[length..].starts_with(|c| ALPHANUMERIC(c) || c == '_')
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn with_dots(here: &str, length: usize) -> usize {
    length + if here[length..].starts_with("...") { 3 } else { 0 }
}

fn shown_id(here: &str) -> Option<usize> {
    ["bk_", "hd_", "qt_"].iter().find(|prefix| here.starts_with(**prefix))?;
    let length = with_dots(here, 3 + run(&here[3..], SMALL));
    (length > 6).then_some(length)
}

fn shown_api_key(here: &str) -> Option<usize> {
    let dotted = here.strip_prefix("kr_").map(|rest| 3 + run(rest, SMALL)).filter(|n| here[*n..].starts_with("_..."));
    dotted.map(|n| n + 4).or_else(|| api_key(here))
}

/// `kr_<prefix>_<43 characters>`, or a development key `kr_<role>_<32 hex digits>`.
fn api_key(here: &str) -> Option<usize> {
    let prefix = 3 + run(here.strip_prefix("kr_")?, SMALL);
    let secret = run(here[prefix..].strip_prefix('_')?, URL_SAFE);
    (secret >= 32).then_some(prefix + 1 + secret)
}

fn key_prefix(here: &str) -> Option<usize> {
    let word = &here[..run(here, SMALL)];
    let digits = word.chars().filter(char::is_ascii_digit).count();
    (word.len() == 12 && (2..=9).contains(&digits)).then_some(12)
}

fn confirmation(here: &str) -> Option<usize> {
    let half = |text: &str| run(text, |c| c.is_ascii_uppercase() || c.is_ascii_digit()) == 5;
    (half(here) && here[5..].starts_with('-') && half(&here[6..])).then_some(11)
}

/// `2026-11-20T16:23:31.326Z` or `Tue, 24 Nov 2026 16:23:31 GMT`.
fn time(here: &str) -> Option<usize> {
    for form in ["Xxx, 00 Xxx 0000 00:00:00 XXX", "0000-00-00T00:00:00"] {
        let fits = |(wanted, c): (char, char)| match wanted {
            '0' => c.is_ascii_digit(),
            'X' => c.is_ascii_uppercase(),
            'x' => c.is_ascii_lowercase(),
            wanted => c == wanted,
        };
        if here.len() < form.len() || !form.chars().zip(here.chars()).all(fits) {
            continue;
        }
        if form.starts_with('X') {
            return Some(form.len());
        }
        let fraction = match here[form.len()..].strip_prefix('.') {
            Some(rest) => 1 + run(rest, |c| c.is_ascii_digit()),
            None => 0,
        };
        let length = form.len() + fraction;
        return match here.as_bytes().get(length) {
            Some(b'Z') => Some(length + 1),
            Some(b'+' | b'-') => Some(length + 6).filter(|n| here.is_char_boundary(*n) && *n <= here.len()),
            _ => None,
        };
    }
    None
}

/// 16 hex digits or more; or 8 pairs or more with colons.
fn hex(here: &str) -> Option<usize> {
    let digit = |c: char| c.is_ascii_hexdigit();
    let colons = run(here, |c| digit(c) || c == ':');
    let pairs: Vec<&str> = here[..colons].split(':').collect();
    if pairs.len() >= 8 && pairs.iter().all(|pair| pair.len() == 2) {
        return Some(colons);
    }
    Some(run(here, digit)).filter(|n| *n >= 16)
}

fn base64(here: &str) -> Option<usize> {
    let of = |alphabet: fn(char) -> bool| {
        let letters = run(here, alphabet);
        // The name of a signer and its key id come before a key; they are no part of it.
        let letters = (0..letters).find(|at| key_id(&here[*at..]).is_some()).unwrap_or(letters);
        letters + run(&here[letters..], |c| c == '=').min(2)
    };
    Some(of(BASE64).max(of(URL_SAFE))).filter(|n| *n >= 16)
}

fn shown_base64(here: &str) -> Option<usize> {
    let length = base64(here)?;
    let count = |kind: fn(&char) -> bool| here[..length].chars().filter(kind).count();
    let is_random =
        count(char::is_ascii_uppercase) >= 2 && count(char::is_ascii_lowercase) >= 2 && count(char::is_ascii_digit) >= 1;
    is_random.then_some(length)
}

/// `+90255ed0` at the end of a word, or before the `+` of the key itself.
fn key_id(here: &str) -> Option<usize> {
    let digits = run(here.strip_prefix('+')?, |c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase());
    let ends = here[1 + digits..].chars().next().is_none_or(|c| c == '+' || !BASE64(c) && c != '=');
    (digits == 8 && ends).then_some(9)
}

/// Of a document only durations that are surely measured: a fraction of a second. `10 s` is a setting.
fn duration(here: &str, any: bool) -> Option<usize> {
    let whole = run(here, |c| c.is_ascii_digit());
    let number = run(here, |c| c.is_ascii_digit() || c == '.');
    if whole == 0 {
        return None;
    }
    let gap = run(&here[number..], |c| c == ' ').min(1);
    let unit = ["ms", "µs", "us", "s"].into_iter().find(|unit| here[number + gap..].starts_with(unit))?;
    let length = number + gap + unit.len();
    ((any || unit != "s" || number > whole) && ends_at(here, length)).then_some(length)
}

fn marked_number(before: &str, here: &str) -> Option<usize> {
    let length = Some(run(here, |c| c.is_ascii_digit())).filter(|n| *n > 0)?;
    let before = before.to_ascii_lowercase();
    let word = before.trim_end();
    let after_word = word.len() < before.len() && MARKED_BEFORE.iter().any(|mark| word.ends_with(mark));
    let marked = after_word
        || MARKED_IN_JSON.iter().any(|mark| before.ends_with(mark))
        || MARKED_AFTER.iter().any(|mark| here[length..].starts_with(mark))
        || is_size_after_index(word)
        || word.trim_start().starts_with("cosigned ") && word.ends_with("node-");
    marked.then_some(length)
}

/// `leaf 98 of`, before a number.
fn is_size_after_index(before: &str) -> bool {
    let index = before.strip_suffix(" of").map(|before| before.trim_end_matches(|c: char| c.is_ascii_digit()));
    index.is_some_and(|before| before.trim_end().ends_with("leaf"))
}

fn port(here: &str) -> Option<usize> {
    Some(run(here, |c| c.is_ascii_digit())).filter(|n| (4..=5).contains(n))
}

fn after_loopback(before: &str) -> bool {
    ["127.0.0.1:", "localhost:"].iter().any(|host| before.ends_with(host))
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
