//! Texts in requests: how long they are, which characters they have, and what they must be.

use keyrack_inventory::{Currency, Price};
use keyrack_proto::v1;
use keyrack_texts::Detail;
use unicode_normalization::UnicodeNormalization;

use super::problem::Problem;
use super::quoted::quoted;
pub use crate::guests::folded;
use crate::guests::{GuestData, GuestNote, has_card_number, is_card_number, is_ignorable, is_visible};

/// The most characters in a name, reference or token.
const MAX_TEXT: usize = 200;
/// The most notes of a booking, and the most characters in one.
const MAX_NOTES: usize = 20;
const MAX_NOTE: usize = 1_000;
/// The most characters in all notes of one writer: each amendment writes them again.
const MAX_ALL_NOTES: usize = 4_000;
/// The stored kinds of notes.
const NOTE_OF_GUEST: u32 = 1;
/// See [`NOTE_OF_GUEST`].
pub const NOTE_INTERNAL: u32 = 2;

/// A free text of at most `MAX_TEXT` characters on one line, without a card number. Returned in Unicode's composed form (NFC).
///
/// # Errors
/// Says which field is wrong, and why.
pub fn text(name: &str, text: &str) -> Result<String, Problem> {
    if has_card_number(text) {
        return Err(Problem::new(Detail::TextHasCardNumber { field: name.to_owned() }));
    }
    identifier(name, text)
}

/// An identifier of at most `MAX_TEXT` characters, such as an order number, a telephone number or an e-mail address. Its digits can look
/// like a card number by chance. Returned in Unicode's composed form (NFC), so that equal identifiers are equal.
///
/// # Errors
/// As for [`text`].
pub fn identifier(name: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > MAX_TEXT {
        return Err(Problem::new(Detail::TextTooLong { field: name.to_owned(), limit: MAX_TEXT as u64 }));
    }
    check_characters(name, text)?;
    Ok(text.nfc().collect())
}

/// Checks that a text has no control characters. They could forge a line of a log or a terminal.
///
/// # Errors
/// Says where the first one is.
pub fn check_characters(name: &str, text: &str) -> Result<(), Problem> {
    match text.chars().position(is_control) {
        Some(at) => Err(Problem::new(Detail::TextHasControl { field: name.to_owned(), place: at as u64 + 1 })),
        None => Ok(()),
    }
}

/// Control characters, the ends of lines and paragraphs, and what reverses the order of the letters around it.
fn is_control(letter: char) -> bool {
    let is_direction = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || is_direction || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text of people that names something: as [`text`], and a person sees it.
///
/// # Errors
/// As for [`text`]; also if nothing of it is visible.
pub fn shown_name(name: &str, given: &str) -> Result<String, Problem> {
    if given.chars().any(is_visible) {
        text(name, given)
    } else {
        Err(Problem::new(Detail::FieldMissing { field: name.to_owned() }))
    }
}

/// A reference that machines compare, such as a seller's number of a booking, an e-mail address or a telephone number: without blanks
/// around it, and without characters that nobody sees.
///
/// # Errors
/// As for [`identifier`].
pub fn reference(name: &str, given: &str) -> Result<String, Problem> {
    let given = given.trim();
    match given.chars().position(is_ignorable) {
        Some(at) => Err(Problem::new(Detail::TextHasControl { field: name.to_owned(), place: at as u64 + 1 })),
        None => identifier(name, given),
    }
}

/// A payment provider's token, which is no card number.
///
/// # Errors
/// As for [`text`].
pub fn payment_token(token: &str) -> Result<String, Problem> {
    const NAME: &str = "payment.token";
    // A number with its date and code is no token either.
    let is_no_token = !token.chars().any(char::is_alphabetic) && has_card_number(token);
    if is_card_number(token) || is_no_token {
        return Err(Problem::new(Detail::TextHasCardNumber { field: NAME.to_owned() }));
    }
    identifier(NAME, token)
}

/// A new booking's guest, who has a name, and notes.
///
/// # Errors
/// Says which field is wrong, and why.
pub fn guest(guest: Option<v1::Guest>, notes: Vec<v1::Note>, writer: NoteWriter) -> Result<GuestData, Problem> {
    let v1::Guest { name, email, phone } = guest.ok_or_else(|| Problem::new(Detail::FieldMissing { field: "guest".into() }))?;
    let change = v1::GuestChange { name: Some(name), email: Some(email), phone: Some(phone) };
    let mut data = GuestData::default();
    change_guest(&mut data, change)?;
    data.notes = self::notes(notes, writer)?;
    Ok(data)
}

/// Changes the fields of a guest that are given.
///
/// # Errors
/// Says which field is wrong, and why.
pub fn change_guest(data: &mut GuestData, change: v1::GuestChange) -> Result<(), Problem> {
    if let Some(name) = change.name {
        data.name = shown_name("guest.name", &name)?;
    }
    if let Some(email) = change.email {
        data.email = reference("guest.email", &email)?;
        if !data.email.is_empty() && !is_email(&data.email) {
            return Err(Problem::new(Detail::Email { field: "guest.email" }));
        }
    }
    if let Some(phone) = change.phone {
        data.phone = reference("guest.phone", &phone)?;
    }
    Ok(())
}

/// Who writes notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteWriter {
    /// The hotel's staff, who may write internal notes.
    Staff,
    /// A seller.
    Seller,
}

