//! Log time never runs back, even if a leader's clock does.

use keyrack_inventory::{Key, MemRows, Read, Row};

use super::Check;

/// The latest log time.
#[derive(Default)]
pub struct Time(u64);

impl Time {
    pub fn applied(&mut self, rows: &mut MemRows) -> Check {
        let Ok(Some(Row::Meta(meta))) = rows.get(&Key::Meta) else { return Ok(()) };
        let before = std::mem::replace(&mut self.0, meta.last_at_ms);
        if before <= meta.last_at_ms { Ok(()) } else { Err(format!("log time ran from {before} back to {}", meta.last_at_ms)) }
    }
}
