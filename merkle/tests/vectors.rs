//! Known answers from the specifications and from other logs.

mod support;

use keyrack_merkle::*;
use support::{Tree, receipt, strict_policy};

fn hex(text: &str) -> Hash {
    let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect();
    bytes.try_into().expect("32 bytes")
}

/// The leaves and roots that Certificate Transparency's own tests use (certificate-transparency, merkle_tree_test.cc).
const CT_LEAVES: [&[u8]; 8] = [b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_of_certificate_transparency() {
    let mut tree = Tree::new();
    for (size, root) in CT_ROOTS.iter().enumerate() {
        assert_eq!(tree.frontier.root(), hex(root), "{size} leaves");
        assert_eq!(tree.root_at(size as u64), hex(root), "{size} leaves");
        if let Some(leaf) = CT_LEAVES.get(size) {
            tree.push(leaf);
        }
    }
    assert_eq!(empty_root(), hex(CT_ROOTS[0]));
    assert_eq!(leaf_hash(b""), hex(CT_ROOTS[1]));
    assert_eq!(node_hash(&leaf_hash(b""), &leaf_hash(b"\x00")), hex(CT_ROOTS[2]));
}

#[test]
fn proofs_of_certificate_transparency() {
    let mut tree = Tree::new();
    CT_LEAVES.iter().for_each(|leaf| tree.push(leaf));
    let inclusion = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(tree.inclusion(0, 8), inclusion.map(hex));
    let consistency = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(tree.consistency(6, 8), consistency.map(hex));
}

/// c2sp.org/signed-note, "Example".
#[test]
fn the_signed_note_of_the_specification() {
    let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let text = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let key = VerifierKey::parse(vkey).expect("a key");
    assert_eq!((key.name(), key.kind(), key.id()), ("example.com/foo", KeyKind::Log, 0x530d_903a));
    assert_eq!(key.to_string(), vkey);
    let note = Note::parse(text).expect("a note");
    assert_eq!(note.to_string(), text);
    assert_eq!(note.text, "This is an example message.\n");
    assert_eq!(verify_signature(&note.text, &note.signatures[0], &key), Ok(None));
    let other = verify_signature("This is an Example message.\n", &note.signatures[0], &key);
    assert_eq!(other, Err(SignatureError::Invalid));
}

/// c2sp.org/signed-note, the first note: its text has an empty line. Its key is not published.
#[test]
fn the_text_ends_at_the_last_blank_line() {
    let text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(text).expect("a note");
    assert!(note.text.ends_with("raggio di sole:\n\ned è subito sera.\n"));
    assert_eq!((note.signatures.len(), note.signatures[0].key_id), (1, 0x367b_a04b));
    assert_eq!(note.to_string(), text);
}

/// c2sp.org/tlog-cosignature, the example (its keys are not published).
#[test]
fn the_cosigned_checkpoint_of_the_specification() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let note = Note::parse(text).expect("a note");
    let checkpoint = Checkpoint::parse(&note.text).expect("a checkpoint");
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.body(), note.text);
    let [log, witness] = note.signatures.as_slice() else { panic!("two signatures") };
    assert_eq!((log.bytes.len(), witness.bytes.len()), (64, 72));
    assert_eq!((log.key_id, witness.key_id), (0x033d_e0ae, 0x8d66_cf3f));
    assert_eq!(witness.bytes[..8], 1_679_315_147u64.to_be_bytes());
    assert_eq!(note.to_string(), text);
}

/// A tree head of Go's checksum database, signed by its published key (cmd/go/internal/modfetch/key.go).
#[test]
fn a_tree_head_of_the_go_checksum_database() {
    let vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let text = "go.sum database tree\n1514086\nkn9DgqDhXzoZMM8828SQsbuovr/WRn7QfFd5Qe1rpwA=\n\n— sum.golang.org Az3grunuggF5mKymPJeK/l9Pq71lOg/rAVkQVCzGkWRJcnS3ZFunzveHr9PAH8LFsuhpcCWzGDNrn9FFDyXm/66tBg8=\n";
    let key = VerifierKey::parse(vkey).expect("a key");
    assert_eq!(key.to_string(), vkey);
    let note = Note::parse(text).expect("a note");
    let checkpoint = Checkpoint::parse(&note.text).expect("a checkpoint");
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("go.sum database tree", 1_514_086));
    assert_eq!(verify_signature(&note.text, &note.signatures[0], &key), Ok(None));
    let forged = note.text.replace("1514086", "1514087");
    assert_eq!(verify_signature(&forged, &note.signatures[0], &key), Err(SignatureError::Invalid));
}

