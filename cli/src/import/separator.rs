//! Finds the separator of a table from its header.

use std::fmt;

use super::columns::recognised;

/// The character between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
}

impl Separator {
    const ALL: [Separator; 3] = [Separator::Comma, Separator::Semicolon, Separator::Tab];

    /// The character as a byte.
    pub fn byte(self) -> u8 {
        match self {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
            Separator::Tab => b'\t',
        }
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Separator::Comma => "commas",
            Separator::Semicolon => "semicolons",
            Separator::Tab => "tabs",
        })
    }
}

/// The separator, and the place where the header begins. The header decides: the right separator gives the most columns
/// that an import knows. Excel may write a line `sep=;` before the header, and then that line decides.
pub fn find(text: &str) -> (Separator, usize) {
    let start = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let first = first_line(&text[start..]);
    let declared = first.strip_prefix("sep=").and_then(|one| Separator::ALL.into_iter().find(|s| one.as_bytes() == [s.byte()]));
    if let Some(separator) = declared {
        return (separator, start + first.len());
    }
    let known = |separator: &Separator| {
        recognised(first.split(char::from(separator.byte())).map(|header| header.trim().trim_matches('"')))
    };
    // The first of several equal ones wins, so that a table without known columns is read with commas.
    let best = Separator::ALL.into_iter().rev().max_by_key(known).unwrap_or(Separator::Comma);
    (best, start)
}

fn first_line(text: &str) -> &str {
    text.split(['\r', '\n']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_decides() {
        for (text, separator, start) in [
            ("hotel,adr\na;b;c;d", Separator::Comma, 0),
            ("hotel;adr\n", Separator::Semicolon, 0),
            ("\"hotel\"\t\"lead time\"\t\"x,y,z\"", Separator::Tab, 0),
            ("\r\n\nhotel;adr", Separator::Semicolon, 3),
            ("sep=;\r\nhotel,adr", Separator::Semicolon, 5),
            ("sep=|\n", Separator::Comma, 0),
            ("a;b;c", Separator::Comma, 0),
            ("", Separator::Comma, 0),
        ] {
            assert_eq!(find(text), (separator, start), "{text:?}");
        }
    }
}
