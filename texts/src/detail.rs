//! Every detail of a problem: its code, its message in the language files, and its arguments.

use fluent_bundle::{FluentArgs, FluentValue};
use keyrack_proto::Code;

/// A value that a message can show.
pub trait Argument {
    /// The value for Fluent.
    fn value(&self) -> FluentValue<'_>;

    /// A value to show in the list of all messages.
    fn sample(name: &'static str) -> Self;
}

impl Argument for u64 {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }

    fn sample(_: &'static str) -> Self {
        3
    }
}

impl Argument for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }

    fn sample(name: &'static str) -> Self {
        format!("<{name}>")
    }
}

impl Argument for &'static str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }

    fn sample(name: &'static str) -> Self {
        name
    }
}

macro_rules! details {
    ($($name:ident $({ $($argument:ident: $kind:ty),+ })? = $code:ident $id:literal,)*) => {
        /// A sentence about one case of a problem. The variants are grouped by subject; each belongs to one code.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Detail {
            $(
                #[doc = concat!("`", $id, "` in the language files.")]
                $name $({
                    $(
                        #[doc = concat!("`$", stringify!($argument), "` of the message.")]
                        $argument: $kind
                    ),+
                })?,
            )*
        }

        impl Detail {
            /// The code of the problem.
            pub fn code(&self) -> Code {
                match self { $(Detail::$name $({ $($argument: _),+ })? => Code::$code,)* }
            }

            /// The message's id in the language files.
            pub fn id(&self) -> &'static str {
                match self { $(Detail::$name $({ $($argument: _),+ })? => $id,)* }
            }

            /// The message's arguments.
            pub(crate) fn arguments(&self) -> FluentArgs<'_> {
                let mut arguments = FluentArgs::new();
                match self {
                    $(Detail::$name $({ $($argument),+ })? => {
                        $($(arguments.set(stringify!($argument), $argument.value());)+)?
                    })*
                }
                arguments
            }

            /// One of each, with sample arguments.
            pub fn samples() -> Vec<Detail> {
                vec![$(Detail::$name $({ $($argument: <$kind as Argument>::sample(stringify!($argument))),+ })?,)*]
            }
        }
    };
}