/// Notes on a booking.
///
/// # Errors
/// Says which note is wrong, and why.
pub fn notes(notes: Vec<v1::Note>, writer: NoteWriter) -> Result<Vec<GuestNote>, Problem> {
    if notes.len() > MAX_NOTES {
        return Err(Problem::new(Detail::TooManyNotes { limit: MAX_NOTES as u64 }));
    }
    if notes.iter().map(|note| note.text.chars().count()).sum::<usize>() > MAX_ALL_NOTES {
        return Err(Problem::new(Detail::TextTooLong { field: "notes".into(), limit: MAX_ALL_NOTES as u64 }));
    }
    let note = |(place, note): (usize, v1::Note)| {
        let kind = match note.kind.as_str() {
            "guest" => NOTE_OF_GUEST,
            "internal" if writer == NoteWriter::Staff => NOTE_INTERNAL,
            "internal" => return Err(Problem::new(Detail::NoteInternal { field: format!("notes[{place}].kind") })),
            _ => return Err(Problem::new(Detail::NoteKind { field: format!("notes[{place}].kind") })),
        };
        Ok(GuestNote { kind, text: note_text(&format!("notes[{place}].text"), &note.text)? })
    };
    notes.into_iter().enumerate().map(note).collect()
}

/// A note may have several lines.
fn note_text(name: &str, note: &str) -> Result<String, Problem> {
    if !note.chars().any(is_visible) {
        return Err(Problem::new(Detail::FieldMissing { field: name.to_owned() }));
    }
    if note.chars().count() > MAX_NOTE {
        return Err(Problem::new(Detail::TextTooLong { field: name.to_owned(), limit: MAX_NOTE as u64 }));
    }
    if has_card_number(note) {
        return Err(Problem::new(Detail::TextHasCardNumber { field: name.to_owned() }));
    }
    note.split('\n').try_for_each(|line| check_characters(name, line))?;
    Ok(note.nfc().collect())
}

/// Why a caller overrides a rule.
///
/// # Errors
/// Another rule than restrictions, or no reason.
pub fn override_reason(given: Option<v1::Override>) -> Result<Option<String>, Problem> {
    let Some(v1::Override { rule, reason }) = given else { return Ok(None) };
    if rule != "restrictions" {
        return Err(Problem::new(Detail::OverrideRule));
    }
    if reason.trim().is_empty() {
        return Err(Problem::new(Detail::FieldMissing { field: "override.reason".into() }));
    }
    text("override.reason", &reason).map(Some)
}

/// An amount in its currency.
///
/// # Errors
/// No currency, or no amount in it.
pub fn price(name: &str, money: &v1::Money) -> Result<Price, Problem> {
    let currency = currency(&money.currency)?;
    let amount = currency.parse_amount(&money.amount).map_err(|_| Problem::new(Detail::Amount { field: name.to_owned() }))?;
    Ok(Price { amount, currency })
}

fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

/// A currency of ISO 4217 that has a unit.
///
/// # Errors
/// Another code.
pub fn currency(text: &str) -> Result<Currency, Problem> {
    let known = iso_currency::Currency::from_code(text).filter(|known| known.exponent().is_some());
    known.and_then(|_| Currency::new(text).ok()).ok_or_else(|| Problem::new(Detail::Currency))
}

/// Checks how a property is presented: its address, and the languages spoken there.
///
/// # Errors
/// Says which field is wrong, and why.
pub fn check_presentation(address: Option<&v1::Address>, languages: &[String], images: &[v1::Image]) -> Result<(), Problem> {
    for (place, image) in images.iter().enumerate() {
        // A link can be long, and have many digits.
        check_characters(&format!("images[{place}].url"), &image.url)?;
        text(&format!("images[{place}].caption"), &image.caption)?;
    }
    if let Some((place, tag)) = languages.iter().enumerate().find(|(_, tag)| !is_language(tag)) {
        return Err(Problem::new(Detail::LanguageTag { text: quoted(tag) }).within(&format!("languages[{place}]")));
    }
    let Some(address) = address else { return Ok(()) };
    let lines = address.lines.iter().enumerate().map(|(place, line)| (format!("address.lines[{place}]"), line));
    let parts = [("city", &address.city), ("postalCode", &address.postal_code), ("region", &address.region)];
    let parts = parts.into_iter().map(|(name, part)| (format!("address.{name}"), part));
    for (name, part) in lines.chain(parts) {
        check_characters(&name, part)?;
        if has_card_number(part) {
            return Err(Problem::new(Detail::AddressHasCardNumber).within(&name));
        }
    }
    let country = address.country.as_str();
    if country.is_empty() || (country.len() == 2 && country.parse::<iso_country::Country>().is_ok()) {
        return Ok(());
    }
    Err(Problem::new(Detail::Country { text: quoted(country) }).within("address"))
}

