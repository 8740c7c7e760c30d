//! Generators of actors, grants and audit records.

use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{booking_id, long, number, short, text};

pub fn actor() -> impl Strategy<Value = Actor> {
    // A principal's number is never 0. A trusted caller's name may look like a principal's.
    let name = prop_oneof![3 => text(), 1 => Just("principal/3".to_owned())];
    let who = prop_oneof![
        Just(Who::Unauthenticated),
        (role(), name).prop_map(|(role, name)| Who::Trusted(role, name)),
        (number(), number()).prop_map(|(number, credential)| Who::Principal { number: number.max(1), credential }),
        booking_id().prop_map(Who::Guest),
    ];
    (who, any::<[u8; 16]>()).prop_map(|(who, from)| Actor { who, from })
}

pub fn grant() -> impl Strategy<Value = Grant> {
    let credential = (number(), long()).prop_map(|(number, expires_at_ms)| Credential { number, expires_at_ms });
    let scope = (vec(text(), 0..3), vec(text(), 0..3), any::<bool>());
    (long(), role(), any::<bool>(), scope, number(), vec(credential, 0..3)).prop_map(
        |(revision, role, revoked, (properties, regions, own_only), hold_room_minutes, credentials)| Grant {
            revision,
            role,
            revoked,
            properties,
            regions,
            own_only,
            hold_room_minutes,
            credentials,
        },
    )
}

pub fn mark() -> impl Strategy<Value = Mark> {
    (actor(), any::<u8>(), option::of(any::<[u8; 16]>()), option::of(text()), any::<[u8; 32]>())
        .prop_map(|(actor, action, record, reason, link)| Mark { actor, action: Action(action), record, reason, link })
}

pub fn observation() -> impl Strategy<Value = Observation> {
    (long(), actor(), any::<u8>(), number(), option::of(any::<[u8; 16]>()), short(), number()).prop_map(
        |(at_ms, actor, action, property, record, verdict, times)| Observation {
            at_ms,
            actor,
            action: Action(action),
            property: PropertyNumber(property),
            record,
            verdict: Verdict(verdict),
            times,
        },
    )
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}
