//! The journals of several shards as one feed: a failed page loses nothing, and the limit counts for the whole page.

use tokio::time::Instant;

use super::three_nodes::{Nodes, PATIENCE, hotel};
use crate::{Consistency, Filter, PageRead, Position};

const BEGIN: Position = Position { shard: 1, next: 0 };

#[test]
fn the_limit_counts_for_the_whole_page_and_a_failed_page_is_read_again_as_a_whole() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    let node = nodes.node(0);
    let follow = |positions: &[Position], limit| {
        let mut feed = node.cluster.feed(positions.to_vec(), Filter { property: None, wanted: |_| true });
        node.runtime.block_on(async {
            let read = PageRead { limit, consistency: Consistency::Linearizable, deadline: Instant::now() + PATIENCE };
            let page = feed.next(read, |_| Ok(Some(())), |_, _, _| Ok(1)).await;
            let lines = page.map(|parts| parts.expect("all may be seen").iter().map(|part| part.lines.len()).collect::<Vec<_>>());
            (lines.ok(), feed.positions().to_vec())
        })
    };
    // There is no shard 9: the next page reads the first shard's lines again.
    let halfway = [BEGIN, Position { shard: 9, next: 0 }];
    assert_eq!(follow(&halfway, 100), (None, halfway.to_vec()));
    // One shard twice, in place of two shards.
    let (lines, positions) = follow(&[BEGIN, BEGIN], 1);
    assert_eq!(lines, Some(vec![1, 0]));
    assert_eq!(positions, [Position { shard: 1, next: 1 }, BEGIN]);
    (0..3).for_each(|place| nodes.stop(place));
}
