//! Compiles the .proto files with protox, so that the build needs no protoc.

mod shapes;

use std::{env, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 6] = [
    "keyrack/v1/reservations.proto",
    "keyrack/v1/inventory.proto",
    "keyrack/v1/receipts.proto",
    "keyrack/internal/rows.proto",
    "keyrack/internal/commands.proto",
    "keyrack/internal/cluster.proto",
];

/// The public messages are also the JSON bodies of the HTTP API, so that each type has one definition.
const JSON: &str = r#"#[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=shapes.rs");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("keyrack.descriptors.bin"), descriptors.encode_to_vec())?;

    let mut config = tonic_prost_build::Config::new();
    config.bytes(["."]);
    config.message_attribute(".keyrack.v1", JSON);
    // In HTTP the idempotency key is a header and the id is in the path. In gRPC both are fields.
    for field in NOT_IN_BODIES {
        config.field_attribute(format!(".keyrack.v1.{field}"), "#[serde(skip)]");
    }
    // In JSON an empty list is not the same as an absent one: the caller asks for no room.
    config.field_attribute(
        ".keyrack.v1.AmendRequest.rooms",
        "#[serde(deserialize_with = \"crate::json::at_least_one_room\", skip_serializing_if = \"Vec::is_empty\")]",
    );
    for (field, attribute) in READ_SPECIALLY {
        config.field_attribute(format!(".keyrack.v1.{field}"), attribute);
        // A written null would be read as a value.
        config.field_attribute(format!(".keyrack.v1.{field}"), "#[serde(skip_serializing_if = \"Option::is_none\")]");
    }
    for path in ABSENT_WHEN_NONE {
        config.field_attribute(path, "#[serde(skip_serializing_if = \"Option::is_none\")]");
    }
    for path in ABSENT_WHEN_EMPTY {
        config.field_attribute(path, "#[serde(skip_serializing_if = \"String::is_empty\")]");
    }
    fs::write(out.join("keyrack.shapes.rs"), shapes::of(&descriptors))?;
    config.enable_type_names();
    let services = tonic_prost_build::configure().codec_path("crate::bounded::BoundedCodec");
    services.compile_fds_with_config(descriptors, config)?;
    Ok(())
}

const NOT_IN_BODIES: [&str; 27] = [
    "AmendRequest.booking_id",
    "AmendRequest.expected_revision",
    "AmendRequest.idempotency_key",
    "BookRequest.idempotency_key",
    "BookingStepRequest.booking_id",
    "BookingStepRequest.expected_revision",
    "BookingStepRequest.idempotency_key",
    "CloseBusinessDateRequest.property_id",
    "CloseBusinessDateRequest.idempotency_key",
    "ConfirmHoldRequest.hold_id",
    "ConfirmHoldRequest.idempotency_key",
    "EraseGuestRequest.guest_id",
    "EraseGuestRequest.idempotency_key",
    "PlaceHoldRequest.idempotency_key",
    "PutPropertyRequest.property_id",
    "PutPropertyRequest.expected_revision",
    "PutPropertyRequest.idempotency_key",
    "PutRatePlanRequest.code",
    "PutRatePlanRequest.property_id",
    "PutRatePlanRequest.expected_revision",
    "PutRatePlanRequest.idempotency_key",
    "PutRoomTypeRequest.code",
    "PutRoomTypeRequest.property_id",
    "PutRoomTypeRequest.expected_revision",
    "PutRoomTypeRequest.idempotency_key",
    "UpdateAriRequest.property_id",
    "UpdateAriRequest.idempotency_key",
];
/// In JSON, null is not the same as an absent value where it clears something, and some types have a shorter form.
const READ_SPECIALLY: [(&str, &str); 13] = [
    ("AmendRequest.notes", "#[serde(with = \"crate::json::notes\")] #[schema(value_type = Option<Vec<Note>>)]"),
    ("GuestChange.name", "#[serde(deserialize_with = \"crate::json::null_is_empty\")]"),
    ("GuestChange.email", "#[serde(deserialize_with = \"crate::json::null_is_empty\")]"),
    ("GuestChange.phone", "#[serde(deserialize_with = \"crate::json::null_is_empty\")]"),
    ("AriUpdate.capacity", "#[serde(deserialize_with = \"crate::json::null_is_most\")]"),
    ("AriUpdate.rate", "#[serde(deserialize_with = \"crate::json::null_is_empty\")]"),
    ("AriUpdate.min_stay_arrival", NULL_IS_ZERO),
    ("AriUpdate.min_stay_through", NULL_IS_ZERO),
    ("AriUpdate.max_stay", NULL_IS_ZERO),
    ("AriUpdate.closed_to_arrival", NULL_IS_ZERO),
    ("AriUpdate.closed_to_departure", NULL_IS_ZERO),
    ("AriUpdate.stop_sell", NULL_IS_ZERO),
    ("AriUpdate.out_of_order", NULL_IS_ZERO),
];
const NULL_IS_ZERO: &str = "#[serde(deserialize_with = \"crate::json::null_is_zero\")]";
const ABSENT_WHEN_NONE: [&str; 8] = [
    ".keyrack.v1.Booking.fees_total",
    ".keyrack.v1.Booking.as_of",
    ".keyrack.v1.Booking.cancellation_fee",
    ".keyrack.v1.Booking.receipt",
    ".keyrack.v1.ErasedGuest.receipt",
    ".keyrack.v1.Property.as_of",
    ".keyrack.v1.Property.house_limit",
    ".keyrack.v1.Property.location",
];
const ABSENT_WHEN_EMPTY: [&str; 4] = [
    ".keyrack.v1.Booking.channel_ref",
    ".keyrack.v1.Booking.receipt_url",
    ".keyrack.v1.ErasedGuest.receipt_url",
    ".keyrack.v1.Hold.booking_id",
];
