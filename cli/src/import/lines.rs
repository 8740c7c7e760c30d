//! Counts lines, so that a message names the line of the file and not the number of the booking.

/// The line, counted from 1, of a place in a text.
pub fn line_of(text: &str, place: usize) -> usize {
    Lines::new(text).line_at(place)
}

/// Finds the lines of places that are asked for in ascending order. Line breaks are LF, CR LF, and CR alone.
pub struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    /// Starts at the first line.
    pub fn new(text: &'a str) -> Lines<'a> {
        Lines { text: text.as_bytes(), counted: 0, line: 1 }
    }

    /// The line of the place.
    pub fn line_at(&mut self, place: usize) -> usize {
        let end = place.min(self.text.len());
        while self.counted < end {
            let is_break = match self.text[self.counted] {
                b'\n' => true,
                b'\r' => self.text.get(self.counted + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += usize::from(is_break);
            self.counted += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_break_counts_once() {
        for (text, line) in [("", 1), ("a", 1), ("\n", 2), ("a\r\nb", 2), ("a\rb\n\nc\r\n\r\n", 6), ("\u{85}\u{2028}", 1)] {
            assert_eq!(line_of(text, text.len()), line, "{text:?}");
        }
        let mut lines = Lines::new("a\nb\nc");
        assert_eq!([0, 2, 2, 4, 99].map(|place| lines.line_at(place)), [1, 2, 2, 3, 3]);
    }
}