/// Whether a language tag (BCP 47) begins with a language of ISO 639.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known = match first.len() {
        2 => isolang::Language::from_639_1(&first),
        3 => isolang::Language::from_639_3(&first),
        _ => None,
    };
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    known.is_some() && parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use keyrack_proto::Code;

    use super::*;

    fn code<T: std::fmt::Debug>(checked: Result<T, Problem>) -> Code {
        checked.expect_err("refused").code
    }

    #[test]
    fn control_characters_are_refused() {
        for bad in ["\u{1b}[2J", "a\nb", "a\0", "\u{7f}", "\u{85}", "\u{202e}evil", "a\u{2028}b", "\u{2066}"] {
            assert_eq!(code(text("guest.name", bad)), Code::InvalidField, "{bad:?}");
        }
        for accepted in ["Zoë O'Neil-Smith", "李明", "نور", "a\u{200d}b", "👩‍👩‍👧"] {
            text("guest.name", accepted).unwrap_or_else(|problem| panic!("{accepted}: {problem:?}"));
        }
        assert_eq!(identifier("channelRef", "e\u{301}").expect("accepted"), "é");
    }

    #[test]
    fn a_guest_has_letters_in_its_name_and_a_valid_address() {
        let with = |name: &str, email: &str| {
            let named = v1::Guest { name: name.into(), email: email.into(), phone: String::new() };
            guest(Some(named), Vec::new(), NoteWriter::Seller).map(drop)
        };
        for (name, email) in [
            (" \t", ""),
            ("\u{a0}\u{3000}", ""),
            ("Ada", "not an email"),
            ("Ada", "a@b@example.org"),
            ("Ada", "@example.org"),
            ("Ada", "ada@"),
            ("Ada", "ada@localhost"),
            ("Ada", "ada@example..org"),
            ("Ada", "Ada <ada@example.org>"),
        ] {
            assert_eq!(code(with(name, email)), Code::InvalidField, "{name:?} {email:?}");
        }
        for email in
            ["", "ada@example.org", "ada+room.7@mail.example.co.uk", "5511912345676@guest.example.com", "ada@müller.example"]
        {
            with("Ada", email).unwrap_or_else(|problem| panic!("{email}: {problem:?}"));
        }
    }

    #[test]
    fn currencies_are_those_of_iso_4217_with_their_decimals() {
        for bad in ["XYZ", "eur", "EU", "EURO", "XXX", "XAU", ""] {
            assert_eq!(code(currency(bad)), Code::InvalidField, "{bad}");
        }
        let wide = |letter: u8| (b'A'..=b'Z').map(move |next| (letter, next));
        for (a, b) in (b'A'..=b'Z').flat_map(wide) {
            for c in b'A'..=b'Z' {
                let text = String::from_utf8(vec![a, b, c]).expect("letters");
                if let Some(digits) = iso_currency::Currency::from_code(&text).and_then(|known| known.exponent()) {
                    assert_eq!(currency(&text).expect("known").decimals(), usize::from(digits), "{text}");
                }
            }
        }
    }

    #[test]
    fn countries_and_languages_exist() {
        let country =
            |code: &str| check_presentation(Some(&v1::Address { country: code.into(), ..Default::default() }), &[], &[]);
        for known in ["", "PT", "DE", "TW", "SS", "CW"] {
            country(known).expect(known);
        }
        for bad in ["ZZZ", "ZZ", "pt", "PRT", "XX", "P"] {
            assert_eq!(code(country(bad)), Code::InvalidField, "{bad}");
        }
        let languages =
            |tags: &[&str]| check_presentation(None, &tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>(), &[]);
        languages(&["pt", "pt-BR", "zh-Hans-CN", "es-419", "gsw", "EN"]).expect("languages");
        for bad in ["", "xx", "english", "pt_BR", "pt-", "-pt", "q1"] {
            assert_eq!(code(languages(&["pt", bad])), Code::InvalidField, "{bad}");
        }
    }

    #[test]
    fn links_and_captions_of_images_are_plain_text() {
        let image =
            |url: &str, caption: &str| check_presentation(None, &[], &[v1::Image { url: url.into(), caption: caption.into() }]);
        image("https://example.org/4111111111111111.jpg", "Front").expect("a link may have many digits");
        assert_eq!(code(image("https://example.org/\u{1b}[2J", "Front")), Code::InvalidField);
        assert_eq!(code(image("https://example.org/1.jpg", "Front\nBack")), Code::InvalidField);
        assert_eq!(code(image("https://example.org/1.jpg", "4111 1111 1111 1111")), Code::CardNumber);
    }

    #[test]
    fn searches_know_letters_in_every_form() {
        for (a, b) in
            [("\u{130}stanbul", "istanbul"), ("KÖLN", "ko\u{308}ln"), ("São Paulo", "sao paulo"), ("ＴＯＫＹＯ", "tokyo")]
        {
            assert_eq!(folded(a), folded(b));
        }
        assert_ne!(folded("Lisbon"), folded("Lisboa"));
    }
}
