//! Letting a guest see a booking: a link for the guest, and a session for whoever has it and knows the confirmation number.

use std::net::IpAddr;

use keyrack_inventory::{Action, Actor, Right, Verdict, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Edge, ReadOptions, now_ms};
use crate::access::{Caller, MAX_LINK_MS, address_octets};
use crate::answers;
use crate::problem::Problem;
use crate::requests;
use crate::trail::Seen;

/// How long a link is good when nothing is said: two weeks.
const LINK_SECONDS: u64 = 14 * 86_400;

/// A link for a guest.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LinkWish {
    /// How long it is good; two weeks when absent, a year at most.
    pub ttl_seconds: Option<u64>,
}

/// What the guest is sent. The link is good for nothing without the confirmation number; hand it out in the part of a URL
/// behind `#`, which no server sees.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestLink {
    /// What the guest must know beside.
    pub confirmation_number: String,
    /// The signed token.
    pub link: String,
    /// Until when it is good.
    pub expires_at: String,
}

/// A guest who signs in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// As it stands in the confirmation.
    pub confirmation_number: String,
    /// The token of the link.
    pub link: String,
}

/// A guest's session.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestSession {
    /// To be sent as a bearer token.
    pub access_token: String,
    /// Until when: half an hour.
    pub expires_at: String,
    /// The booking it is for.
    pub booking_id: String,
}

impl Edge {
    /// A link to a booking that the caller sees.
    pub async fn link_guest(
        &self,
        caller: &Caller,
        id: &str,
        wish: &LinkWish,
        options: ReadOptions,
    ) -> Result<GuestLink, Problem> {
        caller.check(Right::LinkGuests, None)?;
        let seconds = wish.ttl_seconds.unwrap_or(LINK_SECONDS);
        if !(60..=MAX_LINK_MS / 1_000).contains(&seconds) {
            return Err(Problem::field("ttlSeconds", "60 to 31622400"));
        }
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id.0, options.deadline).await?;
        self.find_booking(caller, id, &place, options).await?;
        let expires_at_ms = now_ms() + seconds * 1_000;
        Ok(GuestLink {
            confirmation_number: id.confirmation_number(),
            link: self.gate().links().link(id, expires_at_ms)?,
            expires_at: answers::time(expires_at_ms),
        })
    }

    /// Signs a guest in. Whatever is wrong, the answer is one and the same.
    pub fn sign_guest_in(&self, sign_in: &SignIn, from: IpAddr) -> Result<GuestSession, Problem> {
        self.rates().take_sign_in(from)?;
        let signed_in = self.gate().links().sign_in(&sign_in.link, &sign_in.confirmation_number, now_ms());
        let (who, property, record, verdict) = match &signed_in {
            Ok((booking, _, _)) => (Who::Guest(*booking), booking.property(), Some(booking.0), Verdict::ALLOWED),
            Err(problem) => (Who::Nobody, keyrack_inventory::PropertyNumber(0), None, Verdict(problem.code.status())),
        };
        let actor = Actor { who, from: address_octets(from) };
        let seen = Seen { actor, action: Action::GUEST_SIGN_IN, property, record, verdict };
        self.trail().see(seen, signed_in.is_ok())?;
        let (booking, access_token, expires_at_ms) = signed_in?;
        Ok(GuestSession { access_token, expires_at: answers::time(expires_at_ms), booking_id: booking.to_string() })
    }
}
