//! Failures of `keyrack import`.

use keyrack_client::ClientError;

use super::connection::explain;

/// More rooms than a node accepts.
#[derive(Debug, thiserror::Error)]
#[error(
    "the room type {room_type} of {property} would have more than {most} rooms, the most of a room type. Give a smaller \
     --capacity-percent."
)]
pub struct TooManyRooms {
    /// The id of the property.
    pub property: String,
    /// The code of the room type.
    pub room_type: String,
    /// The most rooms.
    pub most: u32,
}

/// A replay that stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The hotel was not created.
    #[error("cannot create the property {property}: {}", explain(.cause, None))]
    SetUp {
        /// The id of the property.
        property: String,
        /// The refusal.
        cause: ClientError,
    },
    /// A step of a booking failed.
    #[error("line {line}: the {step} stopped the import: {} Run the import again: it continues where it \
             stopped.", sentence(.cause))]
    Step {
        /// The line of the file.
        line: usize,
        /// The step.
        step: &'static str,
        /// The refusal or the failure.
        cause: ClientError,
    },
    /// A day was not closed.
    #[error(
        "cannot close {date} at {property}: {} If the file was imported before with other options, import it beside with \
         --prefix.",
        sentence(.cause)
    )]
    Close {
        /// The business date.
        date: String,
        /// The id of the property.
        property: String,
        /// The refusal.
        cause: ClientError,
    },
}

fn sentence(cause: &ClientError) -> String {
    let text = explain(cause, None);
    if text.ends_with('.') { text } else { text + "." }
}

/// The note about a booking that was refused for another reason than too few rooms.
pub fn refused(line: usize, cause: &ClientError) -> String {
    format!("line {line} was not booked: {}", explain(cause, None))
}

/// The last line of a dry run.
pub const DRY_RUN: &str = "this was a dry run: nothing was changed. Run the command without --dry-run to import.";
