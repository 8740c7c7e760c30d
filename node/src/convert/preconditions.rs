//! Preconditions of a request (RFC 9110, section 13): `If-Match` and `If-None-Match`, with lists, weak tags and `*`. The ETag of a record
//! is its revision.

use keyrack_texts::Detail;

use super::problem::Problem;

/// A revision that no record has. It makes the state machine refuse the command, and keep the refusal for retries.
const NEVER: u32 = u32::MAX;

/// The preconditions of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    /// The headers as they came. A retry must have the same.
    raw: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Listed(Vec<Tag>),
}

/// An ETag; `revision` is `None` if it is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    revision: Option<u32>,
}

/// What a precondition demands of the record's revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The revision that the state machine must find; `None` for any.
    Exactly(Option<u32>),
    /// It depends on the present revision; see [`Preconditions::given`].
    DependsOnPresent,
}

impl Preconditions {
    /// Reads the values of the two headers.
    ///
    /// # Errors
    /// A value that is not `*` and no list of ETags.
    pub fn read(if_match: Option<&[u8]>, if_none_match: Option<&[u8]>) -> Result<Preconditions, Problem> {
        let tags = |header: &str, value: Option<&[u8]>| {
            let wrong = || Problem::new(Detail::PreconditionInvalid { header: header.to_owned() });
            value.map(|value| tags(value).ok_or_else(wrong)).transpose()
        };
        let raw = [if_match.unwrap_or_default(), b"\n", if_none_match.unwrap_or_default()].concat();
        Ok(Preconditions {
            if_match: tags("If-Match", if_match)?,
            if_none_match: tags("If-None-Match", if_none_match)?,
            raw: if if_match.or(if_none_match).is_some() { raw } else { Vec::new() },
        })
    }

    /// The demand on a record that exists or not.
    pub fn demand(&self) -> Demand {
        match (&self.if_match, &self.if_none_match) {
            (None, None) => Demand::Exactly(None),
            (Some(Tags::Listed(tags)), None) => match tags.as_slice() {
                [Tag { is_weak: false, revision: Some(revision) }] => Demand::Exactly(Some(*revision)),
                _ => Demand::DependsOnPresent,
            },
            (None, Some(Tags::Any)) => Demand::Exactly(Some(0)),
            _ => Demand::DependsOnPresent,
        }
    }

    /// The revision that the state machine must find, if the record has `present` now (0 if it does not exist).
    pub fn given(&self, present: u32) -> Option<u32> {
        let holds = self.if_match.as_ref().is_none_or(|tags| tags.include(present, false))
            && self.if_none_match.as_ref().is_none_or(|tags| !tags.include(present, true));
        match (holds, &self.if_match, &self.if_none_match) {
            (false, ..) => Some(NEVER),
            // A record that exists never ceases to exist.
            (true, Some(Tags::Any), None) => None,
            (true, ..) => Some(present),
        }
    }

    /// Whether a record that does not exist fails the precondition, whatever else.
    pub fn needs_record(&self) -> bool {
        self.if_match.is_some()
    }

    /// The headers as they came, for the fingerprint of the request; `None` if the demand is in the request itself.
    pub fn raw(&self) -> Option<&[u8]> {
        match self.demand() {
            Demand::DependsOnPresent => Some(&self.raw),
            Demand::Exactly(_) => None,
        }
    }
}

impl Tags {
    /// Whether a record of this revision (0: none) has one of the tags. A strong comparison knows no weak tags.
    fn include(&self, present: u32, weakly: bool) -> bool {
        match self {
            Tags::Any => present > 0,
            Tags::Listed(tags) => present > 0 && tags.iter().any(|tag| tag.revision == Some(present) && (weakly || !tag.is_weak)),
        }
    }
}

