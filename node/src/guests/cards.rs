//! Finds payment card numbers in texts, so that none is stored.

/// The most characters between two groups of digits.
const GAP: usize = 2;

/// Whether a text has a payment card's number: 13 to 19 digits with a card's first digits and a correct check digit (Luhn,
/// ISO/IEC 7812-1). Between two digits there may be up to [`GAP`] characters that are neither letters nor digits. A number after
/// a `+` is a telephone number.
pub fn has_card_number(text: &str) -> bool {
    let mut groups: Vec<Vec<u8>> = Vec::new();
    let (mut gap, mut telephone, mut before) = (0, false, ' ');
    for letter in text.chars().chain(['.'; GAP + 1]) {
        if let Some(digit) = letter.to_digit(10) {
            if groups.is_empty() {
                telephone = before == '+';
            }
            match groups.last_mut() {
                Some(group) if gap == 0 => group.push(digit as u8),
                _ => groups.push(vec![digit as u8]),
            }
            gap = 0;
        } else if !groups.is_empty() {
            gap += 1;
            if gap > GAP || letter.is_alphanumeric() {
                if !telephone && (0..groups.len()).any(|first| begins_with_card(&groups[first..])) {
                    return true;
                }
                groups.clear();
                gap = 0;
            }
        }
        before = letter;
    }
    false
}

/// Whether the first groups together are a card's number, or the first group is longer and has one in it.
fn begins_with_card(groups: &[Vec<u8>]) -> bool {
    let amid = groups.first().is_some_and(|first| first.len() > 19 && first.windows(16).any(is_card));
    let mut digits = Vec::new();
    amid || groups.iter().any(|group| {
        digits.extend_from_slice(group);
        is_card(&digits)
    })
}

fn is_card(digits: &[u8]) -> bool {
    (13..=19).contains(&digits.len()) && begins_as_card(digits) && luhn(digits)
}

/// Whether the first digits are those of a card scheme: American Express and Diners, Visa, Mastercard, Discover, UnionPay, JCB, Maestro.
fn begins_as_card(digits: &[u8]) -> bool {
    match digits {
        [4..=6, ..] => true,
        [3, second, ..] => matches!(second, 0 | 4..=9),
        [2, second, ..] => (2..=7).contains(second),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let weighed = |(place, digit): (usize, &u8)| {
        let weighed = u32::from(*digit) * (1 + place as u32 % 2);
        weighed / 10 + weighed % 10
    };
    digits.iter().rev().enumerate().map(weighed).sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::has_card_number;

    #[test]
    fn card_numbers_are_found_in_every_notation() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "pays with 5500-0000-0000-0004, exp 12/28",
            "378282246310005",
            "30569309025904",
            "6011111111111117",
            "2221000000000009",
            "ref 4222222222222",
            "1234 4111111111111111 99",
            "room 12 4111 1111 1111 1111 9",
            "4111  1111\u{a0}1111\t1111",
            "4111.1111.1111.1111",
            "4111\u{2013}1111\u{2013}1111\u{2013}1111",
            "00000004111111111111111000",
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
            "BK-2026-000123",
            "1234567890123",
            "411111111111111",
            "2026-11-20 2026-11-21",
            "tok_4f9a",
        ] {
            assert!(!has_card_number(text), "{text}");
        }
    }
}
