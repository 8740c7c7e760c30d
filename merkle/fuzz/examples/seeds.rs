//! Writes the seeds: a few valid encodings for each target, in `corpus/<target>/`. Run in the folder `merkle/fuzz`:
//! `cargo run --release --locked --example seeds`.

use std::path::Path;
use std::{fs, io};

use base64ct::{Base64UrlUnpadded, Encoding};
use keyrack_fuzz::node::config::Config;
use keyrack_fuzz::*;
use keyrack_inventory::{
    BookingId, BookingLeaf, HoldId, Leaf, LeafBody, LeafKind, LeafRooms, Night, PropertyNumber, ReplicaKeys, ShortCode,
};
use keyrack_merkle::*;
use keyrack_proto::{internal as pb, v1};
use prost::Message;

/// Every kind of row and command, as `proto/tests` pins them.
const PINNED: &str = include_str!("../../../proto/tests/pinned/bytes.txt");

fn main() -> io::Result<()> {
    notes()?;
    keys_and_policies()?;
    tiles()?;
    receipts()?;
    trees()?;
    leaves()?;
    stored()?;
    requests()?;
    bearers()?;
    raft_messages()?;
    files()
}

fn seed(target: &str, name: &str, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

fn notes() -> io::Result<()> {
    for (name, size, witnesses) in [("log-only", 1, 0), ("one-witness", 7, 1), ("all-witnesses", LEAVES, WITNESSES)] {
        let note = note(size, witnesses);
        seed("note", name, note.to_string())?;
        seed("checkpoint", name, &note.text)?;
        let last = note.signatures.last().expect("the log signs");
        seed("signature_line", name, last.to_string())?;
    }
    let text = format!("{}an extension\n", checkpoint(LEAVES).body());
    seed("checkpoint", "extension", &text)?;
    seed("checkpoint", "largest", format!("é\n{}\n{}\n", u64::MAX, encode_hash(&empty_root())))?;
    seed("note", "extension", Note { text, signatures: note(LEAVES, 1).signatures }.to_string())?;
    seed("note", "blank-lines", Note { text: "a\n\nb\n\n".into(), signatures: note(1, 0).signatures }.to_string())?;
    seed("signature_line", "without-newline", note(1, 0).signatures[0].to_string().trim_end())?;
    seed("signature_line", "shortest", Signature { name: "é".into(), key_id: 0, bytes: vec![0] }.to_string())
}

fn keys_and_policies() -> io::Result<()> {
    seed("vkey", "log", log_key().verifier().to_string())?;
    seed("vkey", "cosigner", witness_key(1).verifier().to_string())?;
    seed("vkey", "of-the-format", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")?;
    for (name, rules) in policies() {
        seed("policy", name, policy_keys() + rules)?;
    }
    seed("policy", "comments", "# nobody\n\n \tquorum\tnone \n")
}

fn policies() -> [(&'static str, &'static str); 4] {
    [
        ("no-quorum", "quorum none\n"),
        ("one", "quorum w2\n"),
        ("two-of-three", "group most 2 w1 w2 w3\nquorum most\n"),
        ("groups", "group pair any w1 w2\ngroup both all pair w3\nquorum both\n"),
    ]
}

fn tiles() -> io::Result<()> {
    let paths = ["tile/0/000", "tile/entries/x001/x234/067.p/255", "tile/63/000.p/1", "tile/1/x999/999", "tile/entries/000.p/12"];
    for (place, path) in paths.into_iter().enumerate() {
        seed("tile_path", &place.to_string(), path)?;
    }
    for (name, entries) in [("none", vec![]), ("empty", vec![vec![]]), ("twelve", (0..LEAVES).map(leaf).collect())] {
        let mut bytes = Vec::new();
        encode_bundle(&entries, &mut bytes).expect("short entries");
        seed("bundle", name, bytes)?;
    }
    seed("bundle", "full", [0; 2 * TILE_WIDTH as usize])
}

fn receipts() -> io::Result<()> {
    let of = [(0, 1, 0, None), (2, 7, 2, Some(b"{}".to_vec())), (11, LEAVES, 3, None), (4, 8, 3, Some(vec![]))];
    for ((name, rules), (index, size, witnesses, extra)) in policies().into_iter().zip(of) {
        let file = receipt(index, size, witnesses, extra).to_string();
        seed("proof_file", name, &file)?;
        let whole = [(policy_keys() + rules).as_bytes(), file.as_bytes(), &leaf(index)].join(&0);
        seed("receipt", name, whole)?;
    }
    for (name, hashes) in [("longest", MAX_PROOF_HASHES), ("too-long", MAX_PROOF_HASHES + 1)] {
        let hashes = vec![empty_root(); hashes];
        seed("proof_file", name, ProofFile { hashes, ..receipt(0, 1, 0, None) }.to_string())?;
    }
    Ok(())
}

fn trees() -> io::Result<()> {
    for (name, size) in [("empty", 0), ("thirteen", 13), ("full", u64::MAX), ("large", 1 << 63), ("ones", (1 << 40) - 1)] {
        let edge: Vec<u8> = (1..=size.count_ones() as u8).collect();
        seed("frontier", name, [size.to_be_bytes().as_slice(), &edge].concat())?;
    }
    let sizes =
        [("small", [4, 5, 12]), ("equal", [7, 8, 8]), ("largest", [u64::MAX - 1, 1, u64::MAX]), ("grown", [0, 0, 1 << 63])];
    for (name, sizes) in sizes {
        seed("proofs", name, [sizes.map(u64::to_be_bytes).as_flattened(), &[3]].concat())?;
    }
    Ok(())
}

fn leaves() -> io::Result<()> {
    let line = |code: &str, quantity, nights| {
        let room_type = ShortCode::new(code).expect("a valid code");
        LeafRooms { room_type, quantity, runs: Vec::new(), nights }
    };
    let many = (0..12).map(|n| line(&format!("T{n}"), 1, Vec::new())).collect();
    let booking = |kind, previous, nights: u32, rooms| BookingLeaf {
        kind,
        property: "inn-on-the-quay".into(),
        booking: BookingId::new(PropertyNumber(7), 1, 2),
        previous,
        arrival: Night(20_000),
        departure: Night(20_000 + nights),
        rooms,
        digests: std::array::from_fn(|place| [place as u8; 32]),
    };
    let one_type = booking(LeafKind::Book, None, 2, vec![line("DLX", 1, vec![(42, 7), (42, -1)])]);
    let both = vec![line("DLX", 2, vec![(0, i64::MIN)]), line("STD", 50, vec![(u32::MAX, i64::MAX)])];
    let two_types = booking(LeafKind::Amend, Some(0), 1, both);
    let changed_in_house = vec![LeafRooms { runs: vec![(1, 0), (2, 3)], ..line("DLX", 3, Vec::new()) }];
    let reinstated = booking(LeafKind::Reinstate, Some(1), 3, changed_in_house);
    let untold = booking(LeafKind::Erase, Some(u64::MAX), 365, many);
    let keys = ReplicaKeys { node: 3, log: [0x77; 32], cosigner: [0x88; 32] };
    let place = |body| Leaf { at_ms: 1_700_000_000_000, term: 2, index: 900, body }.encode();
    seed("leaf", "one-type", place(LeafBody::Booking(one_type)))?;
    seed("leaf", "two-types", place(LeafBody::Booking(two_types)))?;
    seed("leaf", "reinstated", place(LeafBody::Booking(reinstated)))?;
    seed("leaf", "untold-nights", place(LeafBody::Booking(untold)))?;
    seed("leaf", "key-change", place(LeafBody::KeyChange(keys)))?;
    seed("leaf", "audit-seal", place(LeafBody::AuditSeal { count: 70_000, link: [0x99; 32] }))
}

fn stored() -> io::Result<()> {
    let mut before = Vec::new();
    for line in PINNED.lines() {
        let (name, bytes) = line.rsplit_once(": ").expect("a name");
        let name = name.replace(": ", "-").replace(' ', "-");
        let Some((key, row)) = bytes.split_once(" = ") else {
            seed("command", &name, unhex(bytes))?;
            continue;
        };
        let key = unhex(key);
        seed("row", &name, [&key[..1], &unhex(row)].concat())?;
        // After another key: the target compares the order of two keys.
        seed("key", &name, [before, key.clone()].concat())?;
        before = key;
    }
    Ok(())
}

fn requests() -> io::Result<()> {
    let rooms = r#"[{"roomType":"DLX","ratePlan":"FLEX","quantity":2,"adults":2,"childrenAges":[4]}]"#;
    let stay = r#""arrival":"2027-03-01","departure":"2027-03-03""#;
    let guest = r#"{"name":"Ada","email":"ada@example.com","phone":"+351210000000"}"#;
    let order = format!(r#""guest":{guest},"channelRef":"R-1","payment":{{"token":"tok_1"}}"#);
    let place = r#""address":{"lines":["Rua 1"],"city":"Lisbon","country":"PT"},"location":{"latitude":38.7,"longitude":-9.1}"#;
    let line = r#""roomType":"DLX","ratePlan":"FLEX","dateFrom":"2027-01-01","dateTo":"2027-12-31","days":["sat"]"#;
    let bodies = [
        ("book", format!(r#"b{{"propertyId":"inn",{stay},"rooms":{rooms},{order}}}"#)),
        ("hold", format!(r#"h{{"propertyId":"inn",{stay},"rooms":{rooms},"ttlSeconds":60}}"#)),
        ("confirm", format!("c{{{order}}}")),
        ("amend", format!(r#"a{{{stay},"rooms":{rooms},"guest":{guest}}}"#)),
        ("step", "s{}".into()),
        ("property", format!(r#"p{{"name":"Inn","timeZone":"Europe/Lisbon","currency":"EUR","houseLimit":9,{place}}}"#)),
        ("room-type", r#"t{"name":"Double","capacity":10,"occupancy":2,"overbookingBasisPoints":500}"#.into()),
        ("rate-plan", r#"r{"name":"Flexible","cancellationPolicy":{"freeUntilDays":1,"fee":"percent","percent":50}}"#.into()),
        ("ari", format!(r#"u{{"updates":[{{{line},"rate":"120.00","minStayArrival":2,"stopSell":false}}]}}"#)),
        ("close", r#"d{"expectedFrom":"2027-01-01"}"#.into()),
        (
            "guest-change",
            r#"a{"guest":{"email":null},"notes":[{"kind":"guest","text":"Late"}],"override":{"rule":"restrictions","reason":"Owner"}}"#.into(),
        ),
    ];
    for (name, body) in &bodies {
        seed("body", name, body)?;
    }
    let book: v1::BookRequest = serde_json::from_str(&bodies[0].1[1..]).expect("a booking");
    seed("message", "book", [&[0], book.encode_to_vec().as_slice()].concat())?;
    seed(
        "message",
        "book-many",
        [&[1], v1::BookManyRequest { tag: 7, book: Some(book), with_receipt: true }.encode_to_vec().as_slice()].concat(),
    )?;
    let ari: v1::UpdateAriRequest = serde_json::from_str(&bodies[8].1[1..]).expect("an update");
    seed("message", "ari", [&[9], ari.encode_to_vec().as_slice()].concat())?;
    let (booking, hold) = (BookingId::new(PropertyNumber(7), 1, 2), HoldId::new(PropertyNumber(7), 1, 2));
    let cursor = "1.7-2.0-3.12";
    let words = [booking.to_string(), hold.to_string(), "2027-03-01".into(), "120.00".into(), "DLX".into(), cursor.into()];
    for (place, word) in words.iter().enumerate() {
        seed("query", &place.to_string(), word)?;
    }
    seed("query", "card", "4111 1111 1111 1111")
}

fn bearers() -> io::Result<()> {
    let part = Base64UrlUnpadded::encode_string;
    let claims = r#"{"iss":"https://id.example","aud":["keyrack"],"sub":"anna","exp":1900000000,"nbf":1,"iat":1.5}"#;
    let rsa = format!(r#"{{"kty":"RSA","kid":"k","use":"sig","alg":"RS256","n":"{}","e":"AQAB"}}"#, part(&[0xc1; 256]));
    let point = part(&[7; 32]);
    let ec = format!(r#"{{"kty":"EC","crv":"P-256","kid":"e","key_ops":["verify"],"x":"{point}","y":"{point}"}}"#);
    let okp = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{point}"}}"#);
    let header = |alg: &str| format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"k"}}"#);
    for alg in ["RS256", "EdDSA", "none"] {
        let token = [header(alg).as_bytes(), claims.as_bytes(), b"signature"].map(part).join(".");
        seed("token", alg, format!("{token}\0{{\"keys\":[{rsa},{ec},{okp}]}}"))?;
    }
    for (name, mark) in [("link", "krl_"), ("session", "krg_")] {
        seed("guest_link", name, format!("{mark}{}", part(&[9; 48])))?;
    }
    seed("token", "key", format!("kr_0123456789ab_{}", part(&[9; 32])))
}

/// The first byte of each selects the message. See the target.
fn raft_messages() -> io::Result<()> {
    let (vote, id) = (pb::Vote { term: 3, node: 1, committed: true }, pb::LogId { term: 2, node: 1, index: 7 });
    let member = |id| pb::MemberInfo { id, incarnation: 9, peer: "10.0.1.10:7112".into(), ..pb::MemberInfo::default() };
    let membership = pb::Membership {
        configs: vec![pb::VoterSet { voters: vec![1, 2] }, pb::VoterSet { voters: vec![2, 3] }],
        nodes: (1..=3).map(member).collect(),
    };
    let entry =
        |batch: Option<&'static [u8]>, membership| pb::LogEntry { id: Some(id), batch: batch.map(Into::into), membership };
    let entries = vec![entry(None, None), entry(Some(b"batch"), None), entry(None, Some(membership.clone()))];
    let append = pb::AppendRequest { group: 1, vote: Some(vote), prev: Some(id), committed: Some(id), entries };
    let ask = pb::VoteRequest { group: 1, vote: Some(vote), last: Some(id), leader_transfer: true };
    let granted = pb::VoteReply { vote: Some(vote), last: Some(id), granted: true };
    let conflict = pb::AppendReply { result: Some(pb::append_reply::Result::ConflictAt(id)) };
    let stored = [&[2][..], &3u64.to_be_bytes(), &1u64.to_be_bytes(), &membership.encode_to_vec()].concat();
    let messages = [
        ("append", 0, append.encode_to_vec()),
        ("append-reply", 1, conflict.encode_to_vec()),
        ("vote", 2, ask.encode_to_vec()),
        ("vote-reply", 3, granted.encode_to_vec()),
        ("append-answer", 6, conflict.encode_to_vec()),
        ("stored-membership", 7, stored),
    ];
    messages.into_iter().try_for_each(|(name, kind, bytes)| seed("raft_message", name, [vec![kind], bytes].concat()))
}

fn files() -> io::Result<()> {
    let peer = "[[peers]]\nid = 1\npeer = \"a:1\"\nhttp = \"http://a:2\"\ngrpc = \"http://a:3\"\nregion = \"eu\"\n";
    let witness = format!("[[receipts.witnesses]]\nurl = \"https://w.example/x\"\nkey = \"{}\"\n", witness_key(1).verifier());
    let issuer = "[[oidc]]\nissuer = \"https://id.example\"\naudience = \"keyrack\"\n";
    seed("config", "default", Config::print_default().expect("the defaults"))?;
    seed("config", "short", peer)?;
    seed("config", "lists", format!("node = 1\n[limits]\nqueue_commands = 4\n{witness}{issuer}{peer}"))?;
    seed("keyring", "one", "ab".repeat(32))?;
    seed("keyring", "three", format!("# keys\n1 {}\n2 {} active\n3 {}\n", "01".repeat(32), "Ef".repeat(32), "9a".repeat(32)))?;
    let columns = "hotel,lead_time,arrival_date_year,arrival_date_month,arrival_date_day_of_month,stays_in_weekend_nights,\
        stays_in_week_nights,adults,children,babies,distribution_channel,reserved_room_type,adr,reservation_status,\
        reservation_status_date\n";
    let rows = "City,7,2016,July,31,1,2,2,NA,0,TA/TO,A   ,98.5,Check-Out,8/3/2016\n\"Inn\",0,2017,May,1,0,1,1,0,0,Direct,B,0,Canceled,2017-04-30\n";
    seed("table", "two", format!("{columns}{rows}"))
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().as_chunks::<2>().0;
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    if text == "nothing" { Vec::new() } else { pairs.iter().map(|pair| byte(pair)).collect() }
}
