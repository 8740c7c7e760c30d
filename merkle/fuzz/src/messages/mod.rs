//! The messages of the programs that the included parsers use.

pub use crate::node::messages::{config, keyring, outbound};

pub mod files {
    pub use crate::node::messages::files::AccessError;

    pub mod hints {
        pub use crate::node::messages::files::hints::*;

        /// The command line's hint for a table. The targets read no files.
        pub const TABLE: &str = "";
    }
}

#[path = "../../../../cli/src/messages/bad_rows.rs"]
pub mod bad_rows;
#[path = "../../../../cli/src/messages/row.rs"]
pub mod row;
#[path = "../../../../cli/src/messages/table.rs"]
pub mod table;
