//! Decodes the bytes of a table into text.
//!
//! # Invariants
//! - A byte order mark decides. Without one, bytes that are UTF-8 are UTF-8, and other bytes are Windows-1252.
//! - No character is replaced: bytes that have no meaning in the encoding are refused with their line.

use std::fmt;

use clap::ValueEnum;
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::lines::line_of;
use crate::messages::table::TextFault;

/// The encoding of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[value(name = "utf-8")]
    Utf8,
    /// UTF-16 with the low byte first.
    #[value(name = "utf-16le")]
    Utf16Le,
    /// UTF-16 with the high byte first.
    #[value(name = "utf-16be")]
    Utf16Be,
    /// Windows-1252, also known as "ANSI" or Latin 1.
    #[value(name = "windows-1252")]
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Windows1252 => "Windows-1252",
        })
    }
}

/// Decodes the bytes. `given` replaces the detection. The byte order mark is not part of the text.
///
/// # Errors
/// The first line that cannot be decoded, with the reason.
pub fn decode(bytes: &[u8], given: Option<Encoding>) -> Result<(String, Encoding), (usize, TextFault)> {
    let (marked, content) = without_mark(bytes);
    let encoding = match (given, marked) {
        (Some(given), _) => given,
        (None, Some(marked)) => marked,
        (None, None) => without_clue(bytes)?,
    };
    let content = if marked == Some(encoding) { content } else { bytes };
    let text = match encoding {
        Encoding::Utf8 => utf8(content)?,
        Encoding::Utf16Le => all_known(UTF_16LE, content)?,
        Encoding::Utf16Be => all_known(UTF_16BE, content)?,
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(content).0.into_owned(),
    };
    // The five bytes that Windows-1252 does not define become C1 controls. No table has NUL.
    match text.find(|letter| letter == '\0' || ('\u{80}'..='\u{9f}').contains(&letter)) {
        Some(place) => Err((line_of(&text, place), TextFault::Binary)),
        None => Ok((text, encoding)),
    }
}

fn without_mark(bytes: &[u8]) -> (Option<Encoding>, &[u8]) {
    let marks =
        [(&b"\xef\xbb\xbf"[..], Encoding::Utf8), (&b"\xff\xfe"[..], Encoding::Utf16Le), (&b"\xfe\xff"[..], Encoding::Utf16Be)];
    let found = marks.into_iter().find_map(|(mark, encoding)| Some((Some(encoding), bytes.strip_prefix(mark)?)));
    found.unwrap_or((None, bytes))
}

/// The encoding of bytes without a byte order mark.
fn without_clue(bytes: &[u8]) -> Result<Encoding, (usize, TextFault)> {
    if bytes.contains(&0) {
        return Err((1, TextFault::NoMark));
    }
    let Err(first) = std::str::from_utf8(bytes) else { return Ok(Encoding::Utf8) };
    // A few broken bytes in a UTF-8 file must not turn every other letter into two wrong ones.
    let (mut letters, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        broken += chunk.invalid().len();
    }
    if letters > broken {
        let valid = String::from_utf8_lossy(&bytes[..first.valid_up_to()]);
        return Err((line_of(&valid, valid.len()), TextFault::PartlyUtf8));
    }
    Ok(Encoding::Windows1252)
}

fn utf8(bytes: &[u8]) -> Result<String, (usize, TextFault)> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(cause) => {
            let valid = String::from_utf8_lossy(&bytes[..cause.valid_up_to()]);
            Err((line_of(&valid, valid.len()), TextFault::NotIn("UTF-8")))
        }
    }
}

fn all_known(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Result<String, (usize, TextFault)> {
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text.into_owned());
    }
    let text = encoding.decode_without_bom_handling(bytes).0;
    let place = text.find('\u{fffd}').unwrap_or(text.len());
    Err((line_of(&text, place), TextFault::NotIn("UTF-16")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn the_encoding_is_found_from_the_mark_or_from_the_bytes() {
        let text = "Hôtel\nŽižkov €";
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xef\xbb\xbf", text.as_bytes()].concat(), Encoding::Utf8),
            (utf16(&format!("\u{feff}{text}"), u16::to_le_bytes), Encoding::Utf16Le),
            (utf16(&format!("\u{feff}{text}"), u16::to_be_bytes), Encoding::Utf16Be),
            (b"H\xf4tel\n\x8ei\x9ekov \x80".to_vec(), Encoding::Windows1252),
        ] {
            assert_eq!(decode(&bytes, None), Ok((text.to_owned(), encoding)), "{encoding}");
            assert_eq!(decode(&bytes, Some(encoding)), Ok((text.to_owned(), encoding)), "{encoding}");
        }
        let unmarked = utf16(text, u16::to_le_bytes);
        assert_eq!(decode(&unmarked, Some(Encoding::Utf16Le)), Ok((text.to_owned(), Encoding::Utf16Le)));
    }

    #[test]
    fn bytes_without_a_meaning_are_refused_with_their_line() {
        for (bytes, line, fault) in [
            (&b"a\nb\x81"[..], 2, TextFault::Binary),
            (&b"\xef\xbb\xbfa\r\n\r\n\xff"[..], 3, TextFault::NotIn("UTF-8")),
            (&b"\xff\xfea\0\n\0\x00\xd8"[..], 2, TextFault::NotIn("UTF-16")),
            (&b"\xff\xfea\0\n"[..], 1, TextFault::NotIn("UTF-16")),
            (&b"h\0o\0t\0"[..], 1, TextFault::NoMark),
            ("aé\nßü\n\u{e9}".as_bytes().split_last().expect("not empty").1, 3, TextFault::PartlyUtf8),
        ] {
            assert_eq!(decode(bytes, None), Err((line, fault)), "{bytes:?}");
        }
    }
}
