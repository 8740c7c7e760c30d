# English. The order is that of texts/src/detail.rs.

### Titles, one for each code

title-invalid-json = The body is not JSON
title-unknown-field = The body has an unknown field
title-invalid-field = A field or parameter is missing or not valid
title-invalid-utf8 = The body is not UTF-8
title-invalid-date = A date is missing or not valid
title-invalid-stay = The departure is not after the arrival
title-stay-too-long = The stay has too many nights
title-no-rooms = The request names no room
title-too-many-rooms = The request names too many rooms
title-card-number = A text contains a card number
title-idempotency-key-required = The Idempotency-Key header is missing
title-invalid-idempotency-key = The Idempotency-Key is not valid
title-invalid-cursor = The cursor is not valid
title-cursor-ahead = The cursor is after the newest event
title-unauthenticated = No valid credentials
title-forbidden = No right to this operation
title-not-found = Not found
title-unknown-property = Unknown property
title-method-not-allowed = This path does not support the method
title-request-timeout = The request did not arrive in time
title-sold-out = Not enough rooms
title-restricted = A restriction does not allow this stay
title-not-cosigned = The receipt is not cosigned yet
title-request-in-flight = The first request with this key is still running
title-wrong-state = The current state does not allow this
title-stay-over = The stay is over
title-too-late-to-revert = The check-in is of an earlier day
title-price-changed = The price has changed
title-duplicate-reference = There is a booking with this reference
title-retired = No longer sold
title-departure-in-past = The departure is before the hotel's business date
title-hold-expired = The hold has expired
title-precondition-failed = The record was changed by another request
title-payload-too-large = The body is too large
title-uri-too-long = The URI is too long
title-unsupported-media-type = The body's content type or encoding is not supported
title-idempotency-key-reused = The Idempotency-Key belongs to another request
title-unknown-room-type = Unknown room type
title-unknown-rate-plan = Unknown rate plan
title-arrival-in-past = The arrival is before the hotel's business date
title-occupancy-exceeded = Too many guests for the room
title-currency-mismatch = The currencies differ
title-capacity-too-large = The number of rooms is too large
title-amount-too-large = The amount is too large
title-quota-exceeded = Too many requests
title-overloaded = The node is overloaded
title-unavailable = Not available now; nothing was changed
title-outcome-unknown = The outcome is unknown; repeat the request with the same key
title-internal = The node has a fault

### Details

## The request as such

no-such-path = This path does not exist. See /docs for all paths.
no-such-resource = Nothing has this address. Check the ids in the path.
method-not-allowed = This path does not support this method. See /docs for the methods of each path.
body-late = The body did not arrive within { $seconds } s. Send the request again.
body-incomplete = The connection ended before the body was complete. Send the request again.
body-too-large = A body has at most { $limit_bytes } bytes. Send less, or split the request.
uri-too-long = Path and query have at most { $limit_bytes } bytes together.
content-type = The body needs the header Content-Type: application/json.
content-encoding = Compressed bodies are not supported. Send the body without a Content-Encoding.
body-not-utf8 = The body has bytes that are not UTF-8. Encode it as UTF-8.
body-not-json = The body is not JSON from line { $line }, column { $column } on.
body-unknown-field = { $path }: this field does not exist (line { $line }, column { $column } of the body). See /docs for the fields.
body-repeated-field = { $path }: this field is in the body twice (line { $line }, column { $column }). Send it once.
body-wrong-value = { $path }: send { $expected ->
    [text] a text
    [number] a whole number that is not negative
    [decimal] a number
    [boolean] true or false
    [list] a list
    [object] an object
   *[other] a value of the right type
} (line { $line }, column { $column } of the body). See /docs for the types.
body-misplaced-list = The body has a list where an object or a single value belongs. See /docs for the types.
header-repeated = The request has more than one { $header } header. Send one.
host-header = The Host header is missing, repeated or not a host. Send it once.
query-number = { $field }: send a number.
query-boolean = { $field }: send true or false.
query-wrong-value = { $field }: the value is not valid. See /docs for the parameters.
query-unreadable = The query cannot be read. See /docs for the parameters.

## Retries and revisions

