//! One page of the audit trail: the JSON of `/v1/audit`.

use serde::Deserialize;
use serde_json::Value;

use crate::messages::trail::verdict_in_words;
use crate::terminal::line;

/// A page. Missing fields are empty.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// The records in the order of the chain, as received: `--json` prints all their fields.
    pub items: Vec<Value>,
    /// Where the next page begins; absent on the last page.
    pub next_cursor: Option<String>,
    /// The number of records of the trail when the node made this page.
    pub count: u64,
    /// The newest link of the chain at that time, in hexadecimal.
    pub link: String,
    /// Whether the page has all records. An auditor of some properties gets only some of them.
    pub complete: bool,
}

/// The fields of a record that this program uses.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// The line of the journal.
    pub line: u64,
    /// The bytes that are hashed into the chain, in base64.
    pub encoded: String,
    /// The link after this record, in hexadecimal. Some records have none.
    pub link: Option<String>,
    at: String,
    who: String,
    principal: Option<String>,
    from: String,
    action: String,
    property_id: Option<String>,
    record: Option<String>,
    allowed: bool,
    verdict: u16,
    times: u32,
}

impl Record {
    /// The record on one line.
    pub fn text(&self) -> String {
        let optional = |text: &Option<String>| line(text.as_deref().unwrap_or_default());
        let who = line(self.principal.as_ref().unwrap_or(&self.who));
        let verdict = if self.allowed { String::new() } else { verdict_in_words(self.verdict) };
        let times = if self.times > 1 { format!(" x{}", self.times) } else { String::new() };
        let (at, from, action) = (line(&self.at), line(&self.from), line(&self.action));
        let (property, record) = (optional(&self.property_id), optional(&self.record));
        format!("{at}  {who:<20} {from:<15} {action:<20} {property} {record} {verdict}{times}\n")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_shown_on_one_line() {
        let text = |record: Value| Record::deserialize(record).expect("a record").text();
        let done = json!({ "line": 4, "at": "T", "who": "principal/7", "principal": "desk", "from": "::1", "action": "book",
            "propertyId": "alfama", "record": "bk_1", "allowed": true, "verdict": 0, "times": 1, "encoded": "", "place": 0 });
        assert_eq!(text(done), "T  desk                 ::1             book                 alfama bk_1 \n");
        let refused = json!({ "at": "T", "who": "nobody\u{1b}", "from": "::1", "action": "read", "verdict": 401, "times": 9 });
        assert_eq!(text(refused), "T  nobody\\u{1b}         ::1             read                   refused: HTTP 401 x9\n");
    }
}
