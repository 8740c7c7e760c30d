//! Letting a guest see a booking: a link for the guest, and a session for someone who has it and knows the confirmation number.

use std::net::IpAddr;

use keyrack_inventory::{Actor, PropertyNumber, Verdict, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::state::Service;
use super::views::ReadOptions;
use crate::access::trail::TrailEntry;
use crate::access::{Caller, MAX_LINK_MS, Operation, address_octets};
use crate::clock::now_ms;
use crate::convert::{Problem, answers, requests};

/// How long a link is good when nothing is said: two weeks.
const LINK_SECONDS: u64 = 14 * 86_400;

/// A link for a guest.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = LinkWish)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GuestLinkRequest {
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
#[schema(as = SignIn)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuestSignIn {
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

impl Service {
    /// A link to a booking that the caller sees.
    pub async fn link_guest(
        &self,
        caller: &Caller,
        id: &str,
        request: &GuestLinkRequest,
        options: ReadOptions,
    ) -> Result<GuestLink, Problem> {
        caller.check(Operation::LinkGuest, None)?;
        let seconds = request.ttl_seconds.unwrap_or(LINK_SECONDS);
        if !(60..=MAX_LINK_MS / 1_000).contains(&seconds) {
            return Err(Problem::field("ttlSeconds", "60 to 31622400"));
        }
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id.0, options.deadline).await?;
        self.find_booking(caller, id, &place, options).await?;
        let expires_at_ms = now_ms() + seconds * 1_000;
        Ok(GuestLink {
            confirmation_number: id.confirmation_number(),
            link: self.guard().gate().links().link(id, expires_at_ms)?,
            expires_at: answers::time(expires_at_ms),
        })
    }

    /// Signs a guest in. Whatever is wrong, the answer is the same.
    pub fn sign_guest_in(&self, sign_in: &GuestSignIn, from: IpAddr) -> Result<GuestSession, Problem> {
        self.guard().quotas().take_sign_in(from)?;
        let signed_in = self.guard().gate().links().sign_in(&sign_in.link, &sign_in.confirmation_number, now_ms());
        let (who, property, record, verdict) = match &signed_in {
            Ok((booking, _, _)) => (Who::Guest(*booking), booking.property(), Some(booking.0), Verdict::ALLOWED),
            Err(problem) => (Who::Nobody, PropertyNumber(0), None, Verdict(problem.code.status())),
        };
        let actor = Actor { who, from: address_octets(from) };
        let entry = TrailEntry { actor, action: Operation::SignGuestIn.entry().action, property, record, verdict };
        self.guard().trail().add(entry, signed_in.is_ok())?;
        let (booking, access_token, expires_at_ms) = signed_in?;
        Ok(GuestSession { access_token, expires_at: answers::time(expires_at_ms), booking_id: booking.to_string() })
    }
}