/// Reads `*` or a list of ETags. A bare number is read as a tag: clients leave the quotation marks out.
fn tags(value: &[u8]) -> Option<Tags> {
    let value = value.trim_ascii();
    if value == b"*" {
        return Some(Tags::Any);
    }
    let mut rest = value;
    let mut tags = Vec::new();
    loop {
        // An empty element counts for nothing (section 5.6.1).
        rest = rest.trim_ascii_start();
        while let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
        }
        if rest.is_empty() && !tags.is_empty() {
            return Some(Tags::Listed(tags));
        }
        let (is_weak, after) = match rest.strip_prefix(b"W/") {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let (opaque, after) = match after.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = quoted.iter().position(|byte| *byte == b'"')?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None if !is_weak && !after.is_empty() => {
                let end = after.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
                (&after[..end], &after[end..])
            }
            None => return None,
        };
        // Visible characters and bytes beyond ASCII (`etagc`).
        let is_valid = opaque.iter().all(|byte| *byte == 0x21 || (0x23..=0x7e).contains(byte) || *byte >= 0x80);
        if !is_valid || (opaque.is_empty() && !rest.contains(&b'"')) {
            return None;
        }
        tags.push(Tag { is_weak, revision: revision(opaque) });
        rest = after.trim_ascii_start();
        match rest.split_first() {
            None => return Some(Tags::Listed(tags)),
            Some((b',', after)) => rest = after,
            Some(_) => return None,
        }
    }
}

/// The revision in one of our ETags. Another spelling of the number is another tag.
fn revision(opaque: &[u8]) -> Option<u32> {
    let number: u32 = std::str::from_utf8(opaque).ok()?.parse().ok()?;
    (number > 0 && number != NEVER && number.to_string().as_bytes() == opaque).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(if_match: Option<&str>, if_none_match: Option<&str>, present: u32) -> Option<u32> {
        let read = Preconditions::read(if_match.map(str::as_bytes), if_none_match.map(str::as_bytes)).expect("readable");
        match read.demand() {
            Demand::Exactly(revision) => revision,
            Demand::DependsOnPresent => read.given(present),
        }
    }

    #[test]
    fn preconditions_are_those_of_rfc_9110() {
        let (never, any) = (Some(NEVER), None);
        for (if_match, if_none_match, present, revision) in [
            (None, None, 3, any),
            (Some("\"3\""), None, 3, Some(3)),
            (Some(" 3 "), None, 4, Some(3)),
            (Some("*"), None, 3, any),
            (Some("*"), None, 0, never),
            (Some("\"2\", \"3\""), None, 3, Some(3)),
            (Some(",\"2\", ,\"3\","), None, 3, Some(3)),
            (Some("\"3\","), None, 4, Some(3)),
            (Some("\"2\",W/\"3\""), None, 3, never),
            (Some("\"a,b\", \"3\""), None, 3, Some(3)),
            (Some("\"03\""), None, 3, never),
            (Some("\"\""), None, 3, never),
            (Some("\"é\""), None, 3, never),
            (None, Some("*"), 3, Some(0)),
            (None, Some("*"), 0, Some(0)),
            (None, Some("\"2\", W/\"3\""), 3, never),
            (None, Some("\"2\""), 3, Some(3)),
            (None, Some("\"2\""), 0, Some(0)),
            (Some("\"3\""), Some("\"2\""), 3, Some(3)),
            (Some("\"3\""), Some("\"3\""), 3, never),
        ] {
            assert_eq!(given(if_match, if_none_match, present), revision, "{if_match:?} {if_none_match:?} at {present}");
        }
    }

    #[test]
    fn other_values_are_refused() {
        for value in ["", ",", ", ,", "\"3", "3\"", "W/3", "w/\"3\"", "\"3\" \"4\"", "abc", "*, \"3\"", "\"a b\"", "3 4"] {
            assert!(Preconditions::read(Some(value.as_bytes()), None).is_err(), "{value:?}");
        }
        assert!(Preconditions::read(Some(b"\xff"), None).is_err());
    }

    #[test]
    fn a_retry_must_have_the_same_headers() {
        let read = |value: &str| Preconditions::read(None, Some(value.as_bytes())).expect("readable");
        assert_eq!(read("*").raw(), None, "the revision is in the request");
        assert_ne!(read("\"1\"").raw(), read("\"2\"").raw());
    }
}
