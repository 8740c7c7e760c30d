//! The secrets of guest data, and the keys that sign checkpoints.

use bytes::Bytes;
use keyrack_inventory::{Digest, GuestSecrets, LeafSeeds, Lookup, MAX_LOOKUPS, ReplicaKeys, Salt, TermSalts};

use crate::fields::{Malformed, array};
use crate::internal as pb;

impl From<&GuestSecrets> for pb::GuestRow {
    fn from(secrets: &GuestSecrets) -> Self {
        pb::GuestRow {
            wrapped_key: Bytes::copy_from_slice(&secrets.wrapped_key),
            digests: secrets.digests.concat().into(),
            salts: salts_to_pb(&secrets.salts),
            lookups: secrets.lookups.concat().into(),
        }
    }
}

impl TryFrom<pb::GuestRow> for GuestSecrets {
    type Error = Malformed;

    fn try_from(row: pb::GuestRow) -> Result<Self, Malformed> {
        Ok(GuestSecrets {
            wrapped_key: row.wrapped_key.to_vec(),
            digests: digests_from_pb(&row.digests)?,
            salts: salts_from_pb(&row.salts)?,
            lookups: lookups_from_pb(&row.lookups)?,
        })
    }
}

impl From<&ReplicaKeys> for pb::ReplicaKeysRow {
    fn from(keys: &ReplicaKeys) -> Self {
        let (log, cosigner) = (Bytes::copy_from_slice(&keys.log), Bytes::copy_from_slice(&keys.cosigner));
        pb::ReplicaKeysRow { node: keys.node, log, cosigner }
    }
}

impl TryFrom<pb::ReplicaKeysRow> for ReplicaKeys {
    type Error = Malformed;

    fn try_from(row: pb::ReplicaKeysRow) -> Result<Self, Malformed> {
        Ok(ReplicaKeys { node: row.node, log: array(&row.log, "replica key")?, cosigner: array(&row.cosigner, "replica key")? })
    }
}

pub(crate) fn seeds_to_pb(seeds: &LeafSeeds) -> Option<pb::LeafSeeds> {
    let message = || pb::LeafSeeds {
        guest: seeds.guest.concat().into(),
        salts: salts_to_pb(&seeds.salts),
        lookups: seeds.lookups.concat().into(),
    };
    (seeds != &LeafSeeds::default()).then(message)
}

pub(crate) fn seeds_from_pb(seeds: Option<pb::LeafSeeds>) -> Result<LeafSeeds, Malformed> {
    let Some(seeds) = seeds else { return Ok(LeafSeeds::default()) };
    Ok(LeafSeeds {
        guest: digests_from_pb(&seeds.guest)?,
        salts: salts_from_pb(&seeds.salts)?,
        lookups: lookups_from_pb(&seeds.lookups)?,
    })
}

fn digests_from_pb(bytes: &[u8]) -> Result<Vec<Digest>, Malformed> {
    let (digests, rest) = bytes.as_chunks();
    if rest.is_empty() { Ok(digests.to_vec()) } else { Err(Malformed("digests")) }
}

pub(crate) fn lookups_from_pb(bytes: &[u8]) -> Result<Vec<Lookup>, Malformed> {
    let (lookups, rest) = bytes.as_chunks();
    if rest.is_empty() && lookups.len() <= MAX_LOOKUPS { Ok(lookups.to_vec()) } else { Err(Malformed("lookups")) }
}

fn salts_to_pb(salts: &TermSalts) -> Bytes {
    [salts.price, salts.channel_ref, salts.unit].concat().into()
}

/// Salts may be absent as a whole. Then all three are zero.
fn salts_from_pb(bytes: &[u8]) -> Result<TermSalts, Malformed> {
    if bytes.is_empty() {
        return Ok(TermSalts::default());
    }
    match bytes.as_chunks::<{ size_of::<Salt>() }>() {
        ([price, channel_ref, unit], []) => Ok(TermSalts { price: *price, channel_ref: *channel_ref, unit: *unit }),
        _ => Err(Malformed("salts")),
    }
}