idempotency-key-missing = Send an Idempotency-Key header, with a new value for each new request.
idempotency-key-invalid = An Idempotency-Key has 1 to { $limit } visible ASCII characters.
idempotency-key-repeated = The request has more than one Idempotency-Key header. Send one.
idempotency-key-reused = This Idempotency-Key was used for a different request. Use a new key for a new request.
request-in-flight = The first request with this Idempotency-Key is still running. Repeat this request in a second.
revision-mismatch = The current revision is { $current }. Read the record again, then repeat with its ETag.
record-missing = The record does not exist, so no revision of it can match. Leave If-Match out to create it.
record-exists = The record exists already.
precondition-invalid = { $header } must be * or a list of ETags in quotation marks, such as "3".
guest-changed = The guest was changed by several requests at once. Send the request again.
invalid-cursor = This cursor does not belong to this request. Take the cursor from an answer to the same request.
cursor-ahead = This cursor is after the newest event: the cluster was restored from a backup. Read everything again, from the beginning.

## Callers and rights

credentials-refused = Send the header Authorization: Bearer, followed by a valid API key or token.
guest-erased = The guest of this booking was erased, so nobody can sign in for it.
guest-link-refused = The link or the confirmation number is not valid. Ask the hotel for a new link.
guest-session-ended = This session has ended. Sign in again with the link and the confirmation number. If that is refused, ask the hotel for a new link.
log-entries-need-auditor = The leaves of the log show occupancy. Send an auditor's key.
role-forbids = The role { $role } does not allow this operation. Use a key with another role.
right-missing = These credentials do not allow this operation here. An operator can extend the rights.
request-quota = The quota is used up. Try again in { $seconds } s. The RateLimit headers show the quota.
hold-quota = Your open holds at this property may take { $room_minutes } room-minutes at a time. Release a hold, or ask for fewer rooms or less time.

## Fields

field-missing = { $field } is missing.
property-id = propertyId: 1 to 64 letters, digits, '-', '_' or '.'.
field-code = { $field }: 1 to 20 letters, digits, '-', '_' or '.'.
text-too-long = { $field }: at most { $limit } characters.
text-has-control = { $field } has a control character at character { $place }. Remove it.
text-has-card-number = { $field } contains a card number. Keyrack does not store card numbers: send a payment token.
date-missing = { $field } is missing. Write a date as YYYY-MM-DD, such as 2026-12-24.
date-invalid = { $field }: { $text } is not a date. Write an existing date as YYYY-MM-DD, such as 2026-12-24.
date-too-late = The latest date is 2199-12-31.
dates-order = { $end } must be after { $start }.
ari-dates-order = dateTo must not be before dateFrom.
stay-too-long = A stay has at most { $limit } nights.
range-too-long = { $start } to { $end } is more than { $limit } days. Ask for fewer.
too-many-rates = The answer would have more than { $limit } rates. Ask for fewer days, or for one roomType or ratePlan.
ari-too-many-days = One line covers at most { $limit } days. Use several lines.
no-rooms = rooms: send at least one room, each with a quantity of at least 1.
too-many-rooms = rooms: a booking has at most { $limit } rooms. Split it.
too-many-guests = rooms: a room has at most { $limit } adults and { $limit } children.
adult-missing = { $field } must be at least 1: each room needs an adult.
hold-guests = rooms must name the guests of each line of the hold's rooms (lines: { $lines }), with at least one adult in each room.
note-kind = { $field } must be guest or internal.
note-internal = { $field }: only the hotel's staff may write internal notes.
too-many-notes = A booking has at most { $limit } notes.
override-rule = override.rule must be restrictions.
amount = { $field } must be an amount with the digits of its currency, and the currency: amount 120.00, currency EUR.
seller-prices = sellerNightly must have a decimal price for each of the { $nights } nights.
quote-id = quoteId is not the quote of one room type and rate plan for this stay. Ask for the offers again.
time = { $field } must be a time such as 2026-12-24T18:00:00Z.
confirmation-number = A confirmation number has ten letters and digits, such as 7K2M4-X9QRT.
guest-words = guest: send a word of the name with a letter or a digit, or the whole e-mail address.
child-age = { $field }: send each age in whole years, 0 to { $most }. Count older children as adults.
email = { $field } is not an e-mail address. Write it as name@example.org, or leave it out.
country = country: { $text } is no country. Send a code of ISO 3166-1 with two capital letters, such as PT.
language-tag = languages: { $text } is no language. Send tags such as pt or pt-BR (BCP 47).
room-type-missing = rooms: each room needs a roomType.
rate-plan-missing = rooms: each room needs a ratePlan.
guest-count = adults, children: at most 65535 guests together.
currency = currency: send a code of ISO 4217, such as EUR.
capacity = capacity: send the number of rooms of this type.
occupancy = occupancy: send the number of guests a room takes, 0 to 65535.
cancellation-fee = cancellationPolicy: fee is none, first_night, or percent with percent 0 to 100.
cancellation-days = cancellationPolicy.freeUntilDays: send a number of days, 0 to 65535.
ari-lines = updates: send 1 to { $limit } lines.
rate-without-plan = ratePlan: a line with a rate needs a ratePlan.
rate = { $field }: send a decimal string with at most { $digits } digits after the point, in { $currency }, such as "{ $example }".
night-count = { $field }: send a number of nights, 0 to 65535.
weekday = days: each is one of mon, tue, wed, thu, fri, sat, sun.
time-zone = timeZone: send an IANA name, such as Europe/Lisbon.
location = location: latitude is -90 to 90, longitude -180 to 180.
address-has-card-number = address contains a card number. Keyrack does not store card numbers.
address-unreadable = address: the text cannot be stored.
near = near: send latitude and longitude, such as 38.72,-9.14.
radius = radiusKm: send a number above 0 together with near.
booking-state = state: one of confirmed, checked_in, checked_out, cancelled, no_show.
consistency = consistency: linearizable, or bounded together with maxStalenessMs.
staleness-missing = maxStalenessMs is missing. consistency=bounded needs it.
amendment-empty = The amendment changes nothing. Send at least one of arrival, departure, rooms, guest or notes.
hold-ttl = ttlSeconds: 1 to { $limit }.
guest-link-ttl = ttlSeconds: { $least } to { $most }.
principal-id = principal: 1 to 64 lower-case letters, digits and '-'.
role = role: one of operator, manager, channel, desk, auditor.
scope-entries = { $field }: at most { $limit } entries of 1 to 255 bytes.
scope-contradicts = allProperties: leave properties and regions empty, or set it to false.
scope-widens = properties, regions: the principal would have no property left. Without both its scope is all properties: send allProperties: true if you want that, or revoke the principal.
subjects = subjects: at most { $limit }, each with an issuer and a subject of 1 to 255 bytes.
text-bytes = { $field }: at most { $limit } bytes.
key-lifetime = expiresInSeconds: at least 1, at most 3162240000 (100 years).
key-overlap = overlapSeconds: at most { $limit } (a week).
audit-shard = shard: the data shards are 1 to { $last }.