/// A receipt made in Python without this crate: the tree by the recursion of RFC 6962, the signatures by pyca/cryptography.
/// It has 11 leaves, `leaf 0` to `leaf 10`; the seeds of the keys are 32 bytes of 1 and 32 bytes of 2.
#[test]
fn a_receipt_made_in_python() {
    let policy = "log keyrack.example/shard-1+d333283f+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n\
                  witness w1 witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\n\
                  quorum w1\n";
    let text = "c2sp.org/tlog-proof@v1\nindex 9\n81AdXyQVFSUhdkvHLa+dwfmmZcDfzHnFYyTBI8+sX94=\nrgMwEvvY6lhE9d2tuVClPAty+jXyleJVd9MjqGd5OoI=\nxcLIIO00L92ozolra5z1uMAKIcxLIHFMxuXTwFw1JAs=\n\nkeyrack.example/shard-1\n11\ntubAHcNe8yoG1ShcXR8u5hcSynqvU9EI/ULCvRwUFgc=\n\n— keyrack.example/shard-1 0zMoP+EvsdSP5kBNT4UqX0om4RegIobu5YPXJHUt8pRsvZyS+ZtjOzyqYH+xBOlsv4YYJGPZBJd9YS4Fg+mbQNHX0Ac=\n— witness.example/w1 3xwKNQAAAABkGFDLNxMDZf7bZRXI19xqg4g5Sa29fHkF4Twv6VwAqcXAC0DzJf0B1wBmf+zsPJH9v2Zrlx1Ibdfurc7qQ8ZGEothAw==\n";
    let policy = Policy::parse(policy.as_bytes()).expect("a policy");
    let proof = ProofFile::parse(text).expect("a proof file");
    assert_eq!(proof.to_string(), text);
    let trusted = verify_receipt(b"leaf 9", &proof, &policy).expect("a valid receipt");
    assert_eq!(trusted.cosigned, [("w1".into(), 1_679_315_147)]);
    assert!(verify_receipt(b"leaf 8", &proof, &policy).is_err());

    // Ed25519 is deterministic, so the same seeds give the same file here.
    let tree = Tree::of(11);
    let log = NoteKey::from_seed("keyrack.example/shard-1", KeyKind::Log, &[1; 32]).expect("a key");
    let witness = NoteKey::from_seed("witness.example/w1", KeyKind::Cosigner, &[2; 32]).expect("a key");
    let checkpoint = Checkpoint { origin: "keyrack.example/shard-1".into(), size: 11, root: tree.frontier.root() };
    let signatures = vec![checkpoint.sign(&log), checkpoint.cosign(&witness, 1_679_315_147)];
    let hashes = tree.inclusion(9, 11);
    let ours = ProofFile { extra: None, index: 9, hashes, checkpoint: Note { text: checkpoint.body(), signatures } };
    assert_eq!(ours.to_string(), text);
}

#[test]
fn the_id_of_a_public_key_depends_on_name_and_kind() {
    let seed = [1; 32];
    let id = |name, kind| *NoteKey::from_seed(name, kind, &seed).map(|key| key.verifier().id()).as_ref().expect("a key");
    // SHA-256(name || "\n" || type || key)[..4], computed in Python.
    assert_eq!(id("keyrack.example/shard-1", KeyKind::Log), 0xd333_283f);
    assert_ne!(id("keyrack.example/shard-1", KeyKind::Cosigner), 0xd333_283f);
    assert_ne!(id("keyrack.example/shard-2", KeyKind::Log), 0xd333_283f);
}

