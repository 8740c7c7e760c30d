//! Tests of three nodes in one process, over real sockets and disks.

mod candidates;
mod copies;
mod deposed;
mod elected;
mod fencing;
mod followed;
mod followers;
mod hostile;
mod large;
mod leadership;
mod returning;
mod tampered_rows;
mod terms;
mod three_nodes;
