//! The languages, and the choice among them.

/// The most ranges of a header that count. No person has more languages.
const RANGES: usize = 32;

/// A language that all texts exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, for callers that ask for none of these.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 4] = [Language::English, Language::German, Language::French, Language::Spanish];

    /// The language's tag (BCP 47), as in `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::French => "fr",
            Language::Spanish => "es",
        }
    }

    /// The language that an `Accept-Language` header (RFC 9110, section 12.5.4) prefers among [`Language::ALL`].
    pub fn preferred(accept_language: &str) -> Language {
        let mut ranges: Vec<(&str, f32)> = accept_language.split(',').take(RANGES).filter_map(range).collect();
        ranges.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranges.into_iter().find_map(|(tag, _)| Language::of_range(tag)).unwrap_or_default()
    }

    fn of_range(range: &str) -> Option<Language> {
        let primary = range.split('-').next().unwrap_or_default();
        if primary == "*" {
            return Some(Language::English);
        }
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// A range with its weight, such as `de-AT;q=0.8`. A weight of 0 excludes the language.
fn range(part: &str) -> Option<(&str, f32)> {
    let (range, weight) = part.split_once(';').unwrap_or((part, "q=1"));
    let (name, weight) = weight.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let weight: f32 = weight.trim().parse().ok()?;
    let range = range.trim();
    (!range.is_empty() && weight > 0.0).then_some((range, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_language_with_the_highest_weight_is_preferred() {
        for (header, tag) in [
            ("", "en"),
            ("xx", "en"),
            ("de-AT,en;q=0.5", "de"),
            // Of equal weights the first counts.
            ("de, en", "de"),
            ("fr, *", "fr"),
            ("en;q=0.5, es;q=0.5", "en"),
            ("en;q=0.2, fr;q=0.9", "fr"),
            ("es;q=0, *", "en"),
            ("xx, ES", "es"),
            ("de;q=x, fr", "fr"),
            ("en;q=0.1, de ; Q=0.9", "de"),
            ("de;level=1, fr;q=0.1", "fr"),
        ] {
            assert_eq!(Language::preferred(header).tag(), tag, "{header}");
        }
    }
}