## What a request names

unknown-property = No property has the id { $property }.
unnamed-unknown-property = The property does not exist.
unknown-room-type = The property has no room type { $room_type }.
unknown-rate-plan = The property has no rate plan { $rate_plan }.
unknown-booking = No booking has the id { $booking }. Check the id. A confirmation number is not an id; the list of the property's bookings shows both.
unknown-hold = No hold has the id { $hold }.
unknown-booking-or-hold = No booking and no hold has the id { $record }.
unnamed-unknown-record = The booking or hold does not exist.
unknown-guest = No guest has the id { $guest }.
unknown-node = No node has the id { $node }.
unknown-principal = No principal has the id { $principal }.
unknown-key = The principal { $principal } has no key with the prefix { $prefix }.

## Selling

sold-out = { $more ->
    [0] { $room_type } has too few rooms on { $night }.
    [one] { $room_type } has too few rooms on { $night } and on one more night.
   *[other] { $room_type } has too few rooms on { $night } and on { $more } more nights.
} See nights for the rooms that are left.
sold-out-stay = There are too few rooms for this stay.
restricted = { $more ->
    [0] A restriction of { $room_type } on { $night } does not allow this stay.
    [one] Restrictions of { $room_type } on { $night } and on one more night do not allow this stay.
   *[other] Restrictions of { $room_type } on { $night } and on { $more } more nights do not allow this stay.
} See nights for the restrictions.
restricted-stay = A restriction does not allow this stay.
arrival-in-past = The hotel's business date is { $business_date }. The arrival must not be before it.
occupancy-exceeded = { $occupancy ->
    [one] A room of type { $room_type } takes one guest.
   *[other] A room of type { $room_type } takes { $occupancy } guests.
} Ask for more rooms or another type.
currency-mismatch = All rates and rate plans of a request need the same currency.
capacity-too-large = A room type has at most { $limit } rooms and 10000 basis points of overbooking, and a property has a limited number of room types and rate plans.
amount-too-large = The rate or the fee is too large to store.
wrong-state = The booking is in state { $state }, which does not allow this.
wrong-business-date = The hotel's business date is { $business_date }. Send this date to close it.
not-due = The guest is not due yet: the hotel's business date is { $business_date }.
stay-over = The stay is over: the hotel's business date is { $business_date }.
departure-in-past = Nights that are over cannot be given back: the hotel's business date is { $business_date }.
too-late-to-revert = The guest was checked in on an earlier day: the hotel's business date is { $business_date }. Check the guest out instead.
price-changed = The price is { $total } now. Ask the guest again, then book at this price.
price-agreed-elsewhere = A rate plan of these rooms has no rates, so there is no price to compare. Book without expectedTotal and quoteId.
duplicate-reference = This channelRef belongs to the booking { $booking }. Amend that booking, or use another reference.
retired = { $code } is no longer sold.
hold-expired = The hold has expired and its rooms are free again. Place a new hold.
hold-closed = The hold was already confirmed or released.
hold-confirmed = The hold was confirmed already. It became the booking { $booking }.

