//! The shards' journals as one typed feed: every event, in log order for each shard, without gaps.
//!
//! A reader subscribes from a position in each shard ([`ClusterNode::feed`]), reads bounded pages ([`Feed::next`]) and waits for
//! more ([`Feed::changed`]). It keeps [`Feed::positions`] and can resume there at any node and after any restart: a line is
//! never changed or removed, and its number is the same on every replica. The event feed and the audit trail both read this
//! way.
//!
//! The caller's rights and the lines are read from the same view. So a right that was withdrawn before a page began does not
//! count for that page.

use std::time::Duration;

use keyrack_inventory::{Entry, Fault, Key, PropertyNumber, Read, Row};
use tokio::time::Instant;

use crate::cluster::{ClusterNode, Consistency};
use crate::error::ClusterError;
use crate::storage::View;

/// The most journal lines that one page reads in one shard.
const LOOKED_AT: usize = 2_000;

/// A reader's position in one shard's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The shard.
    pub shard: u32,
    /// The first line that was not read yet.
    pub next: u64,
}

/// Which lines a reader wants. The others are skipped and do not count towards the page's limit.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Only lines of this property.
    pub property: Option<PropertyNumber>,
    /// Only lines for which this function returns true.
    pub wanted: fn(&Entry) -> bool,
}

/// A subscription to the journals of some shards.
pub struct Feed {
    cluster: ClusterNode,
    filter: Filter,
    positions: Vec<Position>,
}

/// How one page is read.
#[derive(Clone, Copy, Debug)]
pub struct PageRead {
    /// The most that the page may hold, in the units of the reader's `weigh`.
    pub limit: usize,
    /// How fresh it has to be.
    pub consistency: Consistency,
    /// When the reader stops waiting.
    pub deadline: Instant,
}

/// One shard's part of a page.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// The shard.
    pub shard: u32,
    /// The value that the reader's `begin` returned for the shard.
    pub begun: T,
    /// The lines that the reader took, ascending.
    pub lines: Vec<Line>,
    /// The line at which the next page begins.
    pub next: u64,
    /// Whether the journal had no more lines.
    pub is_at_end: bool,
}

/// One line of a shard's journal.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the shard.
    pub sequence: u64,
    /// The journal entry.
    pub entry: Entry,
}

impl ClusterNode {
    /// Subscribes to the journals of some shards, from a position in each.
    pub fn feed(&self, positions: Vec<Position>, filter: Filter) -> Feed {
        Feed { cluster: self.clone(), filter, positions }
    }
}

