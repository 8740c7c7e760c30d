//! Where a body may have lists. serde takes a list for an object, its fields in order: then a body could be read in another way
//! than the API's document describes it.

/// The fields that are lists.
const LISTS: [&str; 10] =
    ["rooms", "childrenAges", "updates", "days", "lines", "images", "languages", "properties", "regions", "subjects"];

/// Whether every list of a JSON text (one that is well-formed) is the value of a field that is a list.
pub fn lists_are_in_place(json: &str) -> bool {
    let bytes = json.as_bytes();
    // The newest string, and the newest character that is neither in a string nor a space.
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
            b'[' if before != b':' || !LISTS.contains(&key) => return false,
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

    #[test]
    fn lists_stand_where_the_document_has_them() {
        for good in [
            r#"{}"#,
            r#"{"rooms":[{"childrenAges":[3,4]},{"childrenAges":[]}],"guest":{"name":"[]"}}"#,
            r#"{ "updates" : [ {"days" : ["MON"]} ] }"#,
            r#"{"a":"\"rooms\":","rooms":[]}"#,
        ] {
            assert!(lists_are_in_place(good), "{good}");
        }
        for wrong in [
            r#"[]"#,
            r#"{"rooms":[["DLX"]]}"#,
            r#"{"rooms":[{},["DLX"]]}"#,
            r#"{"guest":["Ada"]}"#,
            r#"{"rooms":[{"roomType":["x"]}]}"#,
            r#"{"a":"rooms","b":[]}"#,
            r#"{"a":"rooms\":","b":[]}"#,
        ] {
            assert!(!lists_are_in_place(wrong), "{wrong}");
        }
    }
}
