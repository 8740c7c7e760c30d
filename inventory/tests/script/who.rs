//! Callers in scripts, their grants, and their records in the audit trail.

use keyrack_inventory::*;

use super::shown::last_number;
use super::{duration_ms, number, parsed, value};
use crate::fixture::{booking_id, morning_ms};

/// `principal 3 key 2` (key 1 by default), `guest b1`, `nobody`, or a trusted role.
pub fn actor(who: &str) -> Actor {
    let words: Vec<&str> = who.split_whitespace().collect();
    let who = match words[..] {
        ["nobody"] => Who::Unauthenticated,
        ["guest", booking] => Who::Guest(booking_id(number(booking))),
        ["principal", number] => Who::Principal { number: number.parse().unwrap(), credential: 1 },
        ["principal", number, "key", credential] => {
            Who::Principal { number: number.parse().unwrap(), credential: credential.parse().unwrap() }
        }
        [role] => Who::Trusted(Role::parse(role).unwrap(), role.to_owned()),
        _ => panic!("unknown caller: {who}"),
    };
    Actor { who, from: [0; 16] }
}

/// `grant principal 3 channel revision=2 own-only revoked properties=key-inn regions=eu hold=10 keys=1,2:30m`. An
/// absent part sets no limit, and the default is key 1. `2:30m` is key 2, valid for half an hour from the morning.
pub fn grant(words: &[&str]) -> Op {
    let list = |name| value(words, name).map_or(Vec::new(), |all| all.split(',').map(str::to_owned).collect());
    let credential = |text: &str| {
        let (number, good_for) = text.split_once(':').map_or((text, None), |(number, good_for)| (number, Some(good_for)));
        let expires_at_ms = good_for.map_or(0, |good_for| morning_ms() + duration_ms(good_for));
        Credential { number: number.parse().unwrap(), expires_at_ms }
    };
    let grant = Grant {
        revision: parsed(words, "revision").unwrap_or(1),
        role: Role::parse(words[3]).unwrap(),
        revoked: words.contains(&"revoked"),
        properties: list("properties"),
        regions: list("regions"),
        own_only: words.contains(&"own-only"),
        hold_room_minutes: parsed(words, "hold").unwrap_or(0),
        credentials: value(words, "keys").unwrap_or("1").split(',').map(credential).collect(),
    };
    Op::PutGrant { number: words[2].parse().unwrap(), grant }
}

/// `principal/3 with key 1: booking.cancel 1, allowed`
pub fn shown_record(entry: &Entry) -> Option<String> {
    let mark = entry.mark.as_ref()?;
    let key = match mark.actor.who {
        Who::Principal { credential, .. } => format!(" with key {credential}"),
        _ => String::new(),
    };
    let about = mark.record.map_or(String::new(), |id| format!(" {}", last_number(&id)));
    let verdict = match &entry.reply {
        Reply::Rejected(reject) => format!("refused ({})", reject.number()),
        _ => "allowed".to_owned(),
    };
    Some(format!("{}{key}: {}{about}, {verdict}", mark.actor.who, mark.action.name()))
}