impl Feed {
    /// The next page: a part for each shard. `begin` is called once for each shard, in the view that its lines are read from.
    /// If it returns `None`, the reader may see nothing there, and the whole page is `None`. `weigh` returns how much of the
    /// limit a line takes; 0 leaves the line out.
    ///
    /// # Errors
    /// The errors of [`ClusterNode::read`]. The feed's positions are then unchanged.
    pub async fn next<T>(
        &mut self,
        read: PageRead,
        mut begin: impl FnMut(&mut View<'_>) -> Result<Option<T>, Fault>,
        mut weigh: impl FnMut(&mut View<'_>, u64, &Entry) -> Result<usize, Fault>,
    ) -> Result<Option<Vec<Part<T>>>, ClusterError> {
        let mut parts = Vec::with_capacity(self.positions.len());
        let mut room = read.limit;
        let mut positions = self.positions.clone();
        for position in &mut positions {
            let Position { shard, next: from } = *position;
            let filter = self.filter;
            let part = self.cluster.read(shard, read.consistency, read.deadline, |view| {
                let Some(begun) = begin(view)? else { return Ok(None) };
                let wanted = |entry: &Entry| filter.takes(entry);
                read_part(view, shard, (from, room), wanted, &mut weigh).map(|(part, used)| Some((part.with(begun), used)))
            });
            let Some((part, used)) = part.await?.0 else { return Ok(None) };
            assert!(part.next >= from, "a feed never goes back: shard {shard} from {from} to {}", part.next);
            position.next = part.next;
            room = room.saturating_sub(used);
            parts.push(part);
        }
        // All positions change together: a page that fails halfway is read again from its beginning.
        self.positions = positions;
        Ok(Some(parts))
    }

    /// Where the next page begins, for each shard.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// Waits until any of the feed's shards has applied another entry, or until `at_most` has passed.
    pub async fn changed(&self, at_most: Duration) {
        let watches = self.positions.iter().filter_map(|position| self.cluster.watch_applied(position.shard));
        let changes = watches.map(|mut watch| {
            Box::pin(async move {
                watch.mark_unchanged();
                let _ = watch.changed().await;
            })
        });
        let changes: Vec<_> = changes.collect();
        if changes.is_empty() {
            return tokio::time::sleep(at_most).await;
        }
        let _ = tokio::time::timeout(at_most, futures::future::select_all(changes)).await;
    }
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        self.property.is_none_or(|number| number == entry.property) && (self.wanted)(entry)
    }
}

impl Part<()> {
    fn with<T>(self, begun: T) -> Part<T> {
        let Part { shard, lines, next, is_at_end, .. } = self;
        Part { shard, begun, lines, next, is_at_end }
    }
}

/// Reads lines from `from` on until they weigh `room`. Also returns their weight.
fn read_part<R: Read>(
    rows: &mut R,
    shard: u32,
    (from, room): (u64, usize),
    wanted: impl Fn(&Entry) -> bool,
    mut weigh: impl FnMut(&mut R, u64, &Entry) -> Result<usize, Fault>,
) -> Result<(Part<()>, usize), Fault> {
    let keys = rows.scan(&Key::Journal(from), &Key::Journal(u64::MAX), LOOKED_AT)?;
    let mut part = Part { shard, begun: (), lines: Vec::new(), next: from, is_at_end: keys.len() < LOOKED_AT };
    let mut used = 0;
    for key in keys {
        let Key::Journal(sequence) = key else { continue };
        if used >= room {
            part.is_at_end = false;
            break;
        }
        part.next = sequence + 1;
        let entry = match rows.get(&key)? {
            Some(Row::Journal(entry)) if wanted(entry) => entry.as_ref().clone(),
            _ => continue,
        };
        let weight = weigh(rows, sequence, &entry)?;
        if weight > 0 {
            used += weight;
            part.lines.push(Line { sequence, entry });
        }
    }
    Ok((part, used))
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{JournalEvent, MemRows, Reply, Rows};

    use super::*;

    fn journal(properties: &[u32]) -> MemRows {
        let mut rows = MemRows::new();
        for (sequence, property) in properties.iter().enumerate() {
            let entry = Entry {
                at_ms: 1,
                property: PropertyNumber(*property),
                request: None,
                happened: JournalEvent::PropertyChanged,
                reply: Reply::Done,
                mark: None,
            };
            rows.put(Key::Journal(sequence as u64), Row::Journal(Box::new(entry)));
        }
        rows
    }

    fn sequences(rows: &mut MemRows, from: u64, room: usize, property: Option<u32>) -> (Vec<u64>, u64, bool) {
        let wanted = |entry: &Entry| property.is_none_or(|number| entry.property.0 == number);
        let (part, _) = read_part(rows, 1, (from, room), wanted, |_, _, _| Ok(1)).expect("read");
        (part.lines.iter().map(|line| line.sequence).collect(), part.next, part.is_at_end)
    }

    #[test]
    fn a_page_ends_at_its_limit_and_the_next_page_continues_after_it() {
        let mut rows = journal(&[1, 2, 1, 2, 1]);
        assert_eq!(sequences(&mut rows, 0, 2, None), (vec![0, 1], 2, false));
        assert_eq!(sequences(&mut rows, 2, 2, None), (vec![2, 3], 4, false));
        assert_eq!(sequences(&mut rows, 4, 2, None), (vec![4], 5, true));
        assert_eq!(sequences(&mut rows, 5, 2, None), (vec![], 5, true));
        assert_eq!(sequences(&mut rows, 0, 0, None), (vec![], 0, false), "no room: no line is skipped");
    }

    #[test]
    fn lines_of_other_properties_are_skipped_and_take_no_room() {
        let mut rows = journal(&[1, 2, 1, 2, 1]);
        assert_eq!(sequences(&mut rows, 0, 2, Some(2)), (vec![1, 3], 4, false));
        assert_eq!(sequences(&mut rows, 4, 2, Some(2)), (vec![], 5, true));
    }

    #[test]
    fn a_page_reads_a_bounded_number_of_lines() {
        let mut rows = journal(&vec![1; LOOKED_AT + 1]);
        let (taken, next, is_at_end) = sequences(&mut rows, 0, usize::MAX, Some(2));
        assert_eq!((taken.len(), next, is_at_end), (0, LOOKED_AT as u64, false));
        assert_eq!(sequences(&mut rows, next, usize::MAX, Some(1)), (vec![LOOKED_AT as u64], LOOKED_AT as u64 + 1, true));
    }

    #[test]
    fn a_line_that_weighs_more_than_one_fills_the_page_sooner() {
        let mut rows = journal(&[1, 1, 1]);
        let (part, used) = read_part(&mut rows, 1, (0, 3), |_| true, |_, sequence, _| Ok(sequence as usize + 1)).expect("read");
        assert_eq!((part.lines.len(), used, part.next), (2, 3, 2));
    }
}
