//! The `keyrack-jepsen` command.

fn main() {}
