//! Verification of a receipt: pure and offline.

use std::collections::BTreeSet;

use keyrack_inventory::{ConfirmationNumber, Leaf, LeafBody, LeafKind};
use keyrack_merkle::{Policy, Trusted, verify_receipt};

use super::file::Receipt;
use crate::clock::utc;
use crate::messages::receipt::VerifyError;

/// A verified receipt.
#[derive(Debug)]
pub struct Verified {
    /// The leaf in the log.
    pub leaf: Leaf,
    /// Its index.
    pub index: u64,
    /// The checkpoint that the policy accepts.
    pub trusted: Trusted,
    /// The names of the file's fields that the proof does not cover. Their values may have been changed.
    pub not_covered: BTreeSet<String>,
}

/// Makes every check that is possible offline.
///
/// # Errors
/// The first [`VerifyError`]. Any error means that nothing is proved.
pub fn verify(receipt: &Receipt, policy: &Policy) -> Result<Verified, VerifyError> {
    let leaf = Leaf::decode(&receipt.leaf).map_err(VerifyError::Leaf)?;
    let trusted = verify_receipt(&receipt.leaf, &receipt.proof, policy).map_err(VerifyError::Receipt)?;
    let index = receipt.proof.index;
    let stated = &receipt.stated;
    let mut not_covered = stated.others.clone();
    same("the log", stated.origin.as_deref(), &trusted.checkpoint.origin)?;
    same("the leaf's index", stated.index.map(|index| index.to_string()).as_deref(), &index.to_string())?;
    if let LeafBody::Booking(booking) = &leaf.body {
        same("the booking", stated.booking.as_deref(), &booking.booking.to_string())?;
        same("the property", stated.property.as_deref(), &booking.property)?;
        same("the arrival", stated.arrival.as_deref(), &booking.arrival.to_string())?;
        same("the departure", stated.departure.as_deref(), &booking.departure.to_string())?;
        same("the guest's id", stated.guest_id.as_deref(), &booking.booking.to_string())?;
        same("the time of the last change", stated.updated_at.as_deref(), &utc(leaf.at_ms))?;
        state(stated.state.as_deref(), booking.kind)?;
        // A number that was drawn is in no leaf. An older one is a part of the booking's id.
        let of_older = ConfirmationNumber::of_older(booking.booking).to_string();
        if stated.confirmation_number.as_ref().is_some_and(|number| *number != of_older) {
            not_covered.insert("confirmationNumber".into());
        }
        if booking.kind == LeafKind::Erase && stated.state.is_some() {
            not_covered.insert("state".into());
        }
        let proved = rooms_text(booking.rooms.iter().map(|rooms| (rooms.room_type.to_string(), u64::from(rooms.quantity))));
        let stated_rooms =
            stated.rooms.as_ref().map(|rooms| rooms_text(rooms.iter().map(|(code, count)| (code.clone(), *count))));
        same("the rooms", stated_rooms.as_deref(), &proved)?;
    }
    claims(receipt, &leaf)?;
    let is_new = matches!(&leaf.body, LeafBody::Booking(booking) if booking.kind == LeafKind::Book);
    for (name, value) in &stated.claims {
        match receipt.disclosures.iter().find(|claim| claim.name == *name) {
            Some(shown) => same(name, Some(value), &shown.value)?,
            // An empty value states nothing.
            None if value.is_empty() => {}
            // Only the leaf of a new guest has the claims about it.
            None if name.starts_with("guest.") && !is_new => _ = not_covered.insert((*name).to_owned()),
            None => return Err(VerifyError::Undisclosed { name, value: value.clone() }),
        }
    }
    Ok(Verified { leaf, index, trusted, not_covered })
}

/// The state that a booking may have after a change of this kind.
fn state(stated: Option<&str>, kind: LeafKind) -> Result<(), VerifyError> {
    let states: &[&str] = match kind {
        LeafKind::Book => &["confirmed"],
        LeafKind::Amend => &["confirmed", "checked_in"],
        LeafKind::Cancel => &["cancelled"],
        LeafKind::CheckIn => &["checked_in"],
        LeafKind::CheckOut => &["checked_out"],
        LeafKind::NoShow => &["no_show"],
        LeafKind::RevertCheckIn | LeafKind::Reinstate => &["confirmed"],
        // A guest can be erased in any state.
        LeafKind::Erase => return Ok(()),
    };
    match stated {
        Some(stated) if !states.contains(&stated) => {
            let proved = states.join(" or ");
            Err(VerifyError::Mismatch { what: "the state", stated: stated.into(), proved })
        }
        _ => Ok(()),
    }
}

/// Every disclosed claim must be in the leaf, once.
fn claims(receipt: &Receipt, leaf: &Leaf) -> Result<(), VerifyError> {
    for (place, claim) in receipt.disclosures.iter().enumerate() {
        let holds = matches!(&leaf.body, LeafBody::Booking(booking) if booking.holds(claim));
        if !holds {
            return Err(VerifyError::Claim { name: claim.name.clone(), value: claim.value.clone() });
        }
        if receipt.disclosures[..place].iter().any(|before| before.name == claim.name) {
            return Err(VerifyError::ClaimTwice(claim.name.clone()));
        }
    }
    Ok(())
}

/// The rooms as a text that does not depend on their order.
fn rooms_text(rooms: impl Iterator<Item = (String, u64)>) -> String {
    let mut lines: Vec<String> = rooms.map(|(code, count)| format!("{count} x {code}")).collect();
    lines.sort_unstable();
    lines.join(", ")
}

fn same(what: &'static str, stated: Option<&str>, proved: &str) -> Result<(), VerifyError> {
    match stated {
        Some(stated) if stated != proved => Err(VerifyError::Mismatch { what, stated: stated.into(), proved: proved.into() }),
        _ => Ok(()),
    }
}
