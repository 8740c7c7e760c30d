//! The decimals of every currency of ISO 4217, and its amounts as text.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;

use keyrack_inventory::*;

/// List one of ISO 4217 by number of decimals. Gold, drawing rights and test codes have none and are left out.
const DECIMALS: [(usize, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF \
         CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
         IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
         MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS \
         SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

fn listed() -> impl Iterator<Item = (Currency, usize)> {
    let of = |(decimals, codes): (usize, &'static str)| {
        codes.split_whitespace().map(move |code| (Currency::new(code).unwrap(), decimals))
    };
    DECIMALS.into_iter().flat_map(of)
}

#[test]
fn every_currency_has_the_decimals_of_iso_4217() {
    let codes: BTreeSet<Currency> = listed().map(|(currency, _)| currency).collect();
    assert_eq!((codes.len(), listed().count()), (166, 166), "a code is listed twice or missing");
    for (currency, decimals) in listed() {
        assert_eq!(currency.decimals(), decimals, "{currency:?}");
    }
}

/// A code outside the list has two decimals, as most currencies have.
#[test]
fn all_other_codes_have_two_decimals() {
    let codes: BTreeSet<Currency> = listed().map(|(currency, _)| currency).collect();
    let mut others = 0;
    for (a, b, c) in (b'A'..=b'Z').flat_map(|a| (b'A'..=b'Z').flat_map(move |b| (b'A'..=b'Z').map(move |c| (a, b, c)))) {
        let currency = Currency([a, b, c]);
        if !codes.contains(&currency) {
            assert_eq!(currency.decimals(), 2, "{currency:?}");
            others += 1;
        }
    }
    assert_eq!(others, 26 * 26 * 26 - codes.len());
}

/// The amount as text, from its digits.
fn written(minor: u64, decimals: usize) -> String {
    let mut digits = format!("{minor:0width$}", width = decimals + 1);
    if decimals > 0 {
        digits.insert(digits.len() - decimals, '.');
    }
    digits
}

#[test]
fn amounts_are_written_and_read_with_the_digits_of_their_currency() {
    for (currency, decimals) in listed() {
        for minor in [0, 1, 9, 10, 99, 100, 101, 999, 1_000, 1_001, 9_999, 10_000, 10_001, 123_456_789, MAX_MINOR - 1, MAX_MINOR]
        {
            let text = currency.format_amount(minor);
            assert_eq!(text, written(minor, decimals), "{minor} {currency:?}");
            assert_eq!(currency.parse_amount(&text), Ok(minor), "{text} {currency:?}");
        }
        // Zeros after the currency's digits change nothing. Another digit there, and one unit more than the largest amount, are refused.
        let exact = format!("1.{}", "0".repeat(decimals + 1));
        assert_eq!(currency.parse_amount(&exact), currency.parse_amount("1"), "{exact} {currency:?}");
        let too_fine = format!("1.{}1", "0".repeat(decimals));
        assert_eq!(currency.parse_amount(&too_fine), Err(MoneyError), "{too_fine} {currency:?}");
        assert_eq!(currency.parse_amount(&written(MAX_MINOR + 1, decimals)), Err(MoneyError), "{currency:?}");
        // Fewer digits mean zeros.
        for digits in 0..=decimals {
            let text = if digits == 0 { "7".to_owned() } else { format!("7.{}", "3".repeat(digits)) };
            let minor = format!("7{}{}", "3".repeat(digits), "0".repeat(decimals - digits)).parse().unwrap();
            assert_eq!(currency.parse_amount(&text), Ok(minor), "{text} {currency:?}");
        }
    }
}
