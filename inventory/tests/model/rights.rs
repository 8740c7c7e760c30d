//! Rights: who may send which command, whose bookings and holds a caller finds, and its quota of holds.

use super::Model;
use keyrack_inventory::*;

/// The bookings and holds that the caller of the current command finds.
#[derive(Clone, Copy, Default)]
pub(super) enum Sight {
    #[default]
    All,
    /// Those that this principal made.
    Made(u32),
    /// One booking and no hold.
    Only(BookingId),
}

impl Sight {
    pub(super) fn finds_booking(self, booking: &Booking) -> bool {
        match self {
            Sight::All => true,
            Sight::Made(seller) => booking.seller == seller,
            Sight::Only(id) => booking.id == id,
        }
    }

    pub(super) fn finds_hold(self, hold: &Hold) -> bool {
        match self {
            Sight::All => true,
            Sight::Made(seller) => hold.seller == seller,
            Sight::Only(_) => false,
        }
    }
}

impl Model {
    /// The sight of a command's caller, or no right. The cluster itself needs none.
    pub(super) fn sight_of(&self, command: &Command) -> Option<Sight> {
        let Some(caller) = &command.by else { return Some(Sight::All) };
        match &caller.who {
            Who::Unauthenticated => None,
            Who::Trusted(role, _) => may(*role, &command.op).then_some(Sight::All),
            Who::Guest(id) => (may(Role::Guest, &command.op) && id.property() == command.property).then_some(Sight::Only(*id)),
            Who::Principal { number, .. } => {
                let grant = self.grants.get(number).filter(|grant| !grant.revoked && may(grant.role, &command.op))?;
                let everywhere = grant.properties.is_empty() && grant.regions.is_empty();
                let covered = everywhere || self.covers(grant, command);
                let sight = if grant.own_only { Sight::Made(*number) } else { Sight::All };
                covered.then_some(sight)
            }
        }
    }

    /// Whether a limited grant covers the property; a new property has the id and region of the command.
    fn covers(&self, grant: &Grant, command: &Command) -> bool {
        let listed = |id: &String, region: &String| grant.properties.contains(id) || grant.regions.contains(region);
        let known = self.hotels.iter().find(|hotel| hotel.number == command.property);
        match (known, &command.op) {
            (Some(hotel), _) => listed(&hotel.property.id, &hotel.property.details.home_region),
            (None, Op::PutProperty { id, details, .. }) => listed(id, &details.home_region),
            (None, _) => false,
        }
    }

    /// Whether the caller works for the hotel. The cluster may do everything.
    pub(super) fn is_staff(&self, command: &Command) -> bool {
        let role = match command.by.as_ref().map(|by| &by.who) {
            None => return true,
            Some(Who::Trusted(role, _)) => Some(*role),
            Some(Who::Principal { number, .. }) => self.grants.get(number).map(|grant| grant.role),
            Some(Who::Guest(_) | Who::Unauthenticated) => None,
        };
        matches!(role, Some(Role::Desk | Role::Manager | Role::Operator))
    }

    /// An older grant never replaces a newer one.
    pub(super) fn put_grant(&mut self, number: u32, grant: &Grant) {
        if self.grants.get(&number).is_none_or(|known| known.revision < grant.revision) {
            self.grants.insert(number, grant.clone());
        }
    }

    /// The charge of a new hold: room-milliseconds, as long as the seller's open holds of this property stay within its
    /// quota. A seller without a quota is charged nothing.
    pub(super) fn charge(&self, property: PropertyNumber, room_ms: u64) -> Result<u64, Reject> {
        let room_minutes = self.grants.get(&self.seller).map_or(0, |grant| grant.hold_room_minutes);
        if self.seller == 0 || room_minutes == 0 {
            return Ok(0);
        }
        if self.hold_usage(self.seller, property) + room_ms > u64::from(room_minutes) * 60_000 {
            return Err(Reject::HoldQuota { room_minutes });
        }
        Ok(room_ms)
    }

    /// What the open holds of a seller take of its quota.
    pub fn hold_usage(&self, seller: u32, property: PropertyNumber) -> u64 {
        let counts = |h: &&Hold| h.seller == seller && h.id.property() == property && h.state == HoldState::Open;
        self.holds.iter().filter(counts).map(|hold| hold.charge_ms).sum()
    }
}

/// The matrix of roles, for the commands of the steps.
fn may(role: Role, op: &Op) -> bool {
    let roles: &[Role] = match op {
        Op::PlaceHold { .. } | Op::ConfirmHold { .. } | Op::Book(_) | Op::Amend { .. } => {
            &[Role::Operator, Role::Manager, Role::Desk, Role::Channel]
        }
        Op::ReleaseHold(_) | Op::Cancel { .. } => &[Role::Operator, Role::Manager, Role::Desk, Role::Channel, Role::Guest],
        Op::CheckIn { .. } | Op::CheckOut { .. } | Op::NoShow { .. } | Op::RevertCheckIn { .. } | Op::Reinstate { .. } => {
            &[Role::Operator, Role::Manager, Role::Desk]
        }
        Op::PutProperty { .. }
        | Op::PutRoomType { .. }
        | Op::PutRatePlan { .. }
        | Op::UpdateAri(_)
        | Op::CloseBusinessDate { .. }
        | Op::EraseGuest { .. } => &[Role::Operator, Role::Manager],
        Op::PutGrant { .. } => &[Role::Operator],
        // No caller may send the cluster's own commands.
        _ => &[],
    };
    roles.contains(&role)
}
