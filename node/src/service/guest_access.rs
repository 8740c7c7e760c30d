//! Gives a guest access to a booking: creates a link, and a session for a caller with the link and the confirmation number.

use std::net::IpAddr;

use keyrack_cluster::View;
use keyrack_inventory::{PropertyNumber, Right, Verdict, Who};
use keyrack_texts::Detail;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::rows::{no_such_booking, seen_booking};
use super::state::Service;
use super::views::ReadOptions;
use crate::access::trail::TrailEntry;
use crate::access::{Caller, GuestToken, MAX_LINK_MS, Operation, actor, is_number_of};
use crate::clock::now_ms;
use crate::convert::{Problem, answers, requests};

/// How long a link is valid by default: two weeks.
const LINK_SECONDS: u64 = 14 * 86_400;

/// The settings of a guest's link.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GuestLinkRequest {
    /// How long the link is valid, in seconds: 60 to 31622400 (366 days); 1209600 (two weeks) when absent.
    pub ttl_seconds: Option<u64>,
}

/// A guest's link. It is useless without the confirmation number. It ends, with its sessions, when it expires, when the booking gets
/// another guest, when the guest is erased, and when the caller that made it loses its rights. Put it into the part of a URL after `#`,
/// which a browser does not send to servers.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestLink {
    /// The confirmation number. The guest needs it to sign in.
    pub confirmation_number: String,
    /// The link: a signed token.
    pub link: String,
    /// When the link expires, RFC 3339 in UTC.
    pub expires_at: String,
}

/// A guest's sign-in.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = SignIn)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuestSignIn {
    /// The confirmation number of the booking, such as `0V65M-X4G1R`.
    pub confirmation_number: String,
    /// The link that the guest got.
    pub link: String,
}

/// A guest's session.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestSession {
    /// The token to send in `Authorization: Bearer`.
    pub access_token: String,
    /// When the session expires, RFC 3339 in UTC: after half an hour.
    pub expires_at: String,
    /// The only booking that the session may use.
    pub booking_id: String,
}

impl Service {
    /// Creates a link to a booking that the caller may see.
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
            return Err(Problem::new(Detail::GuestLinkTtl { least: 60, most: MAX_LINK_MS / 1_000 }));
        }
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id, options.deadline).await?;
        let seen = |view: &mut View<'_>, scope| seen_booking(view, scope, id);
        let read = self.view((caller, Right::ReadBookings), &place, options, seen);
        let (booking, key) = read.await?.0.ok_or_else(|| no_such_booking(id))?;
        if booking.guest_erased {
            return Err(Problem::new(Detail::GuestErased));
        }
        let expires_at_ms = now_ms() + seconds * 1_000;
        let token = self.guard().gate().links().token((&booking, key.as_deref()), caller.who(), expires_at_ms);
        Ok(GuestLink {
            confirmation_number: booking.confirmation_number().to_string(),
            link: self.guard().gate().links().link(&token)?,
            expires_at: answers::time(expires_at_ms),
        })
    }

    /// Signs a guest in. Every refusal is the same, so that it does not show which value is wrong. The caller has counted the
    /// attempt.
    pub async fn sign_guest_in(&self, sign_in: &GuestSignIn, from: IpAddr, deadline: Instant) -> Result<GuestSession, Problem> {
        let signed_in = self.check_link(sign_in, deadline).await;
        let (who, property, record, verdict) = match &signed_in {
            Ok(link) => (Who::Guest(link.booking), link.booking.property(), Some(link.booking.0), Verdict::ALLOWED),
            Err(problem) => (Who::Unauthenticated, PropertyNumber(0), None, Verdict(problem.code.status())),
        };
        let actor = actor(who, from);
        let entry = TrailEntry { actor, action: Operation::SignGuestIn.entry().action, property, record, verdict };
        self.guard().trail().add(entry, signed_in.is_ok())?;
        let link = signed_in?;
        let booking_id = link.booking.to_string();
        let (access_token, expires_at_ms) = self.guard().gate().links().session(link, now_ms())?;
        Ok(GuestSession { access_token, expires_at: answers::time(expires_at_ms), booking_id })
    }

    /// What a link says, if it still holds and the guest gave the confirmation number.
    async fn check_link(&self, sign_in: &GuestSignIn, deadline: Instant) -> Result<GuestToken, Problem> {
        let refused = || Problem::new(Detail::GuestLinkRefused);
        let gate = self.guard().gate();
        let link = gate.links().read_link(&sign_in.link, now_ms()).ok_or_else(refused)?;
        let booking = gate.booking_of(&link, deadline).await?.ok_or_else(refused)?;
        if is_number_of(&booking, &sign_in.confirmation_number) { Ok(link) } else { Err(refused()) }
    }
}
