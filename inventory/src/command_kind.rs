//! The table of commands: for each command, the right that its caller needs and its name in the audit trail.
//!
//! A new [`Op`] without a line here does not compile, because the table generates [`Op::kind`], which matches every
//! variant. The edge takes rights and actions of its operations from [`CommandKind::right`] and
//! [`CommandKind::action`].

use crate::{Action, Op, Right, RoomRequest, Stay};

/// Declares [`CommandKind`], with a line for each variant of [`Op`] under the same name.
macro_rules! commands {
    ($($(#[$doc:meta])* $kind:ident => $asked:expr,)*) => {
        /// The kinds of commands: the variants of [`Op`] without their content.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CommandKind { $($(#[$doc])* $kind,)* }

        impl CommandKind {
            /// All kinds.
            pub const ALL: &'static [CommandKind] = &[$(CommandKind::$kind),*];

            /// The right and action of a caller's command; `None` for commands that only the cluster itself proposes.
            const fn asked(self) -> Option<(Right, Action)> {
                match self { $(CommandKind::$kind => $asked,)* }
            }
        }

        impl Op {
            /// The command's kind.
            pub const fn kind(&self) -> CommandKind {
                match self { $(Op::$kind { .. } => CommandKind::$kind,)* }
            }
        }
    };
}

/// Commands that no caller may send.
const CLUSTER_ONLY: Option<(Right, Action)> = None;

commands! {
    /// [`Op::PutProperty`].
    PutProperty => Some((Right::ManageInventory, Action::PUT_PROPERTY)),
    /// [`Op::PutRoomType`].
    PutRoomType => Some((Right::ManageInventory, Action::PUT_ROOM_TYPE)),
    /// [`Op::PutRatePlan`].
    PutRatePlan => Some((Right::ManageInventory, Action::PUT_RATE_PLAN)),
    /// [`Op::UpdateAri`].
    UpdateAri => Some((Right::ManageInventory, Action::UPDATE_ARI)),
    /// [`Op::PlaceHold`].
    PlaceHold => Some((Right::Sell, Action::PLACE_HOLD)),
    /// [`Op::ConfirmHold`].
    ConfirmHold => Some((Right::Sell, Action::CONFIRM_HOLD)),
    /// [`Op::ReleaseHold`].
    ReleaseHold => Some((Right::Cancel, Action::RELEASE_HOLD)),
    /// [`Op::Book`].
    Book => Some((Right::Sell, Action::BOOK)),
    /// [`Op::Amend`].
    Amend => Some((Right::Sell, Action::AMEND)),
    /// [`Op::Cancel`].
    Cancel => Some((Right::Cancel, Action::CANCEL)),
    /// [`Op::CheckIn`].
    CheckIn => Some((Right::RunDesk, Action::CHECK_IN)),
    /// [`Op::CheckOut`].
    CheckOut => Some((Right::RunDesk, Action::CHECK_OUT)),
    /// [`Op::NoShow`].
    NoShow => Some((Right::RunDesk, Action::NO_SHOW)),
    /// [`Op::RevertCheckIn`].
    RevertCheckIn => Some((Right::RunDesk, Action::REVERT_CHECK_IN)),
    /// [`Op::Reinstate`].
    Reinstate => Some((Right::RunDesk, Action::REINSTATE)),
    /// [`Op::CloseBusinessDate`].
    CloseBusinessDate => Some((Right::ManageInventory, Action::CLOSE_DAY)),
    /// [`Op::EraseGuest`].
    EraseGuest => Some((Right::EraseGuests, Action::ERASE_GUEST)),
    /// [`Op::PutGrant`].
    PutGrant => Some((Right::ManageCluster, Action::PUT_GRANT)),
    /// [`Op::RewrapGuest`].
    RewrapGuest => CLUSTER_ONLY,
    /// [`Op::Tick`].
    Tick => CLUSTER_ONLY,
    /// [`Op::Observe`].
    Observe => CLUSTER_ONLY,
    /// [`Op::SealAudit`].
    SealAudit => CLUSTER_ONLY,
    /// [`Op::PutReplicaKeys`].
    PutReplicaKeys => CLUSTER_ONLY,
    /// [`Op::PutProvenKeys`].
    PutProvenKeys => CLUSTER_ONLY,
    /// [`Op::PutCheckpoint`].
    PutCheckpoint => CLUSTER_ONLY,
}

impl CommandKind {
    /// The right that a caller needs; `None` for commands that only the cluster itself proposes.
    pub const fn right(self) -> Option<Right> {
        match self.asked() {
            Some((right, _)) => Some(right),
            None => None,
        }
    }

    /// The command's name in the audit trail; `None` for commands that only the cluster itself proposes.
    pub const fn action(self) -> Option<Action> {
        match self.asked() {
            Some((_, action)) => Some(action),
            None => None,
        }
    }
}

impl Op {
    /// How many cells the command touches at most: a line of it on one night. Two lines for one room type are two.
    pub fn cells(&self) -> u64 {
        let of_stay = |stay: &Stay, rooms: &[RoomRequest]| u64::from(stay.len()) * rooms.len() as u64;
        match self {
            Op::UpdateAri(updates) => updates
                .iter()
                .map(|update| update.dates.dates().filter(|night| update.days.contains(*night)).count() as u64)
                .sum(),
            Op::PlaceHold { stay, rooms, .. } => of_stay(stay, rooms),
            Op::Book(request) => of_stay(&request.stay, &request.rooms),
            _ => 0,
        }
    }

    /// Why the caller overrides a rule.
    pub fn override_reason(&self) -> Option<&str> {
        match self {
            Op::Book(request) => request.override_reason.as_deref(),
            Op::Amend { override_reason, .. } => override_reason.as_deref(),
            _ => None,
        }
    }

    /// The booking or hold that the command is about.
    pub fn record(&self) -> Option<[u8; 16]> {
        match self {
            Op::PlaceHold { id, .. } | Op::ReleaseHold(id) => Some(id.0),
            Op::ConfirmHold { booking, .. }
            | Op::Amend { booking, .. }
            | Op::Cancel { booking, .. }
            | Op::CheckIn { booking, .. }
            | Op::CheckOut { booking, .. }
            | Op::NoShow { booking, .. }
            | Op::RevertCheckIn { booking, .. }
            | Op::Reinstate { booking, .. }
            | Op::EraseGuest { booking } => Some(booking.0),
            Op::Book(request) => Some(request.id.0),
            Op::PutProperty { .. }
            | Op::PutRoomType { .. }
            | Op::PutRatePlan { .. }
            | Op::UpdateAri(_)
            | Op::CloseBusinessDate { .. }
            | Op::PutGrant { .. }
            | Op::RewrapGuest { .. }
            | Op::Tick
            | Op::Observe(_)
            | Op::SealAudit
            | Op::PutReplicaKeys(_)
            | Op::PutProvenKeys(_)
            | Op::PutCheckpoint { .. } => None,
        }
    }
}

impl Action {
    /// The same as [`Op::record`].
    pub fn record(op: &Op) -> Option<[u8; 16]> {
        op.record()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_an_action() {
        let actions: alloc::vec::Vec<Action> = CommandKind::ALL.iter().filter_map(|kind| kind.action()).collect();
        assert_eq!((CommandKind::ALL.len(), actions.len()), (25, 18));
        for (place, action) in actions.iter().enumerate() {
            assert!(!actions[..place].contains(action) && Action::ALL.contains(action), "{}", action.name());
        }
    }
}
