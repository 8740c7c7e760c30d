//! Finds cycles in a graph of imports: its strongly connected components with more than one node.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::edges::Edge;

/// Files or modules that import each other, directly or through others, and the imports between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    pub nodes: Vec<String>,
    pub imports: Vec<Edge>,
}

impl fmt::Display for Cycle {
    /// The nodes in one line, then one import a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.nodes.join(", "))?;
        self.imports.iter().try_for_each(|edge| write!(f, "\n  {edge}"))
    }
}

/// An import and the two nodes that it connects.
pub struct Tie<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub edge: &'a Edge,
}

pub fn circles(ties: &[Tie]) -> Vec<Cycle> {
    let components = components(ties).into_iter().filter(|nodes| nodes.len() > 1);
    let circles = components.map(|nodes| {
        let within = |tie: &&Tie| tie.from != tie.to && nodes.contains(tie.from) && nodes.contains(tie.to);
        let mut imports: Vec<Edge> = ties.iter().filter(within).map(|tie| tie.edge.clone()).collect();
        imports.sort();
        Cycle { nodes: nodes.iter().map(|node| node.to_string()).collect(), imports }
    });
    circles.collect()
}

/// Tarjan's algorithm (Depth-first search and linear graph algorithms, 1972).
fn components<'a>(ties: &[Tie<'a>]) -> Vec<BTreeSet<&'a str>> {
    let mut search = Search::default();
    for tie in ties {
        search.graph.entry(tie.from).or_default().insert(tie.to);
        search.graph.entry(tie.to).or_default();
    }
    let nodes: Vec<&str> = search.graph.keys().copied().collect();
    for node in nodes {
        if !search.found.contains_key(node) {
            search.visit(node);
        }
    }
    search.components
}

#[derive(Default)]
struct Search<'a> {
    graph: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The order in which each node was found.
    found: BTreeMap<&'a str, usize>,
    /// The earliest found node that is on the stack and that a node leads to.
    earliest: BTreeMap<&'a str, usize>,
    stack: Vec<&'a str>,
    components: Vec<BTreeSet<&'a str>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, node: &'a str) {
        let time = self.found.len();
        self.found.insert(node, time);
        self.stack.push(node);
        let mut earliest = time;
        for next in self.graph[node].clone() {
            match self.found.get(next) {
                None => {
                    self.visit(next);
                    earliest = earliest.min(self.earliest[next]);
                }
                Some(found) if self.stack.contains(&next) => earliest = earliest.min(*found),
                Some(_) => {}
            }
        }
        self.earliest.insert(node, earliest);
        if earliest == time {
            let start = self.stack.iter().position(|on_stack| *on_stack == node);
            let start = start.expect("a node stays on the stack until its component is complete");
            self.components.push(self.stack.split_off(start).into_iter().collect());
        }
    }
}