## Receipts

not-cosigned = A majority of the replicas has not signed the receipt yet. The booking is safe. Ask again in a second.
no-checkpoint = A majority of the replicas has not signed a checkpoint of this log yet. Ask again in a second.
no-replica-keys = No replica has published its keys yet. Ask again in a second.
receipt-older-than-log = This booking was made before the receipts log began, so it has no receipt.
unknown-log = No receipts log has this number.
unknown-tile = No tile has this name. See c2sp.org/tlog-tiles for the names.
tile-not-covered = No checkpoint covers this tile yet.
tree-not-covered = No checkpoint covers a tree of this size yet.

## Operators

fencing-needs-majority = Fencing this node would leave no majority of the nodes. Admit another node first.
unknown-shard = There is no shard { $shard }. The directory is shard 0; the data shards are 1 to { $last }.
shard-without-leader = Shard { $shard } has no leader now. Try again when it has one.
leader-unreachable = Node { $leader }, the leader of shard { $shard }, does not answer. Try again.
hand-over-refused = The leader of shard { $shard } cannot hand over: { $cause }.
property-has-shard = Property { $property } is in shard { $shard }, which exists. Only a property in a shard that does not exist can be removed.
principal-revoked = The principal was revoked. A revocation is permanent: create another principal.
principal-revision = The principal has another revision. Read it again, then repeat with its ETag.
subject-taken = Another principal already has one of these staff subjects.
too-many-keys = A principal has at most { $limit } valid keys. Revoke one first.
too-many-principals = The directory is full of principals. Revoked principals count too.
too-many-properties = The cluster has as many properties as it can have, 250,000. Nothing was created.

## The cluster and this node

shard-missing = The property is registered in shard { $shard }, which does not exist: the data shards are 1 to { $last }. Nothing was changed. An operator can remove the property and create it again.
shard-overloaded = Too many commands wait for shard { $shard }. Nothing was changed. Try again in a second.
node-starting = The node is starting. Nothing was changed. Use another node, or try again when /readyz answers 200.
shard-unavailable = Shard { $shard } has no leader, or no majority of its replicas answers. Nothing was changed. Try again.
outcome-unknown = Shard { $shard } did not answer in time. The change may or may not have happened. Repeat the request with the same Idempotency-Key to find out.
trail-overloaded = The audit trail is behind, so the node withholds the answer. Repeat the request with the same Idempotency-Key in a second.
connection-full = Too many bytes wait on this connection. Read its open answers or finish its open requests, then repeat the request.
address-full = Too many bytes wait for clients with your address. Read open answers or finish open requests, then repeat the request.
principal-full = Too many bytes wait for your requests. Read open answers or finish open requests, then repeat the request.
node-full = The node has no memory left for further requests. Repeat the request in a second, or ask another node.
too-many-open-streams = Too many streams that need no sign-in are open. End some, or try again later.
storage-failed = The node cannot read its storage. Ask another node. Its log has the cause.
metrics-unwritable = The node cannot write its metrics. Its log has the cause.
answer-unwritable = The node cannot write the answer. Its log has the cause.
answer-unreadable = The node cannot read its replica's answer. Its log has the cause.
guest-unreadable = The node cannot decrypt the guest of this booking, so it changes nothing: its keyring lacks the key. An operator adds the key to the keyring.
no-randomness = The operating system gives the node no random numbers. Ask another node.
clock-wrong = The node's clock is wrong. Ask another node.
key-not-stored = The directory did not store the key. Try again.
