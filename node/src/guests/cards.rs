//! Finds payment card numbers in texts, so that none is stored.
//!
//! One digit in ten is a correct check digit by chance. So a number in a text is a card's only if it stands alone, is written as card
//! numbers are written, and has a card scheme's first digits and length. Identifiers are not searched at all: one in ten order numbers of 16
//! digits would be refused.

/// A card scheme's range of first digits (ISO/IEC 7812-1), which all have the same number of digits, and the lengths of its numbers.
struct Scheme {
    first: std::ops::RangeInclusive<u32>,
    lengths: &'static [usize],
}

/// The schemes whose cards are in use. Visa's numbers of 13 digits are not: no card has had one for decades, and many telephone numbers
/// look like one.
const SCHEMES: [Scheme; 20] = [
    // Visa
    scheme(4..=4, &[16, 19]),
    // Mastercard
    scheme(51..=55, &[16]),
    scheme(2221..=2720, &[16]),
    // American Express
    scheme(34..=34, &[15]),
    scheme(37..=37, &[15]),
    // Diners Club
    scheme(300..=305, &[14]),
    scheme(3095..=3095, &[14]),
    scheme(36..=36, &[14]),
    scheme(38..=39, &[14]),
    // Discover
    scheme(6011..=6011, &[16, 19]),
    scheme(644..=649, &[16, 19]),
    scheme(65..=65, &[16, 19]),
    // JCB
    scheme(3528..=3589, &[16, 19]),
    // UnionPay
    scheme(62..=62, &[16, 17, 18, 19]),
    // Maestro
    scheme(5018..=5020, &[16, 18, 19]),
    scheme(5038..=5038, &[16, 18, 19]),
    scheme(5893..=5893, &[16, 18, 19]),
    scheme(6304..=6304, &[16, 18, 19]),
    scheme(6759..=6763, &[16, 18, 19]),
    // Mir
    scheme(2200..=2204, &[16, 19]),
];

/// How card numbers are written: the lengths of the groups of digits.
const WRITINGS: [&[usize]; 9] =
    [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 4, 4, 3], &[5, 5, 5], &[4, 6, 4], &[4, 4, 4, 2], &[8, 8], &[6, 13]];
/// The most characters between two groups.
const GAP: usize = 2;
/// A group of at least this many digits can be a whole number.
const SHORTEST: usize = 14;

const fn scheme(first: std::ops::RangeInclusive<u32>, lengths: &'static [usize]) -> Scheme {
    Scheme { first, lengths }
}

/// Whether a free text has a payment card's number in it.
pub fn has_card_number(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let groups = groups(&letters);
    (0..groups.len()).any(|first| begins_with_card(&letters, &groups[first..]))
}

/// Whether a text is a payment card's number and nothing else.
pub fn is_card_number(text: &str) -> bool {
    let is_written_so = text.chars().all(|letter| digit(letter).is_some() || !letter.is_alphanumeric());
    let digits: Vec<u8> = text.chars().filter_map(digit).collect();
    is_written_so && is_card(&digits)
}

/// Digits that follow each other: where they begin and end in the text.
#[derive(Clone, Copy)]
struct Group {
    from: usize,
    to: usize,
}

fn groups(letters: &[char]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, _) in letters.iter().enumerate().filter(|(_, letter)| digit(**letter).is_some()) {
        match groups.last_mut() {
            Some(last) if last.to == at => last.to = at + 1,
            _ => groups.push(Group { from: at, to: at + 1 }),
        }
    }
    groups
}

/// Whether the first group alone, or the first groups in one of the usual writings, are a card's number that stands alone.
fn begins_with_card(letters: &[char], groups: &[Group]) -> bool {
    let lengths = || groups.iter().map(|group| group.to - group.from);
    let alone = lengths().next().is_some_and(|length| length >= SHORTEST).then_some(1);
    let written = WRITINGS.iter().filter(|writing| lengths().take(writing.len()).eq(writing.iter().copied()));
    alone.into_iter().chain(written.map(|writing| writing.len())).any(|count| {
        let number = &groups[..count];
        let digits: Vec<u8> =
            number.iter().flat_map(|group| &letters[group.from..group.to]).filter_map(|one| digit(*one)).collect();
        is_one_number(letters, number) && stands_alone(letters, number) && is_card(&digits)
    })
}

/// Whether there are only a few separators between the groups, the same everywhere.
fn is_one_number(letters: &[char], groups: &[Group]) -> bool {
    groups.windows(2).all(|pair| {
        let between = &letters[pair[0].to..pair[1].from];
        between.len() <= GAP && between.iter().all(|letter| !letter.is_alphanumeric() && *letter != '+')
    })
}

