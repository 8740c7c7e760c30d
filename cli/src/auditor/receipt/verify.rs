//! Verification of a receipt: pure and offline.

use keyrack_inventory::{Leaf, LeafBody};
use keyrack_merkle::{Policy, Trusted, verify_receipt};

use super::file::Receipt;
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
    same("the log", stated.origin.as_deref(), &trusted.checkpoint.origin)?;
    same("the leaf's index", stated.index.map(|index| index.to_string()).as_deref(), &index.to_string())?;
    if let LeafBody::Booking(booking) = &leaf.body {
        same("the booking", stated.booking.as_deref(), &booking.booking.to_string())?;
        same("the property", stated.property.as_deref(), &booking.property)?;
        same("the arrival", stated.arrival.as_deref(), &booking.arrival.to_string())?;
        same("the departure", stated.departure.as_deref(), &booking.departure.to_string())?;
        same("the confirmation number", stated.confirmation_number.as_deref(), &booking.booking.confirmation_number())?;
        let proved = rooms_text(booking.rooms.iter().map(|rooms| (rooms.room_type.to_string(), u64::from(rooms.quantity))));
        let stated_rooms =
            stated.rooms.as_ref().map(|rooms| rooms_text(rooms.iter().map(|(code, count)| (code.clone(), *count))));
        same("the rooms", stated_rooms.as_deref(), &proved)?;
    }
    claims(receipt, &leaf)?;
    for (name, value) in &stated.claims {
        if let Some(shown) = receipt.disclosures.iter().find(|claim| claim.name == *name) {
            same(name, Some(value), &shown.value)?;
        }
    }
    Ok(Verified { leaf, index, trusted })
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
