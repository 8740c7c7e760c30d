//! Replies: the journal stores them, and forwarded commands return them.

use keyrack_inventory::{Night, Reply};
use pb::reply::Reply as Kind;

use crate::fields::{Malformed, required};
use crate::internal as pb;

impl From<&Reply> for pb::Reply {
    fn from(reply: &Reply) -> Self {
        let kind = match reply {
            Reply::Rejected(reject) => Kind::Rejected(reject.into()),
            Reply::Done => Kind::Done(pb::Nothing {}),
            Reply::Property { property, created } => {
                Kind::Property(pb::PropertyReply { property: Some(property.as_ref().into()), created: *created })
            }
            Reply::RoomType { room_type, created } => {
                Kind::RoomType(pb::RoomTypeReply { room_type: Some(room_type.into()), created: *created })
            }
            Reply::RatePlan { rate_plan, created } => {
                Kind::RatePlan(pb::RatePlanReply { rate_plan: Some(rate_plan.into()), created: *created })
            }
            Reply::AriUpdated { updates, nights, past } => {
                Kind::Ari(pb::AriReply { updates: *updates, nights: *nights, past: *past })
            }
            Reply::Hold(hold) => Kind::Hold(hold.as_ref().into()),
            Reply::Booking(booking) => Kind::Booking(booking.as_ref().into()),
            Reply::BusinessDate(date) => Kind::BusinessDate(date.0),
        };
        pb::Reply { reply: Some(kind) }
    }
}

impl TryFrom<pb::Reply> for Reply {
    type Error = Malformed;

    fn try_from(reply: pb::Reply) -> Result<Self, Malformed> {
        Ok(match required(reply.reply, "reply")? {
            Kind::Rejected(rejection) => Reply::Rejected(rejection.try_into()?),
            Kind::Done(_) => Reply::Done,
            Kind::Property(p) => Reply::Property { property: required(p.property, "property")?.try_into()?, created: p.created },
            Kind::RoomType(t) => {
                Reply::RoomType { room_type: required(t.room_type, "room type")?.try_into()?, created: t.created }
            }
            Kind::RatePlan(p) => {
                Reply::RatePlan { rate_plan: required(p.rate_plan, "rate plan")?.try_into()?, created: p.created }
            }
            Kind::Ari(ari) => Reply::AriUpdated { updates: ari.updates, nights: ari.nights, past: ari.past },
            Kind::Hold(hold) => Reply::Hold(hold.try_into()?),
            Kind::Booking(booking) => Reply::Booking(booking.try_into()?),
            Kind::BusinessDate(date) => Reply::BusinessDate(Night(date)),
        })
    }
}