/// Whether no letter, and no hyphen or underscore with a letter behind it, touches the number: it would be a part of an identifier. A number
/// after a `+` is a telephone number.
fn stands_alone(letters: &[char], groups: &[Group]) -> bool {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return false };
    let mut before = letters[..first.from].iter().rev();
    let mut after = letters[last.to..].iter();
    !touches(&mut before) && !touches(&mut after)
}

fn touches<'t>(outwards: &mut impl Iterator<Item = &'t char>) -> bool {
    match outwards.next() {
        Some('-' | '_') => outwards.next().is_some_and(|letter| letter.is_alphanumeric()),
        Some(letter) => letter.is_alphanumeric() || *letter == '+',
        None => false,
    }
}

fn is_card(digits: &[u8]) -> bool {
    let begins = |scheme: &Scheme| {
        let places = scheme.first.end().to_string().len();
        let first = digits.iter().take(places).fold(0, |number, digit| number * 10 + u32::from(*digit));
        scheme.first.contains(&first)
    };
    SCHEMES.iter().any(|scheme| scheme.lengths.contains(&digits.len()) && begins(scheme)) && luhn(digits)
}

/// Whether the check digit is correct (Luhn, ISO/IEC 7812-1).
fn luhn(digits: &[u8]) -> bool {
    let weighed = |(place, digit): (usize, &u8)| {
        let weighed = u32::from(*digit) * (1 + place as u32 % 2);
        weighed / 10 + weighed % 10
    };
    digits.iter().rev().enumerate().map(weighed).sum::<u32>().is_multiple_of(10)
}

/// A decimal digit, also of the full-width, Arabic and Devanagari forms.
fn digit(letter: char) -> Option<u8> {
    const ZEROS: [u32; 5] = ['0' as u32, 0xff10, 0x0660, 0x06f0, 0x0966];
    let of = |zero: u32| (u32::from(letter)).checked_sub(zero).filter(|digit| *digit < 10).map(|digit| digit as u8);
    ZEROS.into_iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_in_every_usual_writing() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "pays with 5500-0000-0000-0004, exp 12/28",
            "378282246310005",
            "3782 822463 10005",
            "amex:3782-822463-10005",
            "30569309025904",
            "3056 930902 5904",
            "6011111111111117",
            "2221000000000009",
            "6304 0000 0000 0000",
            "6205500000000000004",
            "6205 5000 0000 0000 004",
            "3530111333300000",
            "1234 4111111111111111 99",
            "room 12 4111 1111 1111 1111 9",
            "4111  1111\u{a0}1111\t1111",
            "4111.1111.1111.1111",
            "41111111 11111111",
            "4111\u{2013}1111\u{2013}1111\u{2013}1111",
            "\u{ff14}\u{ff11}\u{ff11}\u{ff11} 1111 1111 1111",
            "(4111111111111111)",
            "card=4111111111111111;12/28",
        ] {
            assert!(has_card_number(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_accepted() {
        for text in [
            "",
            "4111111111111112",
            "+4915112345678901",
            "+35184629513706",
            "+4111111111111111",
            "BK-2026-000123",
            "BK4111111111111111",
            "ORD-4111111111111111",
            "4111111111111111-EU",
            "order_4111111111111111",
            "1234567890123",
            "4222222222222",
            "5511912345676",
            "3004859217364156",
            "411111111111111",
            "00000004111111111111111000",
            "2026-11-20 2026-11-21",
            "41111111-1111-4111-1111-111111111111",
            "4111 11111 111 1111",
            "tok_4f9a",
        ] {
            assert!(!has_card_number(text), "{text}");
        }
    }

    #[test]
    fn a_token_is_refused_only_if_it_is_a_card_number() {
        for text in ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005"] {
            assert!(is_card_number(text), "{text}");
        }
        for text in ["", "tok_4111111111111111", "4111111111111112", "9111111111111111", "pm-4f9a"] {
            assert!(!is_card_number(text), "{text}");
        }
    }

    /// Invented telephone numbers, UUIDs and order numbers: the same every time.
    #[test]
    fn numbers_in_texts_are_hardly_ever_taken_for_a_card() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..34_000 {
            let (a, b) = (random(), random());
            let uuid = format!("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, a & 0xffff, b & 0xfff, b >> 48, random() >> 16);
            let prefixed = format!("BK-{:016}", a % 10_000_000_000_000_000);
            let telephone = format!("+{}", a % 1_000_000_000_000_000);
            for text in [uuid, prefixed, telephone] {
                assert!(!has_card_number(&text), "{text}");
            }
        }
    }
}
