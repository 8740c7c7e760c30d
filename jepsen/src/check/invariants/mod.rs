use super::Findings;
pub const ALL: &[(&str, fn(&crate::history::History, &mut Findings) -> u64)] = &[];
