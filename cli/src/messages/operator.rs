//! Notes of `keyrack principal`, `key` and `node`.

/// An answer that this version cannot read, after a key was created.
pub const KEY_ANSWER_UNREAD: &str =
    "the key was created, but this version cannot read the answer. The answer follows unread; the key is shown only this once.";
