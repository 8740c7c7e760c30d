//! Tests of three nodes in one process, over real sockets and disks.

mod deposed;
mod fencing;
mod tampered_rows;
mod three_nodes;
