//! Tables: what a document writes, what is recognised in it, and which values match it.

use super::{Form, Piece, accepted, pieces};

fn values(line: &str) -> Vec<(Form, String)> {
    let value = |piece| match piece {
        Piece::Value(form, text) => Some((form, text)),
        _ => None,
    };
    pieces(line).into_iter().filter_map(value).collect()
}

#[test]
fn values_are_recognised() {
    let table = [
        ("bk_00000020d1z5a4p70v65mx4g1r", Form::Id),
        ("qt_d1438c9f73eb2f535fc8065e56881bc3", Form::Id),
        ("bk_0000...", Form::Id),
        ("0V65M-X4G1R", Form::Confirmation),
        ("kr_channel_...", Form::ApiKey),
        ("kr_a98n6yc0hhnq_...", Form::ApiKey),
        ("kr_desk_0123456789abcdef0123456789abcdef", Form::ApiKey),
        ("a98n6yc0hhnq", Form::KeyPrefix),
        ("2026-11-20T16:23:31.326Z", Form::Time),
        ("2026-11-20T16:23:31Z", Form::Time),
        ("2026-11-20T16:23:31+01:00", Form::Time),
        ("Fri, 20 Nov 2026 16:23:31 GMT", Form::Time),
        ("cb75fe76bbb8ce3590d1366afbfbb9652b8b1a9224541ecc88aa824181bd6520", Form::Hex),
        ("AB:CD:EF:01:23:45:67:89", Form::Hex),
        ("vGYh4yFD/8ok8jPvomTvElrnv0RdXC2bTXDPFS3w6iw=", Form::Base64),
        ("12 ms", Form::Duration),
        ("1.3 s", Form::Duration),
        ("/tmp/abc/keyrack.toml", Form::Path),
    ];
    for (text, form) in table {
        for line in [text.to_string(), format!("a ({text}), b"), format!("\"{text}\"")] {
            assert_eq!(values(&line), [(form, text.to_string())], "{line}");
        }
    }
}

#[test]
fn what_must_match_exactly_is_text() {
    let table = [
        "238.00 EUR  17 left",
        "2027-03-05",
        "10 s",
        "Idempotency-Replayed: true",
        "keyrack_http_requests_total",
        "KEYRACK_LIMITS_QUEUE_COMMANDS",
        "keyrack-audit/evidence-shard-1-fork-one.checkpoint",
        "lisbon-alfama",
        "LOWER-UPPER",
        "https://127.0.0.1:7110",
        "67 rows, 5 of them without a night to book",
        "1234567890123456",
        "confirmed-booking-of-one-room",
        "backup_2026_11_20_final",
    ];
    for line in table {
        assert_eq!(pieces(line), [Piece::Text(line.to_string())], "{line}");
    }
}

#[test]
fn a_signers_name_is_text_and_its_key_is_not() {
    let text = |text: &str| Piece::Text(text.to_string());
    let key = "Ac/Pjs1LEMuCqRRcJee9lHaDaO0buhh4gdAFHrr1hqkS";
    assert_eq!(
        pieces(&format!("log dev/shard-1+90255ed0+{key}")),
        [
            text("log dev/shard-1"),
            Piece::Value(Form::KeyId, "+90255ed0".into()),
            text("+"),
            Piece::Value(Form::Base64, key.into())
        ]
    );
    assert_eq!(
        pieces("by dev/shard-1+90255ed0, dev/shard-2+9a3e9870"),
        [
            text("by dev/shard-1"),
            Piece::Value(Form::KeyId, "+90255ed0".into()),
            text(", dev/shard-2"),
            Piece::Value(Form::KeyId, "+9a3e9870".into())
        ]
    );
}

#[test]
fn numbers_vary_only_beside_a_word_that_says_so() {
    let numbers = |line: &str| values(line).into_iter().map(|(form, text)| (form == Form::Number, text)).collect::<Vec<_>>();
    let shown = |texts: &[&str]| texts.iter().map(|text| (true, text.to_string())).collect::<Vec<_>>();
    assert_eq!(numbers("as Raft entry 282 of term 1"), shown(&["282", "1"]));
    assert_eq!(numbers("nothing wrong in 105 leaves"), shown(&["105"]));
    assert_eq!(numbers("leaf       98 of 99 in dev/shard-1"), shown(&["98", "99"]));
    assert_eq!(numbers("  cosigned   by node-1 (replica dev/node-2)"), shown(&["1", "2"]));
    assert_eq!(numbers("2 of 8 digests in the leaf, node-1 of 3, the leaf3"), shown(&[]));
    assert_eq!(numbers("leaf 98 (counted from 0) of the first 99"), shown(&["98", "99"]));
    assert_eq!(numbers("pid 4711, Content-Length: 12"), shown(&["4711", "12"]));
    assert_eq!(numbers("{\"index\":4,\"quantity\":1}"), shown(&["4"]));
    assert_eq!(values("at http://127.0.0.1:18130 now"), [(Form::Port, "18130".to_string())]);
}

#[test]
fn only_the_same_form_is_accepted() {
    let base64 = "vGYh4yFD/8ok8jPvomTvElrnv0RdXC2bTXDPFS3w6iw=";
    let table: [(Form, &str, &str, Option<usize>); 14] = [
        (Form::Id, "bk_0000...", "bk_00000020d1z5a4p70v65mx4g1r next", Some(29)),
        (Form::Id, "bk_0000...", "hd_00000020d1z5a4p70v65mx4g1r", None),
        (Form::Id, "bk_0000...", "bk_0000", None),
        (Form::Confirmation, "0V65M-X4G1R", "8XAX8-BS373  confirmed", Some(11)),
        (Form::Confirmation, "0V65M-X4G1R", "8XAX8 BS373", None),
        (Form::ApiKey, "kr_channel_...", "kr_channel_0123456789abcdef0123456789abcdef", Some(43)),
        (Form::ApiKey, "kr_channel_...", "kr_channel_...", None),
        (Form::Time, "2026-11-20T16:23:31Z", "2027-01-01T00:00:00.000Z,", Some(24)),
        (Form::Time, "2026-11-20T16:23:31Z", "2027-01-01", None),
        (Form::Hex, "0123456789abcdef", "fedcba9876543210 x", Some(16)),
        (Form::Hex, "0123456789abcdef", "fedcba98765432100", None),
        (Form::Base64, base64, base64, Some(44)),
        (Form::Base64, base64, "short=", None),
        (Form::Duration, "12 ms", "1.25 s", Some(6)),
    ];
    for (form, shown, actual, expected) in table {
        assert_eq!(accepted(form, shown, actual), expected, "{form:?} {shown}: {actual}");
    }
}