details! {
    // The request as such.
    NoSuchPath = NotFound "no-such-path",
    NoSuchResource = NotFound "no-such-resource",
    MethodNotAllowed = MethodNotAllowed "method-not-allowed",
    BodyLate { seconds: u64 } = RequestTimeout "body-late",
    BodyIncomplete = InvalidJson "body-incomplete",
    BodyTooLarge { limit_bytes: u64 } = PayloadTooLarge "body-too-large",
    UriTooLong { limit_bytes: u64 } = UriTooLong "uri-too-long",
    ContentType = UnsupportedMediaType "content-type",
    ContentEncoding = UnsupportedMediaType "content-encoding",
    BodyNotUtf8 = InvalidUtf8 "body-not-utf8",
    BodyNotJson { line: u64, column: u64 } = InvalidJson "body-not-json",
    BodyUnknownField { path: String, line: u64, column: u64 } = UnknownField "body-unknown-field",
    BodyRepeatedField { path: String, line: u64, column: u64 } = InvalidField "body-repeated-field",
    BodyWrongValue { path: String, expected: &'static str, line: u64, column: u64 } = InvalidField "body-wrong-value",
    BodyMisplacedList = InvalidField "body-misplaced-list",
    HeaderRepeated { header: String } = InvalidField "header-repeated",
    HostHeader = InvalidField "host-header",
    QueryNumber { field: String } = InvalidField "query-number",
    QueryBoolean { field: String } = InvalidField "query-boolean",
    QueryWrongValue { field: String } = InvalidField "query-wrong-value",
    QueryUnreadable = InvalidField "query-unreadable",

    // Retries and revisions.
    IdempotencyKeyMissing = IdempotencyKeyRequired "idempotency-key-missing",
    IdempotencyKeyInvalid { limit: u64 } = InvalidIdempotencyKey "idempotency-key-invalid",
    IdempotencyKeyRepeated = InvalidIdempotencyKey "idempotency-key-repeated",
    IdempotencyKeyReused = IdempotencyKeyReused "idempotency-key-reused",
    RequestInFlight = RequestInFlight "request-in-flight",
    RevisionMismatch { current: u64 } = PreconditionFailed "revision-mismatch",
    RecordMissing = PreconditionFailed "record-missing",
    RecordExists = PreconditionFailed "record-exists",
    PreconditionInvalid { header: String } = InvalidField "precondition-invalid",
    GuestChanged = RequestInFlight "guest-changed",
    InvalidCursor = InvalidCursor "invalid-cursor",
    CursorAhead = CursorAhead "cursor-ahead",

    // Callers and rights.
    CredentialsRefused = Unauthenticated "credentials-refused",
    GuestSessionEnded = Unauthenticated "guest-session-ended",
    GuestErased = WrongState "guest-erased",
    GuestLinkRefused = Unauthenticated "guest-link-refused",
    LogEntriesNeedAuditor = Unauthenticated "log-entries-need-auditor",
    RoleForbids { role: &'static str } = Forbidden "role-forbids",
    RightMissing = Forbidden "right-missing",
    RequestQuota { seconds: u64 } = QuotaExceeded "request-quota",
    HoldQuota { room_minutes: u64 } = QuotaExceeded "hold-quota",

    // Fields.
    FieldMissing { field: String } = InvalidField "field-missing",
    PropertyId = InvalidField "property-id",
    FieldCode { field: String } = InvalidField "field-code",
    TextTooLong { field: String, limit: u64 } = InvalidField "text-too-long",
    TextHasControl { field: String, place: u64 } = InvalidField "text-has-control",
    TextHasCardNumber { field: String } = CardNumber "text-has-card-number",
    DateMissing { field: String } = InvalidField "date-missing",
    DateInvalid { field: String, text: String } = InvalidDate "date-invalid",
    DateTooLate = InvalidDate "date-too-late",
    DatesOrder { start: String, end: String } = InvalidStay "dates-order",
    AriDatesOrder = InvalidStay "ari-dates-order",
    StayTooLong { limit: u64 } = StayTooLong "stay-too-long",
    RangeTooLong { start: String, end: String, limit: u64 } = StayTooLong "range-too-long",
    TooManyRates { limit: u64 } = StayTooLong "too-many-rates",
    AriTooManyDays { limit: u64 } = StayTooLong "ari-too-many-days",
    NoRooms = NoRooms "no-rooms",
    TooManyRooms { limit: u64 } = TooManyRooms "too-many-rooms",
    TooManyGuests { limit: u64 } = InvalidField "too-many-guests",
    AdultMissing { field: String } = InvalidField "adult-missing",
    HoldGuests { lines: u64 } = InvalidField "hold-guests",
    NoteKind { field: String } = InvalidField "note-kind",
    NoteInternal { field: String } = Forbidden "note-internal",
    TooManyNotes { limit: u64 } = InvalidField "too-many-notes",
    OverrideRule = InvalidField "override-rule",
    Amount { field: String } = InvalidField "amount",
    SellerPrices { nights: u64 } = InvalidField "seller-prices",
    QuoteId = InvalidField "quote-id",
    Time { field: String } = InvalidField "time",
    ConfirmationNumber = InvalidField "confirmation-number",
    GuestWords = InvalidField "guest-words",
    ChildAge { field: String, most: u64 } = InvalidField "child-age",
    Email { field: &'static str } = InvalidField "email",
    Country { text: String } = InvalidField "country",
    LanguageTag { text: String } = InvalidField "language-tag",
    RoomTypeMissing = InvalidField "room-type-missing",
    RatePlanMissing = InvalidField "rate-plan-missing",
    GuestCount = InvalidField "guest-count",
    Currency = InvalidField "currency",
    Capacity = InvalidField "capacity",
    Occupancy = InvalidField "occupancy",
    CancellationFee = InvalidField "cancellation-fee",
    CancellationDays = InvalidField "cancellation-days",
    AriLines { limit: u64 } = InvalidField "ari-lines",
    RateWithoutPlan = InvalidField "rate-without-plan",
    Rate { field: String, currency: String, digits: u64, example: String } = InvalidField "rate",
    NightCount { field: String } = InvalidField "night-count",
    Weekday = InvalidField "weekday",
    TimeZone = InvalidField "time-zone",
    Location = InvalidField "location",
    AddressHasCardNumber = CardNumber "address-has-card-number",
    AddressUnreadable = InvalidField "address-unreadable",
    Near = InvalidField "near",
    Radius = InvalidField "radius",
    BookingState = InvalidField "booking-state",
    Consistency = InvalidField "consistency",
    StalenessMissing = InvalidField "staleness-missing",
    AmendmentEmpty = InvalidField "amendment-empty",
    HoldTtl { limit: u64 } = InvalidField "hold-ttl",
    GuestLinkTtl { least: u64, most: u64 } = InvalidField "guest-link-ttl",
    PrincipalId = InvalidField "principal-id",
    Role = InvalidField "role",
    ScopeEntries { field: String, limit: u64 } = InvalidField "scope-entries",
    ScopeContradicts = InvalidField "scope-contradicts",
    ScopeWidens = InvalidField "scope-widens",
    Subjects { limit: u64 } = InvalidField "subjects",
    TextBytes { field: String, limit: u64 } = InvalidField "text-bytes",
    KeyLifetime = InvalidField "key-lifetime",
    KeyOverlap { limit: u64 } = InvalidField "key-overlap",
    AuditShard { last: u64 } = InvalidField "audit-shard",

    // What a request names.
    UnknownProperty { property: String } = UnknownProperty "unknown-property",
    UnnamedUnknownProperty = UnknownProperty "unnamed-unknown-property",
    UnknownRoomType { room_type: String } = UnknownRoomType "unknown-room-type",
    UnknownRatePlan { rate_plan: String } = UnknownRatePlan "unknown-rate-plan",
    UnknownBooking { booking: String } = NotFound "unknown-booking",
    UnknownHold { hold: String } = NotFound "unknown-hold",
    UnknownBookingOrHold { record: String } = NotFound "unknown-booking-or-hold",
    UnnamedUnknownRecord = NotFound "unnamed-unknown-record",
    UnknownGuest { guest: String } = NotFound "unknown-guest",
    UnknownNode { node: String } = NotFound "unknown-node",
    UnknownPrincipal { principal: String } = NotFound "unknown-principal",
    UnknownKey { principal: String, prefix: String } = NotFound "unknown-key",

    // Selling.
    SoldOut { room_type: String, night: String, more: u64 } = SoldOut "sold-out",
    SoldOutStay = SoldOut "sold-out-stay",
    Restricted { room_type: String, night: String, more: u64 } = Restricted "restricted",
    RestrictedStay = Restricted "restricted-stay",
    ArrivalInPast { business_date: String } = ArrivalInPast "arrival-in-past",
    OccupancyExceeded { room_type: String, occupancy: u64 } = OccupancyExceeded "occupancy-exceeded",
    CurrencyMismatch = CurrencyMismatch "currency-mismatch",
    CapacityTooLarge { limit: u64 } = CapacityTooLarge "capacity-too-large",
    AmountTooLarge = AmountTooLarge "amount-too-large",
    WrongState { state: &'static str } = WrongState "wrong-state",
    WrongBusinessDate { business_date: String } = WrongState "wrong-business-date",
    NotDue { business_date: String } = WrongState "not-due",
    StayOver { business_date: String } = StayOver "stay-over",
    DepartureInPast { business_date: String } = DepartureInPast "departure-in-past",
    TooLateToRevert { business_date: String } = TooLateToRevert "too-late-to-revert",
    PriceChanged { total: String } = PriceChanged "price-changed",
    PriceAgreedElsewhere = PriceChanged "price-agreed-elsewhere",
    DuplicateReference { booking: String } = DuplicateReference "duplicate-reference",
    Retired { code: String } = Retired "retired",
    HoldExpired = HoldExpired "hold-expired",
    HoldClosed = WrongState "hold-closed",
    HoldConfirmed { booking: String } = WrongState "hold-confirmed",

    // Receipts.
    NotCosigned = NotCosigned "not-cosigned",
    NoCheckpoint = NotCosigned "no-checkpoint",
    NoReplicaKeys = NotCosigned "no-replica-keys",
    ReceiptOlderThanLog = NotFound "receipt-older-than-log",
    UnknownLog = NotFound "unknown-log",
    UnknownTile = NotFound "unknown-tile",
    TileNotCovered = NotFound "tile-not-covered",
    TreeNotCovered = NotFound "tree-not-covered",

    // Operators.
    FencingNeedsMajority = WrongState "fencing-needs-majority",
    UnknownShard { shard: u64, last: u64 } = WrongState "unknown-shard",
    ShardWithoutLeader { shard: u64 } = WrongState "shard-without-leader",
    LeaderUnreachable { shard: u64, leader: u64 } = WrongState "leader-unreachable",
    HandOverRefused { shard: u64, cause: String } = WrongState "hand-over-refused",
    PropertyHasShard { property: String, shard: u64 } = WrongState "property-has-shard",
    PrincipalRevoked = WrongState "principal-revoked",
    PrincipalRevision = PreconditionFailed "principal-revision",
    SubjectTaken = WrongState "subject-taken",
    TooManyKeys { limit: u64 } = WrongState "too-many-keys",
    TooManyPrincipals = WrongState "too-many-principals",
    TooManyProperties = WrongState "too-many-properties",

    // The cluster and this node.
    ShardMissing { shard: u64, last: u64 } = WrongState "shard-missing",
    ShardOverloaded { shard: u64 } = Overloaded "shard-overloaded",
    NodeStarting = Unavailable "node-starting",
    ShardUnavailable { shard: u64 } = Unavailable "shard-unavailable",
    OutcomeUnknown { shard: u64 } = OutcomeUnknown "outcome-unknown",
    TrailOverloaded = Overloaded "trail-overloaded",
    ConnectionFull = Overloaded "connection-full",
    AddressFull = Overloaded "address-full",
    PrincipalFull = Overloaded "principal-full",
    NodeFull = Overloaded "node-full",
    TooManyOpenStreams = Overloaded "too-many-open-streams",
    StorageFailed = Internal "storage-failed",
    MetricsUnwritable = Internal "metrics-unwritable",
    AnswerUnwritable = Internal "answer-unwritable",
    AnswerUnreadable = Internal "answer-unreadable",
    GuestUnreadable = Internal "guest-unreadable",
    NoRandomness = Internal "no-randomness",
    ClockWrong = Internal "clock-wrong",
    KeyNotStored = Internal "key-not-stored",
}