/// c2sp.org/tlog-tiles, "Merkle Tree" and "Partial Tiles".
#[test]
fn the_tile_paths_of_the_specification() {
    let tile = |level, index, width| Resource::Hashes { level, index, width };
    for (resource, path, start) in [
        (tile(0, 1_234_067, 256), "tile/0/x001/x234/067", 1_234_067 << 8),
        (tile(0, 1_234, 7), "tile/0/x001/234.p/7", 1_234 << 8),
        (tile(0, 0, 256), "tile/0/000", 0),
        (tile(1, 273, 17), "tile/1/273.p/17", 273 << 16),
        (tile(63, 0, 255), "tile/63/000.p/255", 0),
        (tile(0, 72_057_594_037_927_935, 1), "tile/0/x072/x057/x594/x037/x927/935.p/1", u64::MAX << 8),
        (tile(6, 255, 1), "tile/6/255.p/1", 255 << 56),
        (Resource::Entries { index: 0, width: 256 }, "tile/entries/000", 0),
        (Resource::Entries { index: 1_000, width: 1 }, "tile/entries/x001/000.p/1", 256_000),
    ] {
        assert_eq!(resource.to_string(), path);
        assert_eq!(Resource::parse(path), Ok(resource));
        assert_eq!(resource.start(), start, "{path}");
        assert_eq!(resource.is_partial(), path.contains(".p/"));
    }
    // "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one
    // full level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1."
    for (resource, is_in) in [
        (tile(0, 272, 256), true),
        (tile(0, 273, 112), true),
        (tile(0, 273, 113), false),
        (tile(0, 273, 256), false),
        (tile(1, 0, 256), true),
        (tile(1, 1, 17), true),
        (tile(1, 1, 18), false),
        (tile(2, 0, 1), true),
        (tile(2, 0, 2), false),
        (tile(3, 0, 1), false),
        (tile(63, 0, 1), false),
        (Resource::Entries { index: 273, width: 112 }, true),
        (Resource::Entries { index: 273, width: 113 }, false),
    ] {
        assert_eq!(resource.is_in(70_000), is_in, "{resource}");
    }
    // "A tree of size 256 will be represented by a full level 0 tile and a partial level 1 tile of width 1."
    assert!(tile(0, 0, 256).is_in(256) && tile(1, 0, 1).is_in(256) && !tile(1, 0, 1).is_in(255));
}

#[test]
fn nodes_between_the_stored_levels_follow_from_a_tile() {
    let tree = Tree::of(300);
    let node = |level, index| tree.nodes.get(level, index).expect("complete");
    let tile: Vec<Hash> = (0..256).map(|index| node(0, index)).collect();
    for height in 0..=8 {
        for offset in 0..256 >> height {
            assert_eq!(node_in_tile(&tile, height, offset), Some(node(height, offset as u64)), "{height}, {offset}");
        }
        assert_eq!(node_in_tile(&tile, height, 256 >> height), None);
    }
    assert_eq!(node_in_tile(&tile[..255], 8, 0), None);
    assert_eq!(node_in_tile(&tile, 9, 0), None);
    for (height, offset) in [(63, 1), (63, usize::MAX), (64, 0), (255, 0), (0, usize::MAX), (1, usize::MAX)] {
        assert_eq!(node_in_tile(&tile, height, offset), None, "{height}, {offset}");
    }
    assert_eq!(node_in_tile(&[], 0, 0), None);
}

#[test]
fn a_bundle_has_the_length_and_the_bytes_of_each_entry() {
    let mut out = b"before".to_vec();
    encode_bundle(&[b"ab".as_slice(), b"", &[7; 300]], &mut out).expect("short entries");
    let expected = [b"before\x00\x02ab\x00\x00\x01\x2c".as_slice(), &[7; 300]].concat();
    assert_eq!(out, expected);
    assert_eq!(decode_bundle(&out[6..]), Ok(vec![b"ab".as_slice(), b"", &[7; 300]]));
    assert_eq!(decode_bundle(b""), Ok(vec![]));
    let long = vec![0; 65_536];
    assert_eq!(encode_bundle(&[&long[..65_535]], &mut out), Ok(()));
    let before = out.clone();
    assert_eq!(encode_bundle(&[b"short", &long[..]], &mut out), Err(EntryTooLong { position: 1, len: 65_536 }));
    assert_eq!(out, before, "an error leaves the output unchanged");
}

#[test]
fn the_debug_text_of_a_key_has_no_secret() {
    let key = NoteKey::from_seed("a", KeyKind::Log, &[9; 32]).expect("a key");
    let shown = format!("{key:?}");
    assert_eq!(shown, format!("NoteKey({}, secret)", key.verifier()));
    assert!(!shown.contains("CQkJCQ") && !shown.contains("0909"));
}

#[test]
fn the_shared_receipt_is_valid() {
    assert!(verify_receipt(b"leaf 2", &receipt(&Tree::of(5), 2, 2, None), &strict_policy(2)).is_ok());
}
