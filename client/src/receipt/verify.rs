//! The check itself: pure, offline, all or nothing.

use keyrack_inventory::{Leaf, LeafBody, LeafError};
use keyrack_merkle::{Policy, ReceiptError, Trusted, verify_receipt};

use super::file::Receipt;

/// A receipt that holds.
#[derive(Debug)]
pub struct Verified {
    /// What the log says.
    pub leaf: Leaf,
    /// Its place in the log.
    pub index: u64,
    /// Who vouches for it.
    pub trusted: Trusted,
}

/// Why a receipt does not hold. In the order in which they are looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The leaf's bytes are no leaf.
    #[error("the leaf cannot be read: {0}")]
    Leaf(LeafError),
    /// The policy does not believe the checkpoint, or the proof does not lead to it.
    #[error("{0}")]
    Receipt(ReceiptError),
    /// What stands beside the proof is not what is proved.
    #[error("the file says that {what} is {stated}, but what is proved is {proved}")]
    Stated {
        /// Which of the statements.
        what: &'static str,
        /// What the file says.
        stated: String,
        /// What is proved.
        proved: String,
    },
    /// A claim that the leaf does not hold.
    #[error("the claim {name} = {value:?} is not in the leaf: the value, its name or its salt was changed")]
    Claim {
        /// Of what.
        name: String,
        /// What is claimed.
        value: String,
    },
    /// Two claims of one name, of which a reader would see one.
    #[error("the claim {0} is shown twice")]
    ClaimTwice(String),
}

/// Checks everything that can be checked without asking anyone.
///
/// # Errors
/// The first [`Fault`]; any means that nothing is proved.
pub fn verify(receipt: &Receipt, policy: &Policy) -> Result<Verified, Fault> {
    let leaf = Leaf::decode(&receipt.leaf).map_err(Fault::Leaf)?;
    let trusted = verify_receipt(&receipt.leaf, &receipt.proof, policy).map_err(Fault::Receipt)?;
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
        let proved = told(booking.rooms.iter().map(|rooms| (rooms.room_type.to_string(), u64::from(rooms.quantity))));
        let stated_rooms = stated.rooms.as_ref().map(|rooms| told(rooms.iter().map(|(code, count)| (code.clone(), *count))));
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

/// Every claim that is shown has to be in the leaf, once.
fn claims(receipt: &Receipt, leaf: &Leaf) -> Result<(), Fault> {
    for (place, claim) in receipt.disclosures.iter().enumerate() {
        let holds = matches!(&leaf.body, LeafBody::Booking(booking) if booking.holds(claim));
        if !holds {
            return Err(Fault::Claim { name: claim.name.clone(), value: claim.value.clone() });
        }
        if receipt.disclosures[..place].iter().any(|before| before.name == claim.name) {
            return Err(Fault::ClaimTwice(claim.name.clone()));
        }
    }
    Ok(())
}

/// Rooms as a text that is the same for the same rooms.
fn told(rooms: impl Iterator<Item = (String, u64)>) -> String {
    let mut lines: Vec<String> = rooms.map(|(code, count)| format!("{count} x {code}")).collect();
    lines.sort_unstable();
    lines.join(", ")
}

fn same(what: &'static str, stated: Option<&str>, proved: &str) -> Result<(), Fault> {
    match stated {
        Some(stated) if stated != proved => Err(Fault::Stated { what, stated: stated.into(), proved: proved.into() }),
        _ => Ok(()),
    }
}
