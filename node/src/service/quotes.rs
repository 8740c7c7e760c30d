//! Quotes: the id of an offer has its price, so that a booking can say which price the guest saw.
//!
//! `qt_<check>_<currency><total>`: the total is that of one room, in the currency's minor unit. The check binds it to property, nights,
//! room type and rate plan. It is no secret: a booking with a forged quote is refused like one with a wrong `expectedTotal`.

use keyrack_inventory::{Currency, MAX_MINOR, MAX_STAY_NIGHTS, Price};
use sha2::{Digest, Sha256};

/// What is quoted.
#[derive(Clone, Copy)]
pub struct Quoted<'q> {
    /// The property.
    pub property: &'q str,
    /// The dates of arrival and departure.
    pub nights: (&'q str, &'q str),
    /// The room type.
    pub room_type: &'q str,
    /// The rate plan.
    pub rate_plan: &'q str,
}

impl Quoted<'_> {
    /// The id of an offer. The same offer at the same price always has the same id.
    pub fn id(&self, price: Price) -> String {
        let price = format!("{}{}", price.currency.as_str(), price.amount);
        format!("qt_{}_{price}", self.check(&price))
    }

    /// The price in an id; `None` if the id is not of this offer.
    pub fn price(&self, id: &str) -> Option<Price> {
        let (check, price) = id.strip_prefix("qt_")?.split_once('_')?;
        let (currency, amount) = price.split_at_checked(3)?;
        let (currency, amount) = (Currency::new(currency).ok()?, amount.parse().ok()?);
        let is_valid = check == self.check(price) && amount <= MAX_MINOR.saturating_mul(MAX_STAY_NIGHTS.into());
        is_valid.then_some(Price { amount, currency })
    }

    fn check(&self, price: &str) -> String {
        let mut sum = Sha256::new_with_prefix(b"keyrack quote");
        for part in [self.property, self.nights.0, self.nights.1, self.room_type, self.rate_plan, price] {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        base16ct::lower::encode_string(&sum.finalize()[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_price_of_its_own_offer_only() {
        let quoted = Quoted { property: "ALPHA", nights: ("2027-01-10", "2027-01-12"), room_type: "DBL", rate_plan: "BAR" };
        let price = Price { amount: 20_000, currency: Currency::new("EUR").expect("a currency") };
        let id = quoted.id(price);
        assert_eq!(quoted.price(&id), Some(price));
        assert_eq!(Quoted { room_type: "SUI", ..quoted }.price(&id), None);
        for wrong in ["", "qt_", &id.replace("20000", "10000"), &id[3..], "qt_00_EUR1", "qt_é_é"] {
            assert_eq!(quoted.price(wrong), None, "{wrong}");
        }
    }
}
