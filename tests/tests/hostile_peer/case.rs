//! A wrong call, and what has to become of it.

use keyrack_tests::peer::{CallHead, framed};

/// gRPC's statuses.
pub const INVALID_ARGUMENT: u32 = 3;
pub const PERMISSION_DENIED: u32 = 7;
pub const OUT_OF_RANGE: u32 = 11;
pub const UNIMPLEMENTED: u32 = 12;
pub const INTERNAL: u32 = 13;

/// What has to become of a call.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// Refused with this status, and counted as what no honest node sends.
    Refused(u32),
    /// Refused with this status and logged. An honest node could have sent it.
    Logged(u32),
    /// A call that a member may make. It has no effect.
    Nothing,
}

/// A wrong call.
#[derive(Clone, Debug)]
pub struct Case {
    pub what: String,
    pub call: String,
    /// Instead of the member's own head.
    pub head: Option<CallHead>,
    /// Messages with their prefixes.
    pub body: Vec<u8>,
    pub expected: Expected,
}

impl Case {
    /// A call that is refused with `INVALID_ARGUMENT`.
    pub fn invalid(what: &str, call: &str, message: impl AsRef<[u8]>) -> Case {
        Case::new(what, call, framed(message), Expected::Refused(INVALID_ARGUMENT))
    }

    /// A call without effect.
    pub fn harmless(what: &str, call: &str, message: impl AsRef<[u8]>) -> Case {
        Case::new(what, call, framed(message), Expected::Nothing)
    }

    pub fn new(what: &str, call: &str, body: Vec<u8>, expected: Expected) -> Case {
        Case { what: format!("{call}: {what}"), call: call.into(), head: None, body, expected }
    }

    pub fn with_head(self, head: CallHead) -> Case {
        Case { head: Some(head), ..self }
    }
}
