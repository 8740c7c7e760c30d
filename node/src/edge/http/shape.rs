//! Checks where a body has lists. serde also accepts a list in place of an object, with the fields in order. The OpenAPI document
//! does not allow that, so such a body is refused.

/// Whether every list of a JSON text is the value of one of the fields `lists`. The text must be well-formed.
pub fn lists_are_in_place(json: &str, lists: &[&str]) -> bool {
    let bytes = json.as_bytes();
    // The last string, and the last character outside of strings that is not whitespace.
    let (mut key, mut before) = ("", b'{');
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let from = at + 1;
                at = from;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                key = json.get(from..at.min(bytes.len())).unwrap_or_default();
                before = b'"';
            }
            b'[' if before != b':' || !lists.contains(&key) => return false,
            byte if byte.is_ascii_whitespace() => {}
            byte => before = byte,
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: [&str; 4] = ["rooms", "childrenAges", "updates", "days"];

    #[test]
    fn only_declared_fields_may_have_lists() {
        for valid in [
            r#"{}"#,
            r#"{"rooms":[{"childrenAges":[3,4]},{"childrenAges":[]}],"guest":{"name":"[]"}}"#,
            r#"{ "updates" : [ {"days" : ["MON"]} ] }"#,
            r#"{"a":"\"rooms\":","rooms":[]}"#,
        ] {
            assert!(lists_are_in_place(valid, &LISTS), "{valid}");
        }
        for wrong in [
            r#"[]"#,
            r#"{"rooms":[["DLX"]]}"#,
            r#"{"rooms":[{},["DLX"]]}"#,
            r#"{"guest":["Ada"]}"#,
            r#"{"rooms":[{"roomType":["x"]}]}"#,
            r#"{"a":"rooms","b":[]}"#,
            r#"{"a":"rooms\":","b":[]}"#,
            r#"{"images":[]}"#,
        ] {
            assert!(!lists_are_in_place(wrong, &LISTS), "{wrong}");
        }
    }
}
